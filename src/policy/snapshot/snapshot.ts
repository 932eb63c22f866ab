// A reader's view of one compiled policy: typed arrays over immutable bytes plus a little scratch of the thread's own. Opening checks the
// header, both digests and every number that is later used to find another (verify.ts), so that no later read can leave its section.

import { type NameLabels, newNameLabels } from '../../base/name-labels.ts';
import { MAX_NAME } from '../../base/names.ts';
import { ANSWERS, type Mode } from '../model.ts';
import { type AnswerWires, answerWires } from './answer-wires.ts';
import { META_LONGEST_PROBE, META_MULTIPLIER, META_PLAIN, META_SEED, META_SLOTS, SECTION } from './layout.ts';
import { openSections, verifyNumbers } from './verify.ts';
import type { Words } from './words.ts';
import type { Sha256 } from './writer.ts';

/** Where the last verdict found its rule: scratch of this reader, overwritten by the next verdict. */
export interface Match {
  /** 0: the qname; n: the n-th subject of the facts block. */
  subject: number;
  /** Offset in the judged bytes of that subject's name or address. */
  at: number;
  /** The message's first byte, for names with compression pointers; -1 when the name was free-standing. */
  messageAt: number;
  /** The name, when it is a packet's qname. */
  labels: NameLabels | undefined;
  /** 4 or 16 when the subject is an address, 0 when it is a name. */
  addressLength: number;
  /** Index in model.ANSWERS plus one of the rule's own answer; 0: the segment's. */
  answer: number;
  /** Index in model.ROLES. */
  role: number;
  /** Number of the override that releases it, 0 for none. */
  release: number;
}

/** What the subjects judged so far match, one entry an app: two words each (judge.ts). */
export interface Findings {
  count: number;
  readonly words: Uint32Array;
  /** Per app: equal to `stamp` once it is settled. */
  readonly settled: Uint32Array;
  stamp: number;
  /** Number of the override that frees whatever is met from now on, 0 for none. */
  release: number;
  /** The name in hand. */
  readonly labels: NameLabels;
  /** A compressed name, unpacked and in lower case. */
  readonly name: Uint8Array;
  /** An IPv4 address, mapped. */
  readonly address: Uint8Array;
  /** The rule part of a decision id. */
  readonly text: Uint8Array;
}

/** One line of `interdict_enforcement_info`. */
export interface Enforcement {
  readonly segment: string;
  readonly directive: string;
  readonly app: string;
  readonly mode: Mode;
}

export interface Snapshot {
  readonly generation: number;
  /** Milliseconds; Infinity when nothing begins or ends. */
  readonly validUntil: number;
  /** Hex. */
  readonly policyHash: string;
  readonly length: number;

  /** Segments as configured; derived ones come behind and map to these through parentOf. */
  readonly segmentNames: readonly string[];
  readonly appIds: readonly string[];
  readonly directiveIds: readonly string[];
  readonly exemptionIds: readonly string[];
  /** Of those in force; number n of a verdict is n − 1 here. */
  readonly overrideIds: readonly string[];
  readonly enforcement: readonly Enforcement[];
  readonly words: Words;
  /** How blocked names are answered, ready for the wire. */
  readonly answers: AnswerWires;
  readonly match: Match;

  // What decide.ts walks.
  readonly apps: number;
  readonly derived: number;
  readonly outcomes: Uint32Array;
  readonly parents: Uint32Array;
  readonly until: Float64Array;
  readonly clients4: Uint32Array;
  readonly clients6: Uint32Array;
  readonly addresses4: Uint32Array;
  readonly addresses6: Uint32Array;
  readonly prefixes: Uint8Array;
  readonly slots: Uint32Array;
  readonly slotCount: number;
  readonly longestProbe: number;
  readonly seed: number;
  readonly multiplier: number;
  readonly labels: Uint8Array;
  /** The same memory. */
  readonly labelView: DataView;
  /** No listed label needs an escape in a decision id. */
  readonly isPlain: boolean;
  readonly rows: Uint32Array;
  readonly sets: Uint32Array;
  /** Index in ANSWERS per segment. */
  readonly segmentAnswers: Uint8Array;
  /** 15 or 16 per directive. */
  readonly directiveCodes: Uint8Array;
  readonly directiveTexts: readonly Uint8Array[];
  readonly appTexts: readonly Uint8Array[];
  readonly exemptionTexts: readonly Uint8Array[];
  readonly overrideTexts: readonly Uint8Array[];
  /** 1: the app is a feed, its rules are called `feed:…`. */
  readonly isFeed: Uint8Array;
  readonly findings: Findings;
}

