// The table of struct layouts against koffi's own idea of this machine: no C compiler needed.

import koffi, { type TypeObject } from 'koffi';
import { expect, test } from 'vitest';
import { batchIoFault } from '../../../src/dns/workers/sockets/libc.ts';
import {
  CMSGHDR,
  IN_PKTINFO,
  IN6_PKTINFO,
  IOVEC,
  MMSGHDR,
  POLLFD,
  SOCKADDR_IN,
  SOCKADDR_IN6,
  TIMEVAL,
} from '../../../src/dns/workers/sockets/struct-layout.ts';

const address = koffi.array('uint8_t', 16);

/** Fields in C's order, with C's types; `_` is not in our table. */
const STRUCTS: readonly (readonly [string, Readonly<Record<string, number>>, TypeObject])[] = [
  [
    'mmsghdr',
    MMSGHDR,
    koffi.struct({
      name: 'void *',
      nameLength: 'uint32_t',
      iov: 'void *',
      iovCount: 'size_t',
      control: 'void *',
      controlLength: 'size_t',
      flags: 'int',
      // The inner struct ends here and is padded to its alignment.
      length: [8, 'uint'],
    }),
  ],
  ['iovec', IOVEC, koffi.struct({ base: 'void *', length: 'size_t' })],
  ['cmsghdr', CMSGHDR, koffi.struct({ length: 'size_t', level: 'int', type: 'int' })],
  ['in_pktinfo', IN_PKTINFO, koffi.struct({ ifindex: 'int', specDst: 'uint32_t', address: 'uint32_t' })],
  ['in6_pktinfo', IN6_PKTINFO, koffi.struct({ address, ifindex: 'uint' })],
  [
    'sockaddr_in',
    SOCKADDR_IN,
    koffi.struct({ family: 'uint16_t', port: 'uint16_t', address: 'uint32_t', _: koffi.array('uint8_t', 8) }),
  ],
  [
    'sockaddr_in6',
    SOCKADDR_IN6,
    koffi.struct({ family: 'uint16_t', port: 'uint16_t', flowinfo: 'uint32_t', address, scopeId: 'uint32_t' }),
  ],
  ['pollfd', POLLFD, koffi.struct({ fd: 'int', events: 'short', revents: 'short' })],
  ['timeval', TIMEVAL, koffi.struct({ seconds: 'long', microseconds: 'long' })],
];

test.skipIf(batchIoFault() !== undefined).each(STRUCTS)('%s lies in memory as koffi lays it out', (_, layout, type) => {
  const names = Object.keys(layout).filter((name) => name !== 'size');
  const offsets = names.map((name) => [name, koffi.offsetof(type, name)]);
  expect({ size: koffi.sizeof(type), ...Object.fromEntries(offsets) }).toEqual(layout);
});
