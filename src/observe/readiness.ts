// What enforcing a directive in a segment would have stopped, counted from the event files: the question before `mode: monitor` ends.
// Several directives may name one app, and an event carries the first of them alone: so the directive's apps are counted, whatever
// directive the line names. Clients are counted within a day, since tomorrow the same one has another pseudonym, and shown only as groups
// of `smallestGroup` or more.

import { parseDecisionId } from '../policy/decide/parse-decision-id.ts';
import type { EventLine } from './event-line.ts';

/** Names kept apart; whoever asks for random names below a rule fills a list, not the memory. */
const MAX_NAMES = 10_000;

export interface ReadinessQuestion {
  readonly directive: string;
  readonly apps: ReadonlySet<string>;
  readonly segment: string;
  /** Names that somebody has written into a test, as text. */
  readonly tested: ReadonlySet<string>;
  readonly smallestGroup: number;
}

/** Requests that match would be blocked, of one app and role. */
export interface WouldBlock {
  readonly app: string;
  readonly role: string;
  readonly requests: number;
  readonly days: number;
  /** Clients on the day that had most of them; null: fewer than the smallest group. */
  readonly clients: number | null;
}

export interface UnseenName {
  readonly name: string;
  readonly requests: number;
  readonly days: number;
  /** Of the first request. */
  readonly id: string;
}

export interface Readiness {
  readonly wouldBlock: readonly WouldBlock[];
  /** Of all apps together; null as above. */
  readonly clients: number | null;
  /** Names that no test holds and no rule spells out: nobody has looked at them. Most asked for first. */
  readonly unseen: readonly UnseenName[];
  /** Requests for more such names than are listed. */
  readonly unseenBeyond: number;
  /** Requests that are blocked already, or let through for a reason that enforcing does not end. */
  readonly otherwise: { readonly blocked: number; readonly exempt: number; readonly released: number };
  /** Events of any segment that are not in the files, as far as later lines tell, and lines that cannot be read. */
  readonly lost: number;
  readonly unreadable: number;
}

interface Tally {
  requests: number;
  days: number;
  lastDay: string;
}

interface Group extends Tally {
  readonly app: string;
  readonly role: string;
  readonly today: Set<string>;
  most: number;
}

export class ReadinessCount {
  readonly #question: ReadinessQuestion;
  readonly #groups = new Map<string, Group>();
  readonly #all: Group = newGroup('', '');
  readonly #names = new Map<string, Tally & { readonly id: string }>();
  readonly #otherwise = { blocked: 0, exempt: 0, released: 0 };
  #unseenBeyond = 0;
  #lost = 0;
  #unreadable = 0;

  constructor(question: ReadinessQuestion) {
    this.#question = question;
  }

  /** A line of that day's file; days in their order. */
  add(day: string, line: EventLine | undefined): void {
    if (line === undefined) this.#unreadable++;
    this.#lost += line?.lost ?? 0;
    if (line === undefined || !this.#isMeant(line)) return;
    if (line.action !== 'monitored') {
      this.#otherwise[line.action]++;
      return;
    }
    tallyClient(this.#groupOf(line), day, line.client);
    tallyClient(this.#all, day, line.client);
    if (!this.#isSeen(line)) this.#addName(day, line);
  }

  result(): Readiness {
    const { smallestGroup } = this.#question;
    const shown = (clients: number) => (clients < smallestGroup ? null : clients);
    const most = (a: Tally, b: Tally) => b.requests - a.requests;
    return {
      wouldBlock: [...this.#groups.values()]
        .sort(most)
        .map(({ app, role, requests, days, most }) => ({ app, role, requests, days, clients: shown(most) })),
      clients: shown(this.#all.most),
      unseen: [...this.#names]
        .sort(([, a], [, b]) => most(a, b))
        .map(([name, { requests, days, id }]) => ({ name, requests, days, id })),
      unseenBeyond: this.#unseenBeyond,
      otherwise: { ...this.#otherwise },
      lost: this.#lost,
      unreadable: this.#unreadable,
    };
  }

  #isMeant({ segment, directive, app }: EventLine): boolean {
    const question = this.#question;
    return segment === question.segment && (question.apps.has(app) || directive === question.directive);
  }

  /** The rule itself, or a test, holds this very name. */
  #isSeen({ qname, id }: EventLine): boolean {
    const rule = parseDecisionId(id)?.rule?.replace(/^(feed:)?=?/, '');
    return rule === qname || this.#question.tested.has(qname);
  }

  #groupOf({ app, role }: EventLine): Group {
    const key = `${app}/${role}`;
    const group = this.#groups.get(key) ?? newGroup(app, role);
    this.#groups.set(key, group);
    return group;
  }

  #addName(day: string, { qname, id }: EventLine): void {
    const known = this.#names.get(qname);
    if (known !== undefined) tally(known, day);
    else if (this.#names.size < MAX_NAMES) this.#names.set(qname, { id, requests: 1, days: 1, lastDay: day });
    else this.#unseenBeyond++;
  }
}

function newGroup(app: string, role: string): Group {
  return { app, role, requests: 0, days: 0, lastDay: '', today: new Set(), most: 0 };
}

function tallyClient(group: Group, day: string, client: string): void {
  if (day !== group.lastDay) group.today.clear();
  tally(group, day);
  group.today.add(client);
  group.most = Math.max(group.most, group.today.size);
}

function tally(tally: Tally, day: string): void {
  tally.requests++;
  if (day !== tally.lastDay) tally.days++;
  tally.lastDay = day;
}
