// Whether the journal is what was written: each line against the one before, the last against the head. Who can write to the folder can
// also make a new chain; a hash of before, from a log or a report, tells.

import { NOTHING_BEFORE, sha256Hex } from './chain.ts';
import { unreadable } from './journal-end.ts';
import { type Head, journalFiles, type RawLine, readHead, readRawLines } from './journal-files.ts';

export interface Verified {
  readonly lines: number;
  readonly last?: Head & { readonly at: string };
  /** What cannot be without a hand in it, or a damaged disk. */
  readonly faults: readonly string[];
  /** What has been noted, or can be after a crash. */
  readonly notes: readonly string[];
  /** Whether the hash asked for is that of a line. */
  readonly isAnchorFound?: boolean;
}

/** `anchor`: a hash that some line had once. */
export async function verifyJournal(folder: string, anchor?: string): Promise<Verified> {
  const walk = new Walk(anchor);
  for (const file of await journalFiles(folder)) for (const raw of await readRawLines(folder, file)) walk.take(raw);
  return walk.end(await readHead(folder));
}

class Walk {
  readonly #anchor: string | undefined;
  readonly #faults: string[] = [];
  readonly #notes: string[] = [];
  readonly #hashes = new Map<number, string>();
  #lines = 0;
  #last: (Head & { readonly at: string }) | undefined;
  #place = '';
  /** Since the last line that could be read. */
  #behind: RawLine[] = [];
  #isAnchorFound = false;
  /** Number of the first line, and the one that a removal left to be it. */
  #first = 1;
  #removedBefore = 1;

  constructor(anchor: string | undefined) {
    this.#anchor = anchor;
  }

  take(raw: RawLine): void {
    const { line } = raw;
    if (line === undefined) {
      this.#behind.push(raw);
      return;
    }
    this.#lines++;
    const place = `${raw.file}:${raw.number}`;
    const { n, prev, hash, entry } = line;
    this.#judgeUnreadable(entry.kind === 'repaired' ? entry.sha256 : undefined, place);
    if (this.#last === undefined) this.#judgeFirst(n, prev, place);
    else this.#judgeNext(this.#last, n, prev, place, entry.kind === 'missing');
    if (entry.kind === 'repaired' && entry.bytes === 0)
      this.#notes.push(`${this.#place} had no line feed: a crash while it was written`);
    if (entry.kind === 'clock') this.#notes.push(`${place} the clock was set: ${entry.before} became ${atOf(line.at)}`);
    if (entry.kind === 'lost') this.#faults.push(`${place} ${entry.entries} entries were lost: no room on disk`);
    if (entry.kind === 'removed') this.#removedBefore = entry.first;
    this.#hashes.set(n, hash);
    this.#isAnchorFound ||= hash === this.#anchor;
    this.#last = { n, hash, at: atOf(line.at) };
    this.#place = place;
  }

  end(head: Head | { readonly fault: string } | undefined): Verified {
    this.#judgeUnreadable(undefined, 'the end');
    this.#judgeStart();
    this.#judgeHead(head);
    if (this.#anchor !== undefined && !this.#isAnchorFound)
      this.#faults.push(`no line has the hash ${this.#anchor}: this is not the journal that it was taken from`);
    return {
      lines: this.#lines,
      ...(this.#last && { last: this.#last }),
      faults: this.#faults,
      notes: this.#notes,
      ...(this.#anchor !== undefined && { isAnchorFound: this.#isAnchorFound }),
    };
  }

  #judgeFirst(n: number, prev: string, place: string): void {
    this.#first = n;
    if (n === 1 && prev !== NOTHING_BEFORE) this.#faults.push(`${place} is the first line and names one before it`);
  }

  /** Old files go for their age; a later line says so. */
  #judgeStart(): void {
    if (this.#first === 1) return;
    const gone = `lines 1 to ${this.#first - 1}`;
    if (this.#removedBefore === this.#first) this.#notes.push(`${gone} were removed for their age`);
    else this.#faults.push(`${gone} are missing`);
  }

  #judgeNext(last: Head, n: number, prev: string, place: string, isNoted: boolean): void {
    if (n === last.n + 1 && prev === last.hash) return;
    if (n > last.n + 1) {
      const gone = n === last.n + 2 ? `line ${last.n + 1} is` : `lines ${last.n + 1} to ${n - 1} are`;
      this.#faults.push(`${place} ${gone} missing before it${isNoted ? ', as was noted then' : ''}`);
    } else if (n <= last.n) this.#faults.push(`${place} has number ${n} and stands behind line ${last.n}: swapped`);
    else this.#faults.push(`${this.#place} is not the line that was written: ${place} knows another hash of it`);
  }

  #judgeUnreadable(notedSha256: string | undefined, place: string): void {
    if (this.#behind.length === 0) return;
    const [{ file, number }] = this.#behind;
    const bytes = unreadable(this.#behind);
    const isNoted = sha256Hex(bytes) === notedSha256;
    const what = `${file}:${number} ${bytes.length} bytes are no line of a journal`;
    if (isNoted) this.#notes.push(`${what}; noted in ${place}: a crash while they were written`);
    else if (place === 'the end' && !this.#behind[0].isWhole)
      this.#notes.push(`${what}: a crash while they were written; the next start notes it`);
    else this.#faults.push(what);
    this.#behind = [];
  }

  #judgeHead(head: Head | { readonly fault: string } | undefined): void {
    const { n = 0, hash = NOTHING_BEFORE } = this.#last ?? {};
    if (head === undefined) {
      if (n > 0) this.#faults.push('the file head is missing, which knows the last line');
      return;
    }
    if ('fault' in head) return void this.#faults.push(`the file head cannot be read: ${head.fault}`);
    if (head.n > n)
      this.#faults.push(`the last line is ${n}, and line ${head.n} was written: lines are missing at the end`);
    else if (head.n === n && head.hash !== hash)
      this.#faults.push(`${this.#place} is not the last line that was written: the head knows another hash of it`);
    else if (head.n < n) this.#judgeBehind(head, n);
  }

  #judgeBehind(head: Head, n: number): void {
    const known = this.#hashes.get(head.n);
    if (known !== undefined && known !== head.hash)
      this.#faults.push(`line ${head.n} is not the line that was written: the head knows another hash of it`);
    this.#notes.push(
      `the head knows line ${head.n}, the last is ${n}: a crash or a full disk, or a line added by hand`,
    );
  }
}

function atOf(at: number): string {
  return new Date(at).toISOString();
}
