// From the model and a stream of rules to one flat snapshot. Pure: time, hash and seed come in. The same input gives the same bytes;
// the builder's seed only spreads its own scratch table.

import type { Instant } from '../../base/brand.ts';
import { parseName } from '../../base/names.ts';
import type { Problem } from '../../base/problems.ts';
import { checkModel } from '../check/check-model.ts';
import type { Model, Override, PlacedName } from '../model.ts';
import { overridesAt, withEmergencies } from '../overrides.ts';
import type { RuleSink } from '../rules.ts';
import { MAX_OVERRIDES, packEntry } from '../snapshot/entries.ts';
import { arePlain, POOL_SLACK } from '../snapshot/labels.ts';
import { META_WORDS, PREFIX_SIZE, SECTION, SLOT_WORDS } from '../snapshot/layout.ts';
import { MAX_DIRECTIVES, MAX_EXEMPTIONS } from '../snapshot/outcome.ts';
import { NODE_ENTRIES, type PrefixBuilder } from '../snapshot/prefix-trie.ts';
import { finish, newWriter, reserve, type Sha256, type Writer, writeSection } from '../snapshot/writer.ts';
import { MAX_APPS } from '../verdict.ts';
import { freezeAddresses } from './freeze-addresses.ts';
import { placeNodes, rowsOfNodes, slotsFor } from './freeze-names.ts';
import { liftOf, measuresOf, outcomeOf } from './outcomes.ts';
import { placeReleases, type Releases } from './place-releases.ts';
import { newRuleBuilder, ownApp, ownAttributes, ownKind, ownRule, type RuleBuilder } from './rule-builder.ts';
import { type ClientPartition, type Derived, MAX_DERIVED_SEGMENTS, partitionClients } from './segments.ts';
import { newSetTable, type SetTable } from './set-table.ts';
import { validUntil } from './valid-until.ts';
import { wordsOf } from './write-words.ts';

export interface CompileInput {
  readonly model: Model;
  /** Pushes every rule, all of app 0 first, then all of app 1, … */
  readonly rules: (sink: RuleSink) => void;
  readonly now: Instant;
  /** From 1; 0 stands for no policy in memos of answers. */
  readonly generation: number;
  /** The slot to write; starts at a multiple of 64 bytes in its buffer. */
  readonly into: Uint8Array;
}

export interface Hashing {
  readonly sha256: Sha256;
  /** Random u32, so that nobody can prepare collisions for the builder's scratch table. Never shows in the result. */
  readonly seed: number;
}

interface Counts {
  /** In the order of model.lists.apps. */
  readonly rulesPerApp: readonly number[];
  readonly rules: number;
  /** Labels in the trie. */
  readonly nodes: number;
  readonly addresses: number;
  readonly derivedSegments: number;
  readonly bytes: number;
}

export type CompileResult =
  | {
      readonly kind: 'compiled';
      /** checkModel's, errors included: the caller decides what an error stops. Rule faults went to whoever called the sink. */
      readonly problems: readonly Problem[];
      readonly length: number;
      /** Hex of the content digest: equal policies have equal hashes, whatever their generation. */
      readonly policyHash: string;
      readonly validUntil: number;
      readonly counts: Counts;
    }
  /** Does not fit; the problems name the limit. The slot's content is worthless. */
  | { readonly kind: 'failed'; readonly problems: readonly Problem[] };

