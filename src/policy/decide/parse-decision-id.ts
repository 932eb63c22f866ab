// Decision ids back into their parts: what `explain --id` is given.

export interface DecisionId {
  readonly action: 'blocked' | 'monitored' | 'exempt' | 'released';
  /** The exemption or override that let it through. */
  readonly by?: string;
  readonly directive: string;
  readonly app: string;
  /** The rule part as written; absent when it was cut for want of room. */
  readonly rule?: string;
}

/** Undefined when the text is no id. */
export function parseDecisionId(text: string): DecisionId | undefined {
  const match = /^(?:(monitored):|(exempt|released):([^:/]+):)?([^:/]+)\/([^:/]+)(?:\/(.+))?$/.exec(text);
  if (match === null) return undefined;
  const [, monitored, through, by, directive, app, rule] = match;
  const action = monitored !== undefined ? 'monitored' : ((through as 'exempt' | 'released' | undefined) ?? 'blocked');
  return { action, ...(by === undefined ? {} : { by }), directive, app, ...(rule === undefined ? {} : { rule }) };
}
