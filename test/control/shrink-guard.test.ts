import { expect, test } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { type Counted, findShrinks } from '../../src/control/keeper/shrink-guard.ts';
import type { Directive, Model } from '../../src/policy/model.ts';

const NOW = Date.parse('2026-11-24T00:00:00Z') as Instant;
type Named = Pick<Directive, 'id' | 'status'> & { ends?: Instant; apps: { app: string }[] };

/** What the guard reads of a policy, and no more. */
function counted(rules: Record<string, number>, directives: Named[] = []): Counted {
  return {
    rules: Object.entries(rules).map(([app, count]) => ({ app, rules: count })),
    model: { lists: { directives } } as unknown as Model,
  };
}

const directive = (status: Directive['status'], ends?: number): Named => ({
  id: 'd',
  status,
  apps: [{ app: 'tiktok' }],
  ...(ends !== undefined && { ends: ends as Instant }),
});

const before = counted({ tiktok: 100, feed: 1_000_000 });
const rows: [string, Counted, Counted, string[]][] = [
  ['nothing changed', before, before, []],
  ['a fifth less is let through', before, counted({ tiktok: 80, feed: 1_000_000 }), []],
  ['more than a fifth less is not', before, counted({ tiktok: 79, feed: 1_000_000 }), ['tiktok']],
  ['a small app cannot hide behind a large feed', before, counted({ tiktok: 1, feed: 2_000_000 }), ['tiktok']],
  ['an app that is gone has lost all', before, counted({ feed: 1_000_000 }), ['tiktok']],
  ['the larger loss comes first', before, counted({ tiktok: 0, feed: 0 }), ['feed', 'tiktok']],
  ['a new app is no loss', before, counted({ tiktok: 100, feed: 1_000_000, viber: 1 }), []],
  [
    'a directive in force excuses nothing',
    counted({ tiktok: 100 }, [directive('in-force')]),
    counted({}, [directive('in-force')]),
    ['tiktok'],
  ],
  [
    'an app whose directive was repealed may go',
    counted({ tiktok: 100 }, [directive('in-force')]),
    counted({}, [directive('repealed')]),
    [],
  ],
  [
    'an app whose directive has ended may go',
    counted({ tiktok: 100 }, [directive('in-force', NOW)]),
    counted({}, [directive('in-force', NOW)]),
    [],
  ],
  [
    'even when the file of that directive goes with it',
    counted({ tiktok: 100 }, [directive('in-force', NOW)]),
    counted({}),
    [],
  ],
  [
    'a directive that ends tomorrow excuses nothing today',
    counted({ tiktok: 100 }, [directive('in-force', NOW + 1)]),
    counted({}),
    ['tiktok'],
  ],
];

test.each(rows)('%s', (_name, from, to, apps) => {
  expect(findShrinks(from, to, 0.2, NOW).map((shrink) => shrink.app)).toEqual(apps);
});
