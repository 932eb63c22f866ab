// Which records of an upstream's answer are an answer to the question (DNS.md §3): the chain of CNAME and DNAME that starts at the qname,
// and the RRset of the asked type at its end. Everything else in the ANSWER section is somebody's wish.

import { MAX_NAME } from '../../base/names.ts';
import { CLASS_IN, TYPE_ANY } from './message.ts';
import { expandName, sameName, skipName, suffixAt } from './names.ts';
import {
  classOf,
  coveredBy,
  ownerAt,
  type Records,
  rdataAt,
  rdataEnd,
  TYPE_CNAME,
  TYPE_DNAME,
  TYPE_RRSIG,
  typeOf,
} from './records.ts';

/** Links of a chain (DNS.md §3): far above what real names need; each costs a walk over the whole answer. */
const MAX_LINKS = 16;

/** A record of the upstream's, by number, or the CNAME under a DNAME, with the record whose TTL it has. */
type Kept =
  | { readonly kind: 'record'; readonly record: number }
  | { readonly kind: 'cname'; readonly owner: Uint8Array; readonly target: Uint8Array; readonly ttlOf: number };

export interface Chain {
  readonly kept: readonly Kept[];
  /** The name at the chain's end, free-standing. */
  readonly end: Uint8Array;
  /** An RRset of the asked type stands there. */
  readonly isAnswered: boolean;
}

export type ChainFault = 'chain-loop' | 'chain-too-long' | 'chain-name' | 'dname-mismatch';

export function followChain(records: Records, qname: Uint8Array, qtype: number, dnssecOk: boolean): Chain | ChainFault {
  const kept: Kept[] = [];
  let name = qname;
  for (let links = 0; links <= MAX_LINKS; links++) {
    if (keepRrset(records, kept, name, qtype, dnssecOk)) return { kept, end: name, isAnswered: true };
    const next = followDname(records, kept, name, qtype, dnssecOk) ?? followCname(records, kept, name, dnssecOk);
    if (next === undefined) return { kept, end: name, isAnswered: false };
    if (typeof next === 'string') return next;
    if (next.isEnd) return { kept, end: name, isAnswered: true };
    name = next.name;
  }
  return 'chain-too-long';
}

interface Link {
  readonly name: Uint8Array;
  readonly isEnd: boolean;
}

/** Keeps the RRset of `type` at `name` (ANY: all of them) with its signatures; tells whether there is one. */
function keepRrset(records: Records, kept: Kept[], name: Uint8Array, type: number, dnssecOk: boolean): boolean {
  let found = false;
  for (let i = 0; i < records.answers; i++) {
    if (!isOf(records, i, type, dnssecOk) || !sameName(records.bytes, ownerAt(records, i), name, 0)) continue;
    kept.push({ kind: 'record', record: i });
    if (type === TYPE_ANY || typeOf(records, i) === type) found = true;
  }
  return found;
}

function isOf(records: Records, i: number, type: number, dnssecOk: boolean): boolean {
  if (classOf(records, i) !== CLASS_IN) return false;
  const has = typeOf(records, i);
  return has === type || type === TYPE_ANY || (dnssecOk && has === TYPE_RRSIG && coveredBy(records, i) === type);
}

function keepSignatures(records: Records, kept: Kept[], name: Uint8Array, covered: number): void {
  for (let i = 0; i < records.answers; i++) {
    if (typeOf(records, i) !== TYPE_RRSIG || classOf(records, i) !== CLASS_IN || coveredBy(records, i) !== covered)
      continue;
    if (sameName(records.bytes, ownerAt(records, i), name, 0)) kept.push({ kind: 'record', record: i });
  }
}

/** A CNAME is followed once: met again, the chain is a loop. */
function followCname(
  records: Records,
  kept: Kept[],
  name: Uint8Array,
  dnssecOk: boolean,
): Link | ChainFault | undefined {
  const record = findCname(records, name);
  if (record < 0) return undefined;
  const target = targetOf(records, record);
  if (target === undefined) return 'chain-name';
  if (kept.some((one) => one.kind === 'record' && one.record === record)) return 'chain-loop';
  kept.push({ kind: 'record', record });
  if (dnssecOk) keepSignatures(records, kept, name, TYPE_CNAME);
  return { name: target, isEnd: false };
}

/**
 * RFC 6672 §3.3: below a DNAME's owner the rest of the name moves under its target. The CNAME that says so is unsigned; it is made here
 * even when the upstream sent it, since its letters may be those of our own query (0x20).
 */
function followDname(
  records: Records,
  kept: Kept[],
  name: Uint8Array,
  qtype: number,
  dnssecOk: boolean,
): Link | ChainFault | undefined {
  const record = findDname(records, name);
  if (record < 0) return undefined;
  const dnameTarget = targetOf(records, record);
  if (dnameTarget === undefined) return 'chain-name';
  if (!kept.some((one) => one.kind === 'record' && one.record === record)) {
    keepAt(records, kept, ownerAt(records, record), TYPE_DNAME, dnssecOk);
  }
  const moved = move(name, suffixAt(name, records.bytes, ownerAt(records, record)), dnameTarget);
  if (moved === undefined) return { name, isEnd: true }; // too long: YXDOMAIN, the DNAME alone is the answer (RFC 6672 §2.2)
  const cname = findCname(records, name);
  if (cname >= 0 && !isTarget(records, cname, moved)) return 'dname-mismatch';
  kept.push({ kind: 'cname', owner: name, target: moved, ttlOf: cname < 0 ? record : cname });
  return { name: moved, isEnd: qtype === TYPE_CNAME };
}

function keepAt(records: Records, kept: Kept[], owner: number, type: number, dnssecOk: boolean): void {
  const name = new Uint8Array(MAX_NAME + 1);
  keepRrset(records, kept, name.subarray(0, expandName(records.bytes, owner, name)), type, dnssecOk);
}

function findCname(records: Records, name: Uint8Array): number {
  for (let i = 0; i < records.answers; i++) {
    if (typeOf(records, i) !== TYPE_CNAME || classOf(records, i) !== CLASS_IN) continue;
    if (sameName(records.bytes, ownerAt(records, i), name, 0)) return i;
  }
  return -1;
}

function findDname(records: Records, name: Uint8Array): number {
  for (let i = 0; i < records.answers; i++) {
    if (typeOf(records, i) !== TYPE_DNAME || classOf(records, i) !== CLASS_IN) continue;
    if (suffixAt(name, records.bytes, ownerAt(records, i)) > 0) return i;
  }
  return -1;
}

/** The name that is the whole RDATA, free-standing; undefined when it is malformed. */
function targetOf(records: Records, i: number): Uint8Array | undefined {
  const end = rdataEnd(records, i);
  if (skipName(records.bytes, rdataAt(records, i), end) !== end) return undefined;
  const name = new Uint8Array(MAX_NAME + 1);
  return name.subarray(0, expandName(records.bytes, rdataAt(records, i), name));
}

function isTarget(records: Records, cname: number, name: Uint8Array): boolean {
  const target = targetOf(records, cname);
  return target !== undefined && sameName(target, 0, name, 0);
}

function move(name: Uint8Array, suffix: number, target: Uint8Array): Uint8Array | undefined {
  if (suffix + target.length > MAX_NAME) return undefined;
  const moved = new Uint8Array(suffix + target.length);
  moved.set(name.subarray(0, suffix));
  moved.set(target, suffix);
  return moved;
}
