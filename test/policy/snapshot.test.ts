import { describe, expect, test } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { compile } from '../../src/policy/compile/compile.ts';
import { segmentOf, verdictForFacts, verdictForName } from '../../src/policy/decide/decide.ts';
import { decide } from '../../src/policy/decide/decide-in-words.ts';
import {
  AT_CONTENT_DIGEST,
  AT_HEADER_DIGEST,
  AT_SECTIONS,
  HEADER_SIZE,
  SECTION_COUNT,
} from '../../src/policy/snapshot/layout.ts';
import { rulesOf } from '../../src/policy/snapshot/replay.ts';
import { openSnapshot, type Snapshot } from '../../src/policy/snapshot/snapshot.ts';
import { actionOf, BLOCKED, EXEMPT, FREE } from '../../src/policy/verdict.ts';
import { factsBlockOf } from './facts-block.ts';
import {
  clientOf,
  compileWorld,
  DAY,
  NOW,
  pushRules,
  randomFrom,
  sha256,
  subjectOf,
  type WorldText,
  wire,
  worldOf,
} from './world.ts';

const TEXT: WorldText = {
  apps: {
    tiktok: [
      'domain tiktok.com',
      'except ads.tiktok.com',
      'carrier ttcdn.com',
      'address 192.0.2.0/24',
      'address 2001:db8:9::/48',
    ],
    wechat: [
      'exact wx.qq.com answer=nodata',
      'wildcard wechat.com',
      'domain shared.com also=tiktok',
      'except 192.0.2.7',
    ],
  },
  feeds: ['wechat'],
  zones: ['edgekey.net', 'akamaized.net'],
  protected: ['gov.uk'],
  exemptions: { 'EXM-1': { clients: ['10.4.9.0/28'], under: ['gov'], apps: ['tiktok'] } },
};

const LOOSE: WorldText = {
  ...TEXT,
  overrides: {
    'OVR-1': 'domain www.tiktok.com',
    'OVR-2': 'exact new.example',
    'OVR-3': 'rule wechat/feed:*.wechat.com',
    'OVR-4': 'rule tiktok/192.0.2.0/24',
    'OVR-5': 'fallback gov in devices',
    'OVR-6': { clients: ['10.5.0.0/28'], under: ['gov'], apps: ['wechat'] },
  },
};

const ASKED = [
  'tiktok.com',
  'x.ads.tiktok.com',
  'a.www.tiktok.com',
  'a.wechat.com',
  'wx.qq.com',
  'shared.com',
  'www.gov.uk',
  'tiktok.com.edgekey.net',
  'x.wechat.com.ttcdn.com',
  '192.0.2.7',
  '192.0.2.8',
  '2001:db8:9::1',
];

function judgements(snapshot: Snapshot): unknown[] {
  return ['10.0.0.1', '10.4.9.1', '2001:db8::1', '192.0.2.1'].flatMap((client) =>
    ASKED.map((text) => decide(snapshot, { client: clientOf(client), nowMs: NOW }, [subjectOf(text)])),
  );
}

