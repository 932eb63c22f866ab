// The whole program on the host with three addresses: `serve` on the wildcard answers from the address asked, by its workers (what is blocked)
// and by its resolver (what no upstream could say), while the way back leads out by another cable.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { batchIoFault } from '../../../src/dns/workers/sockets/libc.ts';
import { type RunningInstance, startInstance, writeFiles } from '../../e2e/instance.ts';
import { smallDepartment } from '../../e2e/small-department.ts';
import { query } from '../answer/wire.ts';
import {
  ASKER_IPV4,
  ASKER_IPV6,
  newTwoHosts,
  packetsOut,
  SERVER_IPV4,
  SERVER_IPV6,
  type TwoHosts,
  whyNoHosts,
} from './two-hosts.ts';
import { receiveAll, UdpEnds } from './udp-ends.ts';

const missing = batchIoFault() ?? whyNoHosts();
const BLOCKED = 'www.banned.example';
const UNKNOWN = 'www.unknown.example';
const NXDOMAIN = 3;
const SERVFAIL = 2;
const CLOSED_PORT = 9;

const SEGMENTS = `segments:
  - id: office
    kind: corporate
    jurisdiction: ZZ
    clients: [${ASKER_IPV4}/32, "${ASKER_IPV6}/128"]
    answer: nxdomain
    enforce: [order]
`;

describe.skipIf(missing !== undefined)(`serve${missing === undefined ? '' : `: ${missing}`}`, () => {
  let hosts: TwoHosts;
  let ends: UdpEnds;
  let instance: RunningInstance;

  beforeAll(async () => {
    hosts = newTwoHosts();
    ends = new UdpEnds();
    const files = smallDepartment({ upstreamPort: CLOSED_PORT, rules: ['domain: banned.example'], segments: SEGMENTS });
    const listen = 'dns: { listen: ["[::]:0"], io: batch, workers: 2, deadline: 500ms }';
    const config = files['config/interdict.yaml'].replace(/^dns: .*$/m, listen);
    const folder = writeFiles({ ...files, 'config/interdict.yaml': config });
    // A child process starts in the namespace of the thread that makes it.
    instance = await hosts.server.inside(() => startInstance(folder));
  });
  afterAll(async () => {
    await instance?.stop();
    ends?.close();
    hosts?.remove();
  });

  test.each([...SERVER_IPV4.map((asked) => [asked, ASKER_IPV4]), ...SERVER_IPV6.map((asked) => [asked, ASKER_IPV6])])(
    'asked at %s it answers %s from there, by the other cable',
    (asked, from) => {
      const asker = hosts.asker.inside(() => ends.open(from));
      const before = packetsOut(hosts.server, 'vb');
      const queries = [query(BLOCKED, 'A', { id: 1 }), query(UNKNOWN, 'A', { id: 2 })];
      ends.send(asker, { address: asked, port: instance.dnsPort }, ...queries);
      const answers = receiveAll(asker, 2).map(({ address, port, bytes }) => ({
        address,
        port,
        id: bytes[1],
        rcode: bytes[3] & 15,
      }));
      const here = { address: asked, port: instance.dnsPort };
      expect(answers.toSorted((a, b) => a.id - b.id)).toEqual([
        { ...here, id: 1, rcode: NXDOMAIN },
        { ...here, id: 2, rcode: SERVFAIL },
      ]);
      expect(packetsOut(hosts.server, 'vb')).toBeGreaterThanOrEqual(before + 2);
    },
  );
});
