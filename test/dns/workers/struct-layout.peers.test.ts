// The table of struct layouts against the C compiler of this machine: sizeof, offsetof and the macros' values.

import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  ARCHITECTURES,
  C,
  CMSGHDR,
  controlSpace,
  EPOLL_EVENT,
  IN_PKTINFO,
  IN6_PKTINFO,
  IOVEC,
  MMSGHDR,
  POLLFD,
  SOCKADDR_IN,
  SOCKADDR_IN6,
  TIMEVAL,
  UCRED,
} from '../../../src/dns/workers/sockets/struct-layout.ts';
import { missingPeers, newFolder } from '../../peers/peer.ts';

/** C's name of each struct and of each field that our table names. */
const STRUCTS = [
  [
    'struct mmsghdr',
    MMSGHDR,
    {
      name: 'msg_hdr.msg_name',
      nameLength: 'msg_hdr.msg_namelen',
      iov: 'msg_hdr.msg_iov',
      iovCount: 'msg_hdr.msg_iovlen',
      control: 'msg_hdr.msg_control',
      controlLength: 'msg_hdr.msg_controllen',
      flags: 'msg_hdr.msg_flags',
      length: 'msg_len',
    },
  ],
  ['struct iovec', IOVEC, { base: 'iov_base', length: 'iov_len' }],
  ['struct cmsghdr', CMSGHDR, { length: 'cmsg_len', level: 'cmsg_level', type: 'cmsg_type' }],
  ['struct in_pktinfo', IN_PKTINFO, { ifindex: 'ipi_ifindex', specDst: 'ipi_spec_dst', address: 'ipi_addr' }],
  ['struct in6_pktinfo', IN6_PKTINFO, { address: 'ipi6_addr', ifindex: 'ipi6_ifindex' }],
  ['struct sockaddr_in', SOCKADDR_IN, { family: 'sin_family', port: 'sin_port', address: 'sin_addr' }],
  [
    'struct sockaddr_in6',
    SOCKADDR_IN6,
    {
      family: 'sin6_family',
      port: 'sin6_port',
      flowinfo: 'sin6_flowinfo',
      address: 'sin6_addr',
      scopeId: 'sin6_scope_id',
    },
  ],
  ['struct epoll_event', EPOLL_EVENT, { events: 'events', data: 'data' }],
  ['struct pollfd', POLLFD, { fd: 'fd', events: 'events', revents: 'revents' }],
  ['struct ucred', UCRED, { pid: 'pid', uid: 'uid', gid: 'gid' }],
  ['struct timeval', TIMEVAL, { seconds: 'tv_sec', microseconds: 'tv_usec' }],
] as const satisfies readonly (readonly [string, Readonly<Record<string, number>>, Readonly<Record<string, string>>])[];

const HEADERS = [
  'sys/socket.h',
  'sys/time.h',
  'netinet/in.h',
  'poll.h',
  'sys/epoll.h',
  'errno.h',
  'stddef.h',
  'stdio.h',
];

const missing = missingPeers('cc') ?? (ARCHITECTURES.includes(process.arch) ? undefined : process.arch);
const folder = newFolder('struct-layout');
afterAll(() => rmSync(folder, { recursive: true }));

const SPACES = [0, 1, 4, 8, 12, 20, 40];
const CONTROL_DATA = 'CMSG_DATA((struct cmsghdr *)0)';

/** Every expression of C that is asked for, in one program. */
function expressions(): string[] {
  const ofStructs = STRUCTS.flatMap(([struct, , fields]) => [
    `sizeof(${struct})`,
    ...Object.values(fields).map((field) => `offsetof(${struct}, ${field})`),
  ]);
  return [...ofStructs, ...Object.keys(C), ...SPACES.map((bytes) => `CMSG_SPACE(${bytes})`), CONTROL_DATA];
}

function compiled(asked: readonly string[]): Map<string, number> {
  const prints = asked.map((expression) => `printf("%ld\\n", (long)(${expression}));`);
  const includes = HEADERS.map((header) => `#include <${header}>`);
  const source = join(folder, 'values.c');
  const binary = join(folder, 'values');
  writeFileSync(
    source,
    ['#define _GNU_SOURCE', ...includes, 'int main(void) {', ...prints, 'return 0; }', ''].join('\n'),
  );
  execFileSync('cc', ['-o', binary, source]);
  const values = execFileSync(binary, { encoding: 'utf8' }).trim().split('\n').map(Number);
  return new Map(asked.map((expression, i) => [expression, values[i]]));
}

const values = missing === undefined ? compiled(expressions()) : new Map<string, number>();

test.skipIf(missing).each(STRUCTS)(
  '%s has the size and the offsets that the C compiler gives it',
  (struct, layout, fields) => {
    const found = Object.entries(fields).map(([name, field]) => [name, values.get(`offsetof(${struct}, ${field})`)]);
    expect({ size: values.get(`sizeof(${struct})`), ...Object.fromEntries(found) }).toEqual(layout);
  },
);

test.skipIf(missing)('every macro has the value that the C compiler gives it', () => {
  expect(Object.fromEntries(Object.keys(C).map((name) => [name, values.get(name)]))).toEqual(C);
});

test.skipIf(missing)('control messages take the space of CMSG_SPACE, with their data where CMSG_DATA has it', () => {
  expect(SPACES.map((bytes) => values.get(`CMSG_SPACE(${bytes})`))).toEqual(SPACES.map(controlSpace));
  expect(values.get(CONTROL_DATA)).toBe(CMSGHDR.size);
});