/** Opens what compile wrote, in place (also over shared memory). `fault` says in a sentence why the bytes are not to be used. */
export function openSnapshot(given: Uint8Array, sha256: Sha256): Snapshot | { readonly fault: string } {
  const snapshot = view(given, sha256);
  const fault = 'fault' in snapshot ? undefined : verifyNumbers(snapshot);
  return fault === undefined ? snapshot : { fault };
}

/** For bytes in memory that another thread of this process has opened with openSnapshot: microseconds, where 53 MB take 80 ms to verify. */
export function openVerifiedSnapshot(given: Uint8Array): Snapshot | { readonly fault: string } {
  return view(given, undefined);
}

function view(given: Uint8Array, sha256: Sha256 | undefined): Snapshot | { readonly fault: string } {
  // Typed arrays need aligned bytes; a small file read by Node may stand anywhere in a shared buffer.
  const bytes = given.byteOffset % 8 === 0 ? given : Uint8Array.from(given);
  const opened = openSections(bytes, sha256);
  if ('fault' in opened) return opened;
  const { header, sections, words } = opened;
  const u32 = (section: number) => {
    const part = sections[section];
    return new Uint32Array(part.buffer, part.byteOffset, part.length >>> 2);
  };
  const until = sections[SECTION.until];
  const meta = u32(SECTION.meta);
  const answers = answerWires(words.answers, header.generation);
  if (answers === undefined) return { fault: 'the answer settings are damaged' };
  const labels = sections[SECTION.labels];
  const text = new TextEncoder();
  return {
    generation: header.generation,
    validUntil: header.validUntil,
    policyHash: header.policyHash,
    length: header.length,
    segmentNames: words.segments.map(({ id }) => id),
    appIds: words.apps.map(({ id }) => id),
    directiveIds: words.directives.map(({ id }) => id),
    exemptionIds: words.exemptions.map(({ id }) => id),
    overrideIds: words.overrides.map(({ id }) => id),
    enforcement: enforcementOf(words),
    words,
    answers,
    match: { subject: 0, at: 0, messageAt: -1, labels: undefined, addressLength: 0, answer: 0, role: 0, release: 0 },
    apps: words.apps.length,
    derived: u32(SECTION.parents).length,
    outcomes: u32(SECTION.outcomes),
    parents: u32(SECTION.parents),
    until: new Float64Array(until.buffer, until.byteOffset, until.length >>> 3),
    clients4: u32(SECTION.clients4),
    clients6: u32(SECTION.clients6),
    addresses4: u32(SECTION.addresses4),
    addresses6: u32(SECTION.addresses6),
    prefixes: sections[SECTION.prefixes],
    slots: u32(SECTION.slots),
    slotCount: meta[META_SLOTS],
    longestProbe: meta[META_LONGEST_PROBE],
    seed: meta[META_SEED] | 0,
    multiplier: meta[META_MULTIPLIER] | 0,
    labels,
    labelView: new DataView(labels.buffer, labels.byteOffset, labels.length),
    isPlain: meta[META_PLAIN] === 1,
    rows: u32(SECTION.rows),
    sets: u32(SECTION.sets),
    segmentAnswers: Uint8Array.from(words.segments, ({ answer }) => ANSWERS.indexOf(answer)),
    directiveCodes: Uint8Array.from(words.directives, ({ ede }) => (ede === 'blocked' ? 15 : 16)),
    directiveTexts: words.directives.map(({ id }) => text.encode(id)),
    appTexts: words.apps.map(({ id }) => text.encode(id)),
    exemptionTexts: words.exemptions.map(({ id }) => text.encode(id)),
    overrideTexts: words.overrides.map(({ id }) => text.encode(id)),
    isFeed: Uint8Array.from(words.apps, ({ kind }) => (kind === 'feed' ? 1 : 0)),
    findings: newFindings(words.apps.length),
  };
}

export function newFindings(apps: number): Findings {
  return {
    count: 0,
    words: new Uint32Array(2 * apps),
    settled: new Uint32Array(apps),
    stamp: 0,
    release: 0,
    labels: newNameLabels(),
    name: new Uint8Array(MAX_NAME + 1),
    address: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0),
    text: new Uint8Array(256),
  };
}

function enforcementOf({ segments, directives, apps }: Words): Enforcement[] {
  return segments.flatMap((segment) =>
    segment.enforce.flatMap(({ directive, mode }) =>
      mode === 'none'
        ? []
        : directives[directive].apps.map((app) => ({
            segment: segment.id,
            directive: directives[directive].id,
            app: apps[app].id,
            mode,
          })),
    ),
  );
}

/** The configured segment of a derived one, as an index of segmentNames. */
export function parentOf(snapshot: Snapshot, segment: number): number {
  return snapshot.parents[segment];
}
