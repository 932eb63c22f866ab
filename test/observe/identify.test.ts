import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseAddress } from '../../src/base/addresses.ts';
import { findReferred, formatReference, isClientOf, parseReference, undo } from '../../src/observe/identify.ts';
import { pseudonymOf } from '../../src/observe/pseudonym.ts';

const DAY = '2026-11-24';
const NOON = Date.parse(`${DAY}T12:00:00Z`);
const DAY_MS = 86_400_000;
const WEEK = { amount: 7, unit: 'days' } as const;
const KEY = new Uint8Array(16).fill(3);
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'interdict-identify-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const pseudonym = (address: string, key = KEY) => pseudonymOf(key)(parseAddress(address) as Uint8Array);
const reference = (address: string) => ({ day: DAY, pseudonym: pseudonym(address) });
const writeKey = (key: Uint8Array) => writeFileSync(join(folder, `${DAY}.key`), key);

test.each(['10.1.2.3', '2001:db8::77'])(
  '%s comes back from its pseudonym under the key of the day',
  async (address) => {
    writeKey(KEY);
    expect(await undo(folder, reference(address), WEEK, NOON)).toEqual({ address });
  },
);

test('seven days from the beginning of its day a key is not used, although its file still lies there', async () => {
  writeKey(KEY);
  const begin = Date.parse(`${DAY}T00:00:00Z`);
  expect(await undo(folder, reference('10.1.2.3'), WEEK, begin + 7 * DAY_MS - 1)).toEqual({ address: '10.1.2.3' });
  expect(await undo(folder, reference('10.1.2.3'), WEEK, begin + 7 * DAY_MS)).toEqual({
    fault: `the key of ${DAY} is destroyed (keys are kept for 7 days): nobody can tell any more whose requests these were`,
  });
});

test('without the file nobody can tell, and a damaged or unreadable one is called that', async () => {
  const faultOf = async () => (await undo(folder, reference('10.1.2.3'), WEEK, NOON)) as { fault: string };
  expect((await faultOf()).fault).toContain('is destroyed');
  writeKey(KEY.subarray(0, 5));
  expect((await faultOf()).fault).toContain('is damaged');
  rmSync(join(folder, `${DAY}.key`));
  mkdirSync(join(folder, `${DAY}.key`));
  expect((await faultOf()).fault).toContain('cannot be read');
});

test('under another key the address is no client of any network', async () => {
  writeKey(new Uint8Array(16).fill(4));
  const found = await undo(folder, reference('10.1.2.3'), WEEK, NOON);
  expect(isClientOf((found as { address: string }).address, ['10.0.0.0/8', '2001:db8::/32'])).toBe(false);
  expect(isClientOf('10.1.2.3', ['192.0.2.0/24', '10.0.0.0/8'])).toBe(true);
  expect(isClientOf('2001:db8::77', ['10.0.0.0/8', '2001:db8::/32'])).toBe(true);
});

function line(client: string, segment: string, time: string): string {
  return `${JSON.stringify({ time, action: 'blocked', id: 'a/b/c', segment, directive: 'a', app: 'b', role: 'web', client, qname: 'c' })}\n`;
}

test('the events of the day say in which networks, how often and when', async () => {
  const client = pseudonym('10.1.2.3');
  const other = pseudonym('10.1.2.4');
  const lines = [
    line(client, 'office', `${DAY}T08:00:00.000Z`),
    line(other, 'guests', `${DAY}T08:30:00.000Z`),
    '{"torn":\n',
    line(client, 'trial', `${DAY}T09:00:00.000Z`),
  ];
  writeFileSync(join(folder, `${DAY}.ndjson`), lines.join(''));
  expect(await findReferred(folder, reference('10.1.2.3'))).toEqual({
    segments: ['office', 'trial'],
    events: 2,
    first: `${DAY}T08:00:00.000Z`,
    last: `${DAY}T09:00:00.000Z`,
  });
});

test('who is in no event cannot be asked about: trying addresses is no way in', async () => {
  writeFileSync(join(folder, `${DAY}.ndjson`), '');
  const { fault } = (await findReferred(folder, reference('10.9.9.9'))) as { fault: string };
  expect(fault).toMatch(/^no event of 2026-11-24 has the client [0-9a-f]{32}$/);
  rmSync(join(folder, `${DAY}.ndjson`));
  expect(await findReferred(folder, reference('10.9.9.9'))).toEqual({
    fault: expect.stringContaining('cannot be read'),
  });
});

test.each([
  [`${DAY}/${'0a'.repeat(16)}`, true],
  [`${DAY}T10:11:12.345Z/${'0a'.repeat(16)}`, true],
  [`2026-02-30/${'0a'.repeat(16)}`, false],
  [`${DAY}/${'0a'.repeat(15)}`, false],
  [`../keys/${'0a'.repeat(16)}`, false],
  [`${DAY}/../../x`, false],
  ['10.1.2.3', false],
])('a reference %s: %s', (text, isOne) => {
  const parsed = parseReference(text);
  expect(parsed === undefined ? undefined : formatReference(parsed)).toBe(
    isOne ? `${DAY}/${'0a'.repeat(16)}` : undefined,
  );
});