describe('a snapshot', () => {
  test('is the same bytes for the same input, whatever the seed of the builder', () => {
    const a = compileWorld(worldOf(TEXT), { seed: 1 });
    const b = compileWorld(worldOf(TEXT), { seed: 0xdeadbeef });
    expect(Buffer.compare(a.bytes, b.bytes)).toBe(0);
  });

  test('has the same policy hash in every generation, and another one for another policy', () => {
    const a = compileWorld(worldOf(TEXT), { generation: 1 });
    const b = compileWorld(worldOf(TEXT), { generation: 2 });
    const c = compileWorld(worldOf({ ...TEXT, protected: [] }));
    expect(b.result.policyHash).toBe(a.result.policyHash);
    expect(b.snapshot.generation).toBe(2);
    expect(c.result.policyHash).not.toBe(a.result.policyHash);
  });

  test('compiled again from its own rules is the same policy', () => {
    const first = compileWorld(worldOf(TEXT));
    const again = compileWorld(worldOf(TEXT), { rules: (sink) => rulesOf(first.snapshot, sink), seed: 7 });
    expect(again.result.policyHash).toBe(first.result.policyHash);
    expect(judgements(again.snapshot)).toEqual(judgements(first.snapshot));
    expect(again.result.counts).toEqual(first.result.counts);
  });

  test('compiled again from its own rules while overrides hold is the same policy, and the strict one once they have ended', () => {
    const loose = compileWorld(worldOf(LOOSE));
    const again = compileWorld(worldOf(LOOSE), { rules: (sink) => rulesOf(loose.snapshot, sink) });
    expect(again.result.policyHash).toBe(loose.result.policyHash);
    expect(judgements(again.snapshot)).toEqual(judgements(loose.snapshot));
    const strict = compileWorld(worldOf(TEXT)).result.policyHash;
    const ended = compileWorld(worldOf(TEXT), { rules: (sink) => rulesOf(loose.snapshot, sink) });
    expect(loose.result.policyHash).not.toBe(strict);
    expect(ended.result.policyHash).toBe(strict);
  });

  test('of a program that knew no overrides opens as one without any', () => {
    const { bytes, snapshot } = compileWorld(worldOf(TEXT));
    const text = JSON.stringify(snapshot.words);
    expect(text).toContain('"overrides":[],');
    const older = Uint8Array.from(bytes);
    // JSON may end in spaces.
    const words = text.replace('"overrides":[],', '').padEnd(text.length, ' ');
    older.set(new TextEncoder().encode(words), new DataView(older.buffer).getUint32(AT_SECTIONS, true));
    older.set(sha256(older.subarray(HEADER_SIZE)), AT_CONTENT_DIGEST);
    older.set(sha256(older.subarray(0, AT_HEADER_DIGEST)), AT_HEADER_DIGEST);
    const opened = openSnapshot(older, sha256);
    if ('fault' in opened) throw new Error(opened.fault);
    expect(opened.overrideIds).toEqual([]);
    expect(judgements(opened)).toEqual(judgements(snapshot));
  });

  test('compiled again for a changed department leaves out what is protected now', () => {
    const first = compileWorld(worldOf(TEXT));
    const changed = worldOf({ ...TEXT, protected: ['tiktok.com'] });
    const { snapshot } = compileWorld(changed, { rules: (sink) => rulesOf(first.snapshot, sink) });
    const ask = (name: string) => decide(snapshot, { client: clientOf('10.0.0.1'), nowMs: NOW }, [subjectOf(name)]);
    expect(ask('www.tiktok.com')).toMatchObject({ kind: 'allow', because: 'protected' });
    expect(ask('a.wechat.com')).toMatchObject({ kind: 'block' });
  });

  test('opens from bytes that stand anywhere in a buffer', () => {
    const { bytes } = compileWorld(worldOf(TEXT));
    const shifted = new Uint8Array(bytes.length + 3).subarray(3);
    shifted.set(bytes);
    const snapshot = openSnapshot(shifted, sha256);
    expect('fault' in snapshot).toBe(false);
  });

  test('that does not fit its slot is a failure that names the key', () => {
    const world = worldOf(TEXT);
    const rules = (sink: Parameters<typeof pushRules>[1]) => {
      pushRules(world, sink);
    };
    for (const size of [0, 64, 1024, 1600]) {
      const into = new Uint8Array(size);
      const result = compile({ model: world.model, rules, now: NOW, generation: 1, into }, { sha256, seed: 1 });
      expect(result).toMatchObject({ kind: 'failed' });
      expect(JSON.stringify(result.problems)).toContain('policy_max_bytes');
    }
  });
});

describe('damaged bytes', () => {
  const { bytes } = compileWorld(worldOf(LOOSE));

  test('are refused wherever one bit is turned', () => {
    for (let bit = 0; bit < bytes.length * 8; bit += 97) {
      const damaged = Uint8Array.from(bytes);
      damaged[bit >> 3] ^= 1 << (bit & 7);
      expect(openSnapshot(damaged, sha256), `bit ${bit}`).toHaveProperty('fault');
    }
  });

  test('are refused wherever they are cut short', () => {
    for (let length = 0; length < bytes.length; length += 61) {
      expect(openSnapshot(bytes.slice(0, length), sha256)).toHaveProperty('fault');
    }
  });

  test('with digests made right again are refused or read within their bounds (seed 4711)', () => {
    const random = randomFrom(4711);
    const blocks = [factsBlockOf(['a.example', 'x.tiktok.com', '192.0.2.9'].map(subjectOf))];
    let opened = 0;
    let refused = 0;
    for (let round = 0; round < 4000; round++) {
      const damaged = Uint8Array.from(bytes);
      for (let n = 1 + random(4); n > 0; n--) {
        const inHeader = random(6) === 0;
        const at = inHeader
          ? AT_SECTIONS + random(SECTION_COUNT * 8)
          : HEADER_SIZE + random(damaged.length - HEADER_SIZE);
        damaged[at] = random(3) === 0 ? 0xff : random(256);
      }
      damaged.set(sha256(damaged.subarray(HEADER_SIZE)), AT_CONTENT_DIGEST);
      damaged.set(sha256(damaged.subarray(0, AT_HEADER_DIGEST)), AT_HEADER_DIGEST);
      const snapshot = openSnapshot(damaged, sha256);
      if ('fault' in snapshot) {
        refused++;
        continue;
      }
      opened++;
      judgements(snapshot);
      const segment = segmentOf(snapshot, clientOf('10.4.9.1'), 0, NOW);
      if (segment >= 0) verdictForFacts(snapshot, segment, 0, blocks[0].bytes.slice(), blocks[0].factsAt);
      rulesOf(snapshot, { attributes: () => 0, name: () => 'taken', address: () => 'taken', claimedBy: () => '' });
    }
    expect(refused).toBeGreaterThan(400);
    expect(opened).toBeGreaterThan(100);
  });
});

