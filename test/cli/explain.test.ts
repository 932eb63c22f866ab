import { expect, test } from 'vitest';
import { formatAddress } from '../../src/base/addresses.ts';
import { formatName } from '../../src/base/names.ts';
import { parseSubject, questionOf } from '../../src/cli/explain.ts';

test.each([
  ['www.tiktok.com', 'name www.tiktok.com'],
  ['WWW.TikTok.com.', 'name www.tiktok.com'],
  ['https://www.tiktok.com:8443/@user?x=1', 'name www.tiktok.com'],
  ['https://[2001:db8::1]/', 'address 2001:db8::1'],
  ['192.0.2.1', 'address 192.0.2.1'],
  ['2001:DB8::1', 'address 2001:db8::1'],
  ['a..b', 'nothing'],
])('%s is %s', (text, meant) => {
  const subject = parseSubject(text);
  if (subject === undefined) expect(meant).toBe('nothing');
  else
    expect(
      `${subject.kind} ${subject.kind === 'name' ? formatName(subject.name) : formatAddress(subject.address)}`,
    ).toBe(meant);
});

const client = '10.0.0.1';
test.each([
  [[], { client }, 'give a name'],
  [['x.example'], {}, 'give --client'],
  [['x.example'], { client: '10.0.0' }, 'is no address'],
  [['a..b'], { client }, 'a..b is no name'],
  [['x.example'], { client, at: 'yesterday' }, '--at yesterday is neither'],
  [['x.example'], { client, id: 'd/a/x' }, 'not both'],
  [[], { id: 'nonsense' }, 'is no decision id'],
  [[], { id: 'directive/app' }, 'names no whole rule'],
])('%j with %j is wrong usage', (texts, options, message) => {
  expect(questionOf(texts, options)).toContain(message);
});

test.each([
  ['d/app/tiktok.com', 'tiktok.com'],
  ['monitored:d/app/=www.tiktok.com', 'www.tiktok.com'],
  ['exempt:EXM-1:d/app/*.tiktok.com', 'x.tiktok.com'],
  ['d/app/71.18.248.0/22', '71.18.248.0'],
  ['d/feed/feed:tiktok.com', 'tiktok.com'],
])('the id %s is asked about as %s', (id, text) => {
  const question = questionOf([], { id });
  if (typeof question === 'string') throw new Error(question);
  const [subject] = question.subjects;
  expect(question.directive).toBe('d');
  expect(subject.kind === 'name' ? formatName(subject.name) : formatAddress(subject.address)).toBe(text);
});