export function compile(input: CompileInput, hashing: Hashing): CompileResult {
  const { now, generation } = input;
  const overrides = overridesAt(input.model, now);
  const model = withEmergencies(input.model, overrides);
  if (!(generation >= 1 && generation <= 0xffffffff))
    throw new Error(`generation ${generation} is not in 1 … 2^32 − 1`);
  const problems = checkModel(input.model, now);
  const failed = (code: string, message: string): CompileResult => ({
    kind: 'failed',
    problems: [...problems, { code, severity: 'error', message, where: { file: 'policy', line: 1, column: 1 } }],
  });
  const tooMany = limitFault(model, overrides);
  if (tooMany !== undefined) return failed('too-many', tooMany);
  const partition = partitionClients(model, now, overrides);
  if (partition === 'too-many-prefixes') return failed('too-many', 'too many client prefixes; merge neighbours');
  if (partition === 'too-many-segments') {
    return failed(
      'too-many',
      `segments and exemptions make over ${MAX_DERIVED_SEGMENTS} kinds of client; merge exemptions`,
    );
  }

  const builder = newRuleBuilder(
    model,
    wireNames(model.lists.cdnZones),
    wireNames(model.department.protectedNames),
    hashing.seed,
  );
  input.rules(builder.sink);
  const releases = placeReleases(
    builder,
    overrides,
    model.lists.apps.map(({ id }) => id),
  );
  const writer = newWriter(input.into);
  const fault = writeAll(writer, { model, now, overrides, builder, partition, releases }, hashing.sha256);
  if (fault !== undefined) return failed('too-large', fault);
  const until = validUntil(model, now);
  const digest = finish(writer, generation, until, hashing.sha256);
  return {
    kind: 'compiled',
    problems: [...problems, ...idleProblems(releases)],
    length: writer.length,
    policyHash: toHex(digest),
    validUntil: until,
    counts: countsOf(builder, partition, writer),
  };
}

/** Time goes on: what an override was made for may be mended in the files before it ends. */
function idleProblems({ idle }: Releases): Problem[] {
  return idle.map(({ id }) => ({
    code: 'override-idle',
    severity: 'warning',
    message: `${id} releases a rule that is not there any more; end it`,
    where: { file: id, line: 1, column: 1 },
  }));
}

function limitFault({ lists, department }: Model, overrides: readonly Override[]): string | undefined {
  if (lists.apps.length > MAX_APPS) return `over ${MAX_APPS} apps; merge feeds`;
  if (lists.directives.length > MAX_DIRECTIVES) return `over ${MAX_DIRECTIVES} directives; remove repealed ones`;
  if (department.exemptions.length > MAX_EXEMPTIONS) return `over ${MAX_EXEMPTIONS} exemptions; archive ended ones`;
  if (overrides.length > MAX_OVERRIDES) return `over ${MAX_OVERRIDES} overrides in force; end some`;
  return undefined;
}

interface Work {
  readonly model: Model;
  readonly now: Instant;
  /** Those in force. */
  readonly overrides: readonly Override[];
  readonly builder: RuleBuilder;
  readonly partition: ClientPartition;
  readonly releases: Releases;
}

function writeAll(writer: Writer, work: Work, sha256: Sha256): string | undefined {
  const { model, now, overrides, builder, partition, releases } = work;
  const table = newSetTable(builder.attributes);
  const rows = rowsOfNodes(builder, table, releases);
  const rules = [...builder.addresses.values()];
  const addresses = freezeAddresses(rules, builder.ownSets, table, releases);
  if (addresses === undefined) return 'the address rules need too many trie nodes; use fewer or shorter prefixes';
  if (table.isFull) return 'too many different combinations of rules on one name; remove overlapping feeds';

  writeSection(
    writer,
    SECTION.words,
    new TextEncoder().encode(JSON.stringify(wordsOf(model, partition.derived, builder.attributes, now, overrides))),
  );
  writeSection(writer, SECTION.outcomes, outcomesOf(model, partition.derived, now, overrides));
  writeSection(
    writer,
    SECTION.parents,
    Uint32Array.from(partition.derived, ({ segment }) => segment),
  );
  writeSection(
    writer,
    SECTION.until,
    Float64Array.from(partition.derived, ({ until }) => until),
  );
  writeSection(writer, SECTION.clients4, trieWords(partition.trie4));
  writeSection(writer, SECTION.clients6, trieWords(partition.trie6));
  writeSection(writer, SECTION.addresses4, trieWords(addresses.trie4));
  writeSection(writer, SECTION.addresses6, trieWords(addresses.trie6));
  writeSection(writer, SECTION.prefixes, prefixRecords(builder, releases));
  if (!writeNames(writer, builder, rows, sha256))
    return 'labels collide under every seed; a list is made to do that, find and remove it';
  writeTable(writer, table);
  return writer.isFull ? 'the policy is larger than policy_max_bytes; raise it or use fewer feeds' : undefined;
}