describe('time', () => {
  const world = worldOf(TEXT);
  const end = world.model.department.exemptions[0].until;

  test('an exemption never outlives its end under the old snapshot', () => {
    const { snapshot } = compileWorld(world);
    const client = clientOf('10.4.9.1');
    const ask = (nowMs: number) =>
      actionOf(verdictForName(snapshot, segmentOf(snapshot, client, 0, nowMs), wire('tiktok.com'), 0));
    expect(ask(NOW)).toBe(EXEMPT);
    expect(ask(end - 1)).toBe(EXEMPT);
    expect(ask(end)).toBe(BLOCKED);
  });

  test('validUntil is the next moment at which anything begins or ends', () => {
    const at = (moment: number) => compileWorld(world, { now: moment }).result.validUntil;
    expect(at(NOW)).toBe(end);
    expect(at(NOW - 20 * DAY)).toBe(NOW - 10 * DAY);
    expect(at(end - 1)).toBe(end);
    expect(at(end)).toBe(Number.POSITIVE_INFINITY);
  });

  test('validUntil knows effective, ends and until of what is enforced, and of nothing else', () => {
    const directives = {
      gov: { apps: ['tiktok'], effective: (NOW + 5 * DAY) as Instant, ends: (NOW + 9 * DAY) as Instant },
      idle: { apps: ['tiktok'], effective: (NOW + DAY) as Instant },
    };
    const segments = { devices: { clients: ['10.0.0.0/8'], enforce: ['gov'] } };
    const later = worldOf({ apps: { tiktok: ['domain tiktok.com'] }, directives, segments });
    expect(compileWorld(later).result.validUntil).toBe(NOW + 5 * DAY);
    expect(compileWorld(later, { now: NOW + 6 * DAY }).result.validUntil).toBe(NOW + 9 * DAY);
  });

  test.each<['enforce' | 'monitor', 'enforce' | 'monitor' | undefined]>([
    ['monitor', 'enforce'],
    ['monitor', undefined],
    ['enforce', 'monitor'],
  ])('a step from %s to %s is taken at its time; one that does not say to what ends in enforcing', (mode, next) => {
    const base = worldOf({ apps: { tiktok: ['domain tiktok.com'] } });
    const [segment] = base.model.department.segments;
    // biome-ignore lint/suspicious/noThenProperty: a word of the model; no function, so nothing takes it for a promise
    const step = next === undefined ? {} : { then: next };
    const entry = { ...segment.enforce[0], mode, until: (NOW + DAY) as Instant, ...step };
    const seen = (asked: 'enforce' | 'monitor') => (asked === 'enforce' ? { kind: 'block' } : { because: 'monitored' });
    const stepped = {
      ...base,
      model: { ...base.model, department: { ...base.model.department, segments: [{ ...segment, enforce: [entry] }] } },
    };
    const ask = (now: number) => {
      const { snapshot } = compileWorld(stepped, { now });
      return decide(snapshot, { client: clientOf('10.0.0.1'), nowMs: now }, [subjectOf('tiktok.com')]);
    };
    expect(compileWorld(stepped).result.validUntil).toBe(NOW + DAY);
    expect(ask(NOW + DAY - 1)).toMatchObject(seen(mode));
    expect(ask(NOW + DAY)).toMatchObject(seen(next ?? 'enforce'));
  });
});

describe('the memo', () => {
  test('of another generation is not believed: a rule added by a swap acts on a kept answer', () => {
    const before = compileWorld(worldOf({ apps: { tiktok: ['domain tiktok.com'] } }), { generation: 1 }).snapshot;
    const after = compileWorld(worldOf({ apps: { tiktok: ['domain tiktok.com', 'domain b.example'] } }), {
      generation: 2,
    }).snapshot;
    const { bytes, factsAt } = factsBlockOf(['a.example', 'b.example'].map(subjectOf));
    expect(actionOf(verdictForFacts(before, 0, 0, bytes, factsAt))).toBe(FREE);
    expect(actionOf(verdictForFacts(after, 0, 0, bytes, factsAt))).toBe(BLOCKED);
    expect(actionOf(verdictForFacts(before, 0, 0, bytes, factsAt))).toBe(FREE);
  });

  test('of generation 0 is none: a fresh block is judged', () => {
    expect(() => compileWorld(worldOf(TEXT), { generation: 0 })).toThrow('generation');
  });
});
