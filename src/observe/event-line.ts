// A decision as one line of an event file, and back. Lines that a crash tore, or that somebody edited, are none.

import { formatName } from '../base/names.ts';
import type { Action, DecisionEvent } from '../policy/decide/decision.ts';
import type { Pseudonym } from './pseudonym.ts';
import { typeName } from './type-names.ts';

export interface EventLine {
  /** RFC 3339, UTC. */
  readonly time: string;
  readonly door: string;
  readonly action: Action;
  readonly id: string;
  readonly segment: string;
  readonly directive: string;
  readonly app: string;
  readonly role: string;
  /** The pseudonym of that day. */
  readonly client: string;
  readonly qname: string;
  readonly qtype: string;
  readonly transport: string;
  readonly generation: number;
  /** Events before this one that were not written. */
  readonly lost?: number;
}

const TEXTS = ['time', 'action', 'id', 'segment', 'directive', 'app', 'role', 'client', 'qname'] as const;

export function formatEvent(event: DecisionEvent, lostBefore: number, pseudonym: Pseudonym): string {
  const { door, action, id, segment, directive, app, role, transport } = event;
  const line: EventLine = {
    time: new Date(event.wallMs).toISOString(),
    door,
    action,
    id,
    segment,
    directive,
    app,
    role,
    client: pseudonym(event.client),
    qname: formatName(event.qname),
    qtype: typeName(event.qtype),
    transport,
    generation: event.generation,
    ...(lostBefore > 0 && { lost: lostBefore }),
  };
  return `${JSON.stringify(line)}\n`;
}

export function parseEvent(text: string): EventLine | undefined {
  let line: Partial<Record<string, unknown>> | null;
  try {
    line = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof line !== 'object' || line === null) return undefined;
  const { lost } = line;
  const isWhole =
    TEXTS.every((key) => typeof line[key] === 'string') && (lost === undefined || typeof lost === 'number');
  return isWhole ? (line as unknown as EventLine) : undefined;
}
