import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Instant } from '../../../src/base/brand.ts';
import { Journal } from '../../../src/control/journal/journal.ts';
import type { Override } from '../../../src/policy/model.ts';
import { SteppedClock } from '../stepped-clock.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z') as Instant;

const EMERGENCY: Override = {
  id: 'OVR-1',
  kind: 'emergency-exemption',
  ticket: 'SEC-1',
  reason: 'Evacuation',
  by: 'A. Auditor',
  confirmBy: NOW,
  from: NOW,
  until: NOW,
  exemption: {
    id: 'OVR-1',
    segment: 'office',
    clients: ['10.83.45.213'],
    under: ['order'],
    apps: ['app'],
    class: 'operational',
    requestedBy: 'A',
    approvedBy: 'B',
    approvedOn: '2026-11-24',
    ticket: 'SEC-1',
    justification: 'Evacuation',
    mitigations: [],
    dates: { from: '2026-11-24', until: '2026-11-24' },
    from: NOW,
    until: NOW,
    places: {},
  },
};

test('an entry that the disk does not take stands in the log, without the addresses of an emergency exemption', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'interdict-full-'));
  const logged: string[] = [];
  writeFileSync(join(folder, 'journal'), 'a file, where a folder should be');
  const clock = new SteppedClock(NOW);
  const journal = new Journal({
    folder: join(folder, 'journal'),
    clock,
    monotonicMs: () => clock.now(),
    log: (_level, message) => logged.push(message),
  });
  await expect(journal.write({ kind: 'override', act: 'added', override: EMERGENCY })).rejects.toThrow(
    'cannot be written',
  );
  await journal.close();
  expect(logged.join()).toContain('"id":"OVR-1"');
  expect(logged.join()).not.toContain('10.83.45.213');
  rmSync(folder, { recursive: true, force: true });
});
