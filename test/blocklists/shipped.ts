// The shipped blocklists through the real loader, compiler and engine, with one segment for each app that enforces it alone.

import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseAddress } from '../../src/base/addresses.ts';
import type { Instant } from '../../src/base/brand.ts';
import { parseName } from '../../src/base/names.ts';
import type { Problem } from '../../src/base/problems.ts';
import { type Disk, nodeDisk } from '../../src/lists/disk.ts';
import { readLists } from '../../src/lists/lists.ts';
import { compile } from '../../src/policy/compile/compile.ts';
import { segmentOf, verdictForName } from '../../src/policy/decide/decide.ts';
import type { Directive, ListsModel, Model, Segment } from '../../src/policy/model.ts';
import { openSnapshot } from '../../src/policy/snapshot/snapshot.ts';
import { actionOf, BLOCKED, skippedOf } from '../../src/policy/verdict.ts';

export const FOLDER = fileURLToPath(new URL('../../blocklists', import.meta.url));
/** The day the files were last gone through. `interdict check` holds their dates against today; these tests do not turn red by themselves. */
export const NOW = Date.parse('2026-11-24T12:00:00Z') as Instant;
const MAX_BYTES = 16 * 1024 * 1024;

export type Reach = 'free' | 'literal' | 'cdn-zone';

export interface Shipped {
  readonly lists: ListsModel;
  /** These lists in the department of one segment for each app. */
  readonly model: Model;
  /** The loader's and, once compiled, the sink's. */
  readonly problems: readonly Problem[];
  /** What the app's rules make of a query name, and whether a CDN zone had to be taken off for it. */
  reach(app: string, name: string): Reach;
}

/** Another folder on another disk goes through the same mill. */
export function loadShipped(folder = FOLDER, disk: Disk = nodeDisk): Shipped {
  const reading = readLists(folder, { now: NOW, timeZone: 'Europe/London' }, disk);
  const model = departmentOf(reading.model);
  const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
  const into = new Uint8Array(MAX_BYTES);
  const result = compile({ model, rules: reading.rules, now: NOW, generation: 1, into }, { sha256, seed: 1 });
  if (result.kind === 'failed') throw new Error(JSON.stringify(result.problems));
  const snapshot = openSnapshot(into.subarray(0, result.length), sha256);
  if ('fault' in snapshot) throw new Error(snapshot.fault);

  const segments = new Map(
    model.department.segments.map((segment) => {
      const client = parseAddress(segment.clients[0].replace('/32', ''));
      if (client === undefined) throw new Error(segment.clients[0]);
      return [segment.id, segmentOf(snapshot, client, 0, NOW)];
    }),
  );
  const reach = (app: string, name: string): Reach => {
    const segment = segments.get(app);
    const wire = parseName(name);
    if (segment === undefined || typeof wire === 'string') throw new Error(`${app} ${name} ${wire}`);
    const verdict = verdictForName(snapshot, segment, wire, 0);
    if (actionOf(verdict) !== BLOCKED) return 'free';
    return skippedOf(verdict) > 0 ? 'cdn-zone' : 'literal';
  };
  return { lists: reading.model, model, problems: [...reading.problems, ...result.problems], reach };
}

function departmentOf(lists: ListsModel): Model {
  return {
    overrides: [],
    lists: { ...lists, directives: lists.apps.map((app) => policyOn(app.id)) },
    department: {
      operator: 'Test department',
      timeZone: 'Europe/London',
      segments: lists.apps.map((app, i) => segmentFor(app.id, `127.0.1.${i}/32`)),
      exemptions: [],
      exemptionLimits: { longest: { amount: 12, unit: 'months' }, maxShare: 0.05, maxIPv4: 256, maxIPv6Subnets: 16 },
      protectedNames: ['gov.uk', 'parliament.uk'].map((name) => ({
        name,
        where: { file: 'test', line: 1, column: 1 },
      })),
      answers: { ttlSeconds: 60, mname: 'ns.interdict.invalid', rname: 'hostmaster.interdict.invalid' },
    },
  };
}

function policyOn(app: string): Directive {
  return {
    id: `only-${app}`,
    title: app,
    instrument: 'policy',
    authority: 'Test department',
    jurisdiction: 'test',
    dates: { issued: '2026-01-01' },
    issued: 0 as Instant,
    effective: 0 as Instant,
    status: 'in-force',
    binding: 'mandatory',
    binds: {},
    demands: ['block-traffic'],
    scope: 'app',
    apps: [{ app, basis: 'named' }],
    exemptions: {},
    source: { kind: 'memory' },
    ede: 'blocked',
    openQuestions: [],
    places: {},
  };
}

function segmentFor(app: string, client: string): Segment {
  return {
    id: app,
    kind: 'corporate',
    clients: [client],
    publicName: app,
    answer: 'nxdomain',
    enforce: [{ directive: `only-${app}`, mode: 'enforce', places: {} }],
    places: {},
  };
}
