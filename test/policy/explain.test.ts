import { describe, expect, test } from 'vitest';
import type { Subject } from '../../src/policy/decide/subjects.ts';
import { type ExplainedRule, explain } from '../../src/policy/explain/explain.ts';
import { formatExplanation } from '../../src/policy/explain/format-explanation.ts';
import { labelsOf, numberOf, Reference, type ReferenceHit } from '../reference/policy.ts';
import { OVERRIDES } from '../vectors/overrides.ts';
import { PRECEDENCE } from '../vectors/precedence.ts';
import { clientOf, compileWorld, HOUR, NOW, subjectOf, type WorldText, worldOf } from './world.ts';

const nowhere = () => undefined;

function explained(text: WorldText, ask: readonly string[], client = '10.0.0.1') {
  const { snapshot } = compileWorld(worldOf(text));
  return explain(snapshot, { client: clientOf(client), nowMs: NOW }, ask.map(subjectOf), nowhere);
}

describe('explain', () => {
  test('says of every rule that matched what became of it', () => {
    const { rules } = explained(
      {
        apps: {
          tiktok: [
            'domain tiktok.com',
            'wildcard tiktok.com',
            'exact www.tiktok.com',
            'domain www.tiktok.com',
            'domain b.example',
          ],
          wechat: ['except tiktok.com', 'domain com'],
          viber: ['carrier viber.net'],
          other: ['domain b.example also=tiktok', 'address 192.0.2.0/24'],
        },
        directives: { gov: { apps: ['tiktok', 'other'] } },
      },
      ['www.tiktok.com', 'tiktok.com.viber.net', 'b.example', '192.0.2.1'],
    );
    const fates = rules.map(({ app, rule, subject, fate }) => `${app}/${rule} on ${subject}: ${fate}`);
    expect(fates).toEqual([
      'wechat/com on www.tiktok.com: deeper-rule',
      'tiktok/tiktok.com on www.tiktok.com: deeper-rule',
      'tiktok/*.tiktok.com on www.tiktok.com: deeper-rule',
      'wechat/tiktok.com on www.tiktok.com: frees',
      'tiktok/www.tiktok.com on www.tiktok.com: stronger-kind',
      'tiktok/=www.tiktok.com on www.tiktok.com: decides',
      'viber/viber.net on tiktok.com.viber.net: not-enforced',
      'wechat/com on tiktok.com.viber.net: earlier-subject',
      'tiktok/tiktok.com on tiktok.com.viber.net: earlier-subject',
      'wechat/tiktok.com on tiktok.com.viber.net: earlier-subject',
      'tiktok/b.example on b.example: earlier-subject',
      'other/b.example on b.example: outweighed',
      'other/192.0.2.0/24 on 192.0.2.1: earlier-subject',
    ]);
  });

  test.each([...PRECEDENCE, ...OVERRIDES])('agrees with the twin on winner and losers: $name', (row) => {
    const world = worldOf(row.world);
    const { snapshot } = compileWorld(world);
    const client = clientOf(row.client ?? '10.0.0.1');
    const subjects = row.ask.map(subjectOf);
    const explanation = explain(snapshot, { client, nowMs: NOW }, subjects, nowhere);
    expect(explanation.rules.map(showRule).sort()).toEqual(twinFates(world, client, subjects));
  });

  test('names every directive that names the app there, in order, and what lifts it', () => {
    const text: WorldText = {
      apps: { tiktok: ['domain tiktok.com'], wechat: ['domain wechat.com'] },
      directives: { first: { apps: ['tiktok'] }, second: { apps: ['tiktok', 'wechat'], binding: 'advisory' } },
      exemptions: { 'EXM-1': { clients: ['10.4.9.0/28'], under: ['first'], apps: ['tiktok'] } },
    };
    const { directives, decision, segment } = explained(text, ['tiktok.com'], '10.4.9.1');
    expect(directives).toMatchObject([
      { directive: 'first', app: 'tiktok', mode: 'enforce', liftedBy: 'EXM-1' },
      { directive: 'second', app: 'tiktok', mode: 'monitor' },
    ]);
    expect(decision).toMatchObject({ because: 'monitored', directive: 'second' });
    expect(segment).toMatchObject({ id: 'devices', exemptions: ['EXM-1'] });
  });

  test('asks for the line of each rule by app and rule text, and shows it', () => {
    const { snapshot } = compileWorld(worldOf({ apps: { tiktok: ['domain tiktok.com'] } }));
    const asked: string[] = [];
    const explanation = explain(
      snapshot,
      { client: clientOf('10.0.0.1'), nowMs: NOW },
      [subjectOf('a.tiktok.com')],
      (app, rule) => {
        asked.push(`${app} ${rule}`);
        return { place: { file: 'apps/tiktok.yaml', line: 12, column: 5 }, text: 'tiktok.com' };
      },
    );
    expect(asked).toEqual(['tiktok tiktok.com']);
    const text = formatExplanation(explanation);
    expect(text).toContain('a.tiktok.com: blocked, answered with nxdomain');
    expect(text).toContain('gov/tiktok/tiktok.com');
    expect(text).toContain('apps/tiktok.yaml:12:5');
  });

  test('says which override releases what, until when, and by which rule it would be blocked', () => {
    const explanation = explained(
      {
        apps: { tiktok: ['domain tiktok.com', 'domain www.tiktok.com', 'domain else.example'], wechat: ['domain com'] },
        directives: { gov: { apps: ['tiktok'] } },
        overrides: { 'OVR-7': 'rule tiktok/www.tiktok.com', 'OVR-8': 'exact unrelated.example' },
      },
      ['www.tiktok.com'],
    );
    expect(explanation.decision).toMatchObject({ because: 'released', override: 'OVR-7', directive: 'gov' });
    expect(explanation.rules.map(({ rule, fate, action, releasedBy }) => [rule, fate, action, releasedBy])).toEqual([
      ['com', 'not-enforced', 'free', undefined],
      ['tiktok.com', 'deeper-rule', 'released', 'OVR-7'],
      ['www.tiktok.com', 'released', 'released', 'OVR-7'],
    ]);
    expect(explanation.overrides).toEqual([{ id: 'OVR-7', kind: 'release', until: NOW + 2 * HOUR }]);
    const text = formatExplanation(explanation);
    expect(text).toContain('www.tiktok.com: allowed, an override releases it: OVR-7\n');
    expect(text).toContain('  override   OVR-7, until 2026-11-24T02:00:00.000Z\n');
    expect(text).toContain('  id         released:OVR-7:gov/tiktok/www.tiktok.com\n');
    expect(text).toContain('tiktok/www.tiktok.com (domain, web) on www.tiktok.com: an override releases it: OVR-7');
  });

  test('says which override keeps a directive from being enforced, and which exempts', () => {
    const text: WorldText = {
      apps: { tiktok: ['domain tiktok.com'] },
      directives: { gov: { apps: ['tiktok'] }, local: { apps: ['tiktok'] } },
      overrides: {
        'OVR-7': 'fallback gov in devices',
        'OVR-8': { clients: ['10.4.9.0/28'], under: ['local'], apps: ['tiktok'] },
      },
    };
    const { directives, overrides, segment, ...rest } = explained(text, ['tiktok.com'], '10.4.9.1');
    expect(directives).toMatchObject([
      { directive: 'gov', mode: 'monitor', fallback: 'OVR-7' },
      { directive: 'local', mode: 'enforce', liftedBy: 'OVR-8' },
    ]);
    expect(overrides.map(({ id }) => id)).toEqual(['OVR-7', 'OVR-8']);
    expect(segment).toMatchObject({ exemptions: ['OVR-8'] });
    expect(rest.decision).toMatchObject({ because: 'monitored', directive: 'gov' });
    const written = formatExplanation({ directives, overrides, segment, ...rest } as never);
    expect(written).toContain('names tiktok; monitor by OVR-7\n');
    expect(written).toContain('names tiktok; enforce, lifted by OVR-8\n');
  });

  test('by an old policy, once its overrides have ended, speaks as if there were none', () => {
    const text: WorldText = { apps: { tiktok: ['domain tiktok.com'] } };
    const overrides = { 'OVR-7': 'fallback gov in devices', 'OVR-8': 'exact www.tiktok.com' };
    const { snapshot } = compileWorld(worldOf({ ...text, overrides }));
    const late = { client: clientOf('10.0.0.1'), nowMs: snapshot.validUntil };
    const explanation = explain(snapshot, late, [subjectOf('www.tiktok.com')], nowhere);
    const strict = explained(text, ['www.tiktok.com']);
    expect(explanation).toMatchObject({
      decision: strict.decision,
      rules: strict.rules,
      directives: strict.directives,
    });
    expect(explanation.overrides).toEqual([]);
  });

  test('of a client without a segment says so and still lists what matches', () => {
    const explanation = explained({ apps: { tiktok: ['domain tiktok.com'] } }, ['tiktok.com'], '192.0.2.1');
    expect(explanation.decision).toEqual({ kind: 'refuse', because: 'no-segment' });
    expect(explanation.rules).toMatchObject([{ app: 'tiktok', fate: 'not-enforced' }]);
    expect(formatExplanation(explanation)).toContain('no segment holds this client');
  });
});

