// The self-probe of a whole instance: what it finds stands in metrics, log and /readyz, and what it asks in no count of clients.

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type RunningInstance, startInstance, writeFiles } from './instance.ts';
import { appFile, DIRECTIVE, IO, smallDepartment } from './small-department.ts';

const POLL_MS = 50;
const PATIENCE_MS = 10_000;

/** Another app whose rule is on a name that the first one's tests call free. */
const BAD_RULE = {
  'blocklists/apps/bad.yaml': appFile(['domain: bad.example.net', 'domain: example.org'])
    .replace('id: app', 'id: bad')
    .replace('[free.example.org]', '[example.com]'),
  'blocklists/directives/order.yaml': DIRECTIVE.replace('apps: [', 'apps: [{ app: bad, basis: named }, '),
};
const GOOD_RULE = {
  ...BAD_RULE,
  'blocklists/apps/bad.yaml': BAD_RULE['blocklists/apps/bad.yaml'].replace(
    'domain: example.org',
    'domain: other.example.net',
  ),
};

describe.each(IO)('io: %s, an instance that asks itself', (io) => {
  let instance: RunningInstance;

  beforeAll(async () => {
    const settings = ['reload: { max_shrink: 1 }'];
    const department = { dns: `io: ${io}`, upstreamPort: 9, rules: ['domain: app.example.net'], settings };
    instance = await startInstance(writeFiles(smallDepartment(department)));
  });
  afterAll(async () => {
    await instance?.stop();
  });

  async function until(series: string): Promise<string> {
    for (const end = Date.now() + PATIENCE_MS; ; await new Promise((done) => setTimeout(done, POLL_MS))) {
      const scrape = await instance.scrape();
      if (scrape.includes(`\n${series}\n`)) return scrape;
      if (Date.now() > end) throw new Error(`${series} does not come:\n${scrape}`);
    }
  }

  test('is well over both transports and in each segment, and none of its questions is counted', async () => {
    await until('interdict_probe_listener_success{transport="tcp"} 1');
    const scrape = await until('interdict_probe_listener_success{transport="udp"} 1');
    const probes = scrape.split('\n').filter((line) => line.startsWith('interdict_probe_success{'));
    expect(probes.sort()).toEqual([
      'interdict_probe_success{segment="guests",expect="allow"} 1',
      'interdict_probe_success{segment="office",expect="allow"} 1',
      'interdict_probe_success{segment="office",expect="block"} 1',
      'interdict_probe_success{segment="sink",expect="allow"} 1',
      'interdict_probe_success{segment="sink",expect="block"} 1',
      'interdict_probe_success{segment="trial",expect="allow"} 1',
    ]);
    const counts = scrape
      .split('\n')
      .filter((line) =>
        /^interdict_(dns_\w+_total|decisions_total|app_matches_total|clients_refused_total|dns_request_duration_seconds_count)/.test(
          line,
        ),
      );
    expect(counts.length).toBeGreaterThan(20);
    expect(counts.filter((line) => !line.endsWith(' 0'))).toEqual([]);
    expect(instance.events()).toEqual([]);
  });

  test('is degraded while an innocent name is blocked, and tells it once', async () => {
    writeFiles(BAD_RULE, instance.folder);
    await instance.reload();
    const scrape = await until('interdict_probe_success{segment="office",expect="allow"} 0');
    expect(scrape).toContain('interdict_probe_success{segment="guests",expect="allow"} 1');
    const { status, body } = await instance.get('/readyz');
    expect([status, JSON.parse(body)]).toEqual([
      200,
      {
        state: 'degraded',
        reasons: ['office', 'sink'].map(
          (segment) =>
            `probe ${segment} allow fails: free.example.org is blocked by order/bad/example.org (no app is to match it)`,
        ),
      },
    ]);
    await instance.reload();
    writeFiles(GOOD_RULE, instance.folder);
    await instance.reload();
    await until('interdict_probe_success{segment="office",expect="allow"} 1');
    expect(JSON.parse((await instance.get('/readyz')).body)).toEqual({ state: 'ready', reasons: [] });
    expect(instance.output().match(/probe office allow fails/g)?.length).toBe(1);
    expect(instance.output().match(/probe office allow is well again/g)?.length).toBe(1);
  });
});
