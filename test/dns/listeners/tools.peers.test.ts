// What people will look at our answers with: dig, kdig and drill read them without a warning and show what was meant.

import { execFile } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ANSWERS } from '../../../src/policy/model.ts';
import { missingPeers } from '../../peers/peer.ts';
import { BLOCKED, BLOCKED_NAME, type BlockedRow } from '../../vectors/blocked-answers.ts';
import { type RunningDoor, startDoor } from './running-door.ts';

const SUSPICIOUS = /\b(warning|error|malformed|bad|unexpected|mismatch|trailing|extra)\b/i;
const RCODES: Record<number, string> = { 0: 'NOERROR', 3: 'NXDOMAIN', 5: 'REFUSED' };

let door: RunningDoor;
beforeAll(async () => {
  door = await startDoor({ hosts: ['127.0.0.1', '::1'] });
});
afterAll(() => door.stop());

/** Everything the program prints; its exit code does not matter, a query without an answer has one too. */
function run(program: string, args: readonly string[]): Promise<string> {
  return new Promise((done) => execFile(program, args, (_, stdout, stderr) => done(stdout + stderr)));
}

const clientOf = (kind: BlockedRow['kind']) => `127.${ANSWERS.indexOf(kind)}.0.1`;
const at = (kind: BlockedRow['kind'], type: string) => [
  '-b',
  clientOf(kind),
  '@127.0.0.1',
  '-p',
  String(door.port),
  BLOCKED_NAME,
  type,
];

describe.skipIf(missingPeers('kdig') !== undefined)('kdig', () => {
  // A second each to wait for nothing: one type will do for `drop`.
  const rows = BLOCKED.filter(({ kind, type }) => kind !== 'drop' || type === 'A');
  test.each(rows)('$kind $type $transport', async (row) => {
    const { kind, type, transport, rcode = 0, answers = [], soa, tc = false, edes = [] } = row;
    const flags = ['+edns', '+ignore'];
    const patience = rcode === 'drop' ? ['+timeout=1', '+retry=0'] : [];
    const args = [...at(kind, type), ...flags, ...patience, ...(transport === 'tcp' ? ['+tcp'] : [])];
    const shown = await run('kdig', args);
    if (rcode === 'drop') {
      expect(shown).not.toContain('->>HEADER<<-');
      return;
    }
    expect(shown).not.toMatch(SUSPICIOUS);
    expect(shown).toContain(`status: ${RCODES[rcode]};`);
    expect(/Flags: [a-z ]*\btc\b/.test(shown)).toBe(tc);
    expect(shown).toMatch(new RegExp(`ANSWER: ${answers.length}; AUTHORITY: ${soa === undefined ? 0 : 1};`));
    for (const answer of answers) expect(shown.replace(/[\t ]+/g, ' ')).toContain(answer.replace(' 60 ', '. 60 IN '));
    if (soa !== undefined)
      expect(shown).toMatch(new RegExp(`^${soa.replaceAll('.', '\\.')}\\.\\s+60\\s+IN\\s+SOA`, 'm'));
    expect([...shown.matchAll(/EDE: (\d+)/g)].map(([, code]) => Number(code))).toEqual(edes);
    if (edes.length > 0) expect(shown).toContain("15 (Blocked): 'uk-statement/tiktok/tiktok.com'");
  });
});

describe.skipIf(missingPeers('dig') !== undefined)('dig', () => {
  test.each([
    ['sinkhole', 'A', '+notcp', 'NOERROR', '192.0.2.53'],
    ['sinkhole', 'ANY', '+tcp', 'NOERROR', '2001:db8::53'],
    ['nxdomain', 'HTTPS', '+notcp', 'NXDOMAIN', 'SOA'],
    ['nodata', 'TXT', '+tcp', 'NOERROR', 'SOA'],
    ['refused', 'A', '+notcp', 'REFUSED', 'EDE: 15 (Blocked): (uk-statement/tiktok/tiktok.com)'],
    ['tcp-only', 'A', '+notcp', 'NXDOMAIN', 'Truncated, retrying in TCP mode'],
  ] as const)('%s %s %s', async (kind, type, transport, rcode, part) => {
    const shown = await run('dig', [...at(kind, type), transport, '+dnssec', '+cookie', '+tries=1']);
    expect(shown).toContain(`status: ${rcode}`);
    expect(shown).toContain(part);
    expect(shown).not.toMatch(SUSPICIOUS);
  });

  test.each(['+notcp', '+tcp'])('a free name over IPv6, %s', async (transport) => {
    const { port } = door.listeners.bound[1];
    const shown = await run('dig', ['@::1', '-p', String(port), 'www.example.net', 'A', transport, '+tries=1']);
    expect(shown).toContain('192.0.2.7');
    expect(shown).not.toMatch(SUSPICIOUS);
  });

  test('many queries on one TCP connection', async () => {
    const names = Array.from({ length: 20 }, (_, i) => [`n${i}.example.net`, 'A']).flat();
    const shown = await run('dig', ['@127.0.0.1', '-p', String(door.port), '+tcp', '+keepopen', '+short', ...names]);
    expect(shown.trim().split('\n')).toEqual(Array(20).fill('192.0.2.7'));
  });

  test('EDNS version 1 is BADVERS, another opcode NOTIMP, CHAOS REFUSED', async () => {
    const base = ['@127.0.0.1', '-p', String(door.port), '+tries=1'];
    expect(await run('dig', [...base, 'x.example', '+edns=1', '+noednsneg'])).toContain('status: BADVERS');
    expect(await run('dig', [...base, 'x.example', '+opcode=notify'])).toContain('status: NOTIMP');
    expect(await run('dig', [...base, 'version.bind', 'CH', 'TXT'])).toContain('status: REFUSED');
  });
});

describe.skipIf(missingPeers('drill') !== undefined)('drill', () => {
  test('shows the sinkhole address without EDNS', async () => {
    const shown = await run('drill', ['-p', String(door.port), '@127.0.0.1', BLOCKED_NAME, 'A']);
    expect(shown).toContain('192.0.2.53');
    expect(shown).not.toMatch(SUSPICIOUS);
  });
});
