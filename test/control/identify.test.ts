import { expect, test } from 'vitest';
import { recordIdentify, refusalOf } from '../../src/control/identify.ts';
import type { IdentifyEntry } from '../../src/control/journal/journal-entry.ts';
import { parseRequest } from '../../src/control/requests.ts';

const REQUEST = {
  verb: 'identify',
  reference: `2026-11-24/${'0a'.repeat(16)}`,
  case: 'CASE-7',
  by: 'A. Auditor',
  confirmedBy: 'B. Officer',
} as const;

test('the journal gets the question with both names, the case and the user id', async () => {
  const entries: IdentifyEntry[] = [];
  const write = async (entry: IdentifyEntry) => void entries.push(entry);
  expect(await recordIdentify(REQUEST, 1001, write)).toEqual({ recorded: true });
  const { verb: kind, ...rest } = REQUEST;
  expect(entries).toEqual([{ kind, ...rest, uid: 1001 }]);
});

test('one person is refused by the instance too, and nothing is written', async () => {
  let written = 0;
  const write = async () => void written++;
  await expect(recordIdentify({ ...REQUEST, confirmedBy: 'a.  AUDITOR' }, 0, write)).rejects.toThrow('are one person');
  expect(written).toBe(0);
});

test('a journal that cannot be written is an answer of no', async () => {
  const write = () => Promise.reject(new Error('no space left on device'));
  await expect(recordIdentify(REQUEST, 0, write)).rejects.toThrow('no space left');
});

test.each([
  ['A. Auditor', 'B. Officer', true],
  ['A. Auditor', 'A. Auditor', false],
  ['A. Auditor', ' a. auditor ', false],
])('%s confirmed by %s: %s', (by, confirmedBy, isTwo) => {
  expect(refusalOf({ by, confirmedBy }) === undefined).toBe(isTwo);
});

test.each([
  [{ ...REQUEST, case: ' ' }],
  [{ ...REQUEST, confirmedBy: undefined }],
  [{ ...REQUEST, by: 'x'.repeat(201) }],
  [{ ...REQUEST, address: '10.1.2.3' }],
])('%j is no request', (request) => {
  expect(parseRequest(JSON.stringify(request))).toHaveProperty('fault');
});