function showRule({ app, kind, subject, through, fate }: ExplainedRule): string {
  return `${app} ${kind} on ${subject}${through === undefined ? '' : ` through ${through}`}: ${fate}`;
}

const KINDS = ['', 'domain', 'exact', 'wildcard', 'address', 'except', 'except-address'];

/** Winner and losers from the twin's own hits, reasons worked out from their order alone. */
function twinFates(world: ReturnType<typeof worldOf>, client: Uint8Array, subjects: readonly Subject[]): string[] {
  const twin = new Reference(world, world.rules);
  const asked = subjects.map((s) =>
    s.kind === 'name' ? { labels: labelsOf(s.name) } : { address: numberOf(s.address) },
  );
  const verdict = twin.decide(numberOf(client), NOW, asked);
  const hits = twin.hits(asked, NOW);
  return hits
    .map((hit) => {
      const settles = twin.settling(hits, hit.rule.app);
      const subject = subjects[hit.subject];
      const through =
        hit.skipped === 0 || subject.kind === 'address'
          ? ''
          : ` through ${labelsOf(subject.name).slice(-hit.skipped).join('.')}`;
      const name = subject.kind === 'name' ? labelsOf(subject.name).join('.') || '.' : textOf(subject.address);
      const app = world.model.lists.apps[hit.rule.app].id;
      return `${app} ${KINDS[hit.rule.kind]} on ${name}${through}: ${fateOf(twin, hit, settles, verdict.action, verdict.hit, client)}`;
    })
    .sort();
}

function fateOf(
  twin: Reference,
  hit: ReferenceHit,
  settles: ReferenceHit,
  action: string,
  winner: ReferenceHit | undefined,
  client: Uint8Array,
): string {
  if (action === 'protected') return 'protected';
  if (hit !== settles) {
    if (hit.subject !== settles.subject) return 'earlier-subject';
    if (hit.walk !== settles.walk) return 'earlier-walk';
    return hit.depth === settles.depth ? 'stronger-kind' : 'deeper-rule';
  }
  const own = twin.actionOf(hit, numberOf(client), NOW);
  if (own === 'excepted') return 'frees';
  if (own === 'free') return 'not-enforced';
  if (own === 'released') return 'released';
  return winner !== undefined && winner.rule === hit.rule && winner.subject === hit.subject ? 'decides' : 'outweighed';
}

function textOf(address: Uint8Array): string {
  const isMapped = address[10] === 0xff && address[11] === 0xff;
  if (isMapped) return address.slice(12).join('.');
  const groups = Array.from({ length: 8 }, (_, i) => ((address[i * 2] << 8) | address[i * 2 + 1]).toString(16));
  return groups.join(':').replace(/(^|:)0(:0)+(:|$)/, '::');
}
