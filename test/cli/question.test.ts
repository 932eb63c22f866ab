import { expect, test } from 'vitest';
import { formatAddress } from '../../src/base/addresses.ts';
import { formatName } from '../../src/base/names.ts';
import { askerOf, parseSubject, questionOf } from '../../src/cli/question.ts';
import { decide } from '../../src/policy/decide/decide-in-words.ts';
import { compileWorld, NOW, worldOf } from '../policy/world.ts';

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
  [[], { id: 'protected:a..b' }, 'is no decision id'],
])('%j with %j is wrong usage', (texts, options, message) => {
  expect(questionOf(texts, options, 'UTC')).toContain(message);
});

test.each([
  ['d/app/tiktok.com', 'tiktok.com'],
  ['monitored:d/app/=www.tiktok.com', 'www.tiktok.com'],
  ['exempt:EXM-1:d/app/*.tiktok.com', 'x.tiktok.com'],
  ['d/app/71.18.248.0/22', '71.18.248.0'],
  ['d/feed/feed:tiktok.com', 'tiktok.com'],
])('the id %s is asked about as %s', (id, text) => {
  const question = questionOf([], { id }, 'UTC');
  if (typeof question === 'string') throw new Error(question);
  const [subject] = question.subjects;
  expect(question.directive).toBe('d');
  expect(subject.kind === 'name' ? formatName(subject.name) : formatAddress(subject.address)).toBe(text);
});

test.each([
  ['2026-11-01', 'America/New_York', '2026-11-01T04:00:00.000Z'],
  ['2026-07-01', 'Europe/London', '2026-06-30T23:00:00.000Z'],
  ['2026-07-01T12:00:00Z', 'Europe/London', '2026-07-01T12:00:00.000Z'],
])('--at %s in %s is %s', (at, timeZone, instant) => {
  const question = questionOf(['x.example'], { client, at }, timeZone);
  if (typeof question === 'string') throw new Error(question);
  expect(new Date(question.at ?? 0).toISOString()).toBe(instant);
});

const world = worldOf({
  apps: {
    tiktok: [
      'domain tiktok.com',
      'exact www.muscdn.net',
      'wildcard tiktokcdn.com',
      'address 71.18.248.0/22',
      'domain released.example',
    ],
    ads: ['domain ads.example.com'],
  },
  feeds: ['ads'],
  protected: ['gov.uk'],
  segments: {
    trial: { clients: ['192.0.2.0/24'], enforce: ['gov:monitor'] },
    devices: { clients: ['10.0.0.0/8'], enforce: ['gov'] },
  },
  exemptions: { 'EXM-1': { segment: 'devices', clients: ['10.4.9.0/28'], under: ['gov'], apps: ['tiktok'] } },
  overrides: {
    'OVR-7': 'domain released.example',
    'OVR-8': { clients: ['10.4.8.0/28'], under: ['gov'], apps: ['tiktok'] },
  },
});

test.each([
  'gov/tiktok/tiktok.com',
  'gov/tiktok/=www.muscdn.net',
  'gov/tiktok/*.tiktokcdn.com',
  'gov/tiktok/71.18.248.0/22',
  'gov/ads/feed:ads.example.com',
  'monitored:gov/tiktok/tiktok.com',
  'exempt:EXM-1:gov/tiktok/tiktok.com',
  'released:OVR-7:gov/tiktok/released.example',
  'exempt:OVR-8:gov/tiktok/tiktok.com',
  'protected:gov.uk',
])('%s, asked about by itself, is decided as that very id', (id) => {
  const question = questionOf([], { id }, 'UTC');
  if (typeof question === 'string') throw new Error(question);
  const { snapshot } = compileWorld(world);
  const decision = decide(snapshot, askerOf(question, snapshot, NOW), question.subjects);
  expect(decision).toMatchObject({ id });
});
