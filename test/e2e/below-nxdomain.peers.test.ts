// RFC 8020: a resolver in front of us may take NXDOMAIN for "nothing exists below". A blocked name with free names below it must never say so.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { query, readReply } from '../dns/answer/wire.ts';
import { DnsClient } from '../peers/dns-client.ts';
import { missingPeers, type Peer } from '../peers/peer.ts';
import { startRecursor } from '../peers/recursor.ts';
import { type RunningInstance, startInstance, writeFiles } from './instance.ts';
import { smallDepartment } from './small-department.ts';
import { type StubUpstream, startStubUpstream } from './stub-upstream.ts';

const RULES = [
  'domain: app.example',
  'except: free.app.example',
  'except: deep.in.app.example',
  'exact: only.example',
  'domain: near.gov.example',
];
const NXDOMAIN = 3;

const missing = missingPeers('pdns_recursor');

describe.skipIf(missing !== undefined)('a resolver with nothing-below-nxdomain=yes in front of us', () => {
  let upstream: StubUpstream;
  let instance: RunningInstance;
  let recursor: Peer;
  let client: DnsClient;

  beforeAll(async () => {
    upstream = await startStubUpstream(() => undefined);
    instance = await startInstance(
      writeFiles(
        smallDepartment({
          upstreamPort: upstream.port,
          rules: RULES,
          settings: ['protected: [safe.near.gov.example]'],
        }),
      ),
    );
    recursor = await startRecursor(instance.dnsPort, ['nothing-below-nxdomain=yes']);
    client = await DnsClient.udp(recursor.port);
  });
  afterAll(async () => {
    await client?.close();
    await recursor?.stop();
    await instance?.stop();
    await upstream?.close();
  });

  const ask = async (name: string) => readReply((await client.ask(query(name, 'A'))) as Uint8Array);

  test.each([
    ['app.example', 'free.app.example'],
    ['in.app.example', 'deep.in.app.example'],
    ['only.example', 'below.only.example'],
    ['near.gov.example', 'safe.near.gov.example'],
  ])('is refused %s and still resolves %s below it', async (blocked, free) => {
    expect(await ask(blocked)).toMatchObject({ answers: [] });
    expect((await ask(free)).answers).toEqual([expect.stringContaining('A 192.0.2.1')]);
    expect(await ask(blocked)).toMatchObject({ answers: [] });
  });

  test('hears NXDOMAIN where nothing below is free', async () => {
    expect(await ask('www.app.example')).toMatchObject({ rcode: NXDOMAIN, answers: [] });
    expect(await ask('more.www.app.example')).toMatchObject({ rcode: NXDOMAIN, answers: [] });
  });
});