function writeTable(writer: Writer, table: SetTable): void {
  writeSection(writer, SECTION.rows, Uint32Array.from(table.rows));
  writeSection(writer, SECTION.sets, Uint32Array.from(table.words));
}

/** The seed comes from the labels' own digest: fixed by the input, yet not for a list's author to choose. Four seeds are tried. */
function writeNames(writer: Writer, { names }: RuleBuilder, rows: Uint32Array, sha256: Sha256): boolean {
  const pool = names.pool.subarray(0, names.poolLength);
  const seeds = new DataView(new Uint8Array(sha256(pool)).buffer);
  const size = slotsFor(names.count);
  const region = reserve(writer, SECTION.slots, size * SLOT_WORDS * 4);
  if (region === undefined) return true;
  const slots = new Uint32Array(region.buffer, region.byteOffset, size * SLOT_WORDS);
  for (let attempt = 0; attempt < 4; attempt++) {
    const seed = seeds.getInt32(attempt * 8, true);
    const multiplier = seeds.getInt32(attempt * 8 + 4, true) | 1;
    const longest = placeNodes(names, rows, slots, seed, multiplier);
    if (longest === undefined) continue;
    const meta = new Uint32Array(META_WORDS);
    meta.set([seed, multiplier, size, longest, arePlain(pool) ? 1 : 0]);
    writeSection(writer, SECTION.meta, meta);
    writeSection(writer, SECTION.labels, names.pool.subarray(0, names.poolLength + POOL_SLACK));
    return true;
  }
  return false;
}

function outcomesOf(
  model: Model,
  derived: readonly Derived[],
  now: Instant,
  overrides: readonly Override[],
): Uint32Array {
  const apps = model.lists.apps.length;
  const { segments, exemptions } = model.department;
  const strict = segments.map((segment) => measuresOf(segment, model, now, []));
  const loose = segments.map((segment) => measuresOf(segment, model, now, overrides));
  const lifts = exemptions.map((exemption, i) => liftOf(exemption, i, model));
  const outcomes = new Uint32Array(derived.length * apps);
  derived.forEach((part, i) => {
    const measures = (i < segments.length ? strict : loose)[part.segment];
    const lifted = part.exemptions.map((exemption) => lifts[exemption]);
    for (let app = 0; app < apps; app++) outcomes[i * apps + app] = outcomeOf(app, measures, lifted);
  });
  return outcomes;
}

function prefixRecords({ addresses, ownSets }: RuleBuilder, releases: Releases): Uint8Array {
  const count = [...addresses.values()].reduce((sum, rule) => sum + ownSets[rule.ownSet].length, 0);
  const records = new Uint8Array(count * PREFIX_SIZE);
  const words = new Uint32Array(records.buffer);
  let i = 0;
  for (const rule of addresses.values()) {
    const { address, bits, ownSet } = rule;
    const released = releases.addresses.get(rule);
    for (const own of ownSets[ownSet]) {
      const release = released?.get(ownRule(own)) ?? 0;
      records.set(address, i * PREFIX_SIZE);
      words[i * 6 + 4] = packEntry(ownApp(own), ownKind(own), bits, release);
      words[i * 6 + 5] = ownAttributes(own);
      i++;
    }
  }
  return records;
}

function trieWords(trie: PrefixBuilder): Uint32Array {
  return trie.entries.subarray(0, trie.nodes * NODE_ENTRIES);
}

function countsOf(builder: RuleBuilder, partition: ClientPartition, writer: Writer): Counts {
  const rulesPerApp = [...builder.rulesPerApp];
  return {
    rulesPerApp,
    rules: rulesPerApp.reduce((sum, count) => sum + count, 0),
    nodes: builder.names.count,
    addresses: builder.addresses.size,
    derivedSegments: partition.derived.length,
    bytes: writer.length,
  };
}

function wireNames(names: readonly PlacedName[]): Uint8Array[] {
  return names.flatMap(({ name }) => {
    const wire = parseName(name);
    return typeof wire === 'string' ? [] : [wire];
  });
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
