// What is asked of the running instance about overrides, and the override that a request makes: texts to canonical names and prefixes,
// lengths to instants. Whether the policy allows it is said by policy/check.

import { z } from 'zod';
import { formatPrefix, parsePrefix } from '../../base/addresses.ts';
import { type Instant, unreachable } from '../../base/brand.ts';
import { instantOf } from '../../base/dates.ts';
import { formatName } from '../../base/names.ts';
import type { Problem } from '../../base/problems.ts';
import { exemptionSchema } from '../../config/schema-exemption.ts';
import { readRuleName } from '../../lists/rules/names.ts';
import { id, text } from '../../lists/schema/schema-words.ts';
import { quote } from '../../lists/yaml/shape.ts';
import type { EmergencyExemption, Fallback, Override, OverrideTerms, Release } from '../../policy/model.ts';

const HOUR_MS = 3_600_000;
/** For another person to confirm it; then it ends by itself. */
export const CONFIRM_MS = HOUR_MS;
/** What an override lasts when nobody asks for less (POLICY.md §6: and it may not last longer). */
export const LONGEST_MS = {
  release: 72 * HOUR_MS,
  fallback: 4 * HOUR_MS,
  'emergency-exemption': 24 * HOUR_MS,
} as const satisfies Record<Override['kind'], number>;

/** Shown on terminals, written into logs and the journal: nothing that ends a line or turns text around. */
const line = text.regex(/^[^\p{Cc}\p{Cf}\u2028\u2029]*$/u, { error: 'must be one line without control characters' });
const person = line.max(200, { error: 'must be at most 200 characters' });
const overrideId = z.string().regex(/^OVR-[1-9]\d{0,8}$/, { error: 'must be an override, such as OVR-7' });

const what = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('name'), name: z.string(), match: z.enum(['exact', 'domain']) }),
  z.strictObject({ kind: z.literal('rule'), app: id, rule: z.string().min(1).max(200) }),
]);

/** An exemption's file without its dates: an override has its own. */
export const emergencySchema = exemptionSchema.omit({ from: true, until: true });

const change = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('release'), what }),
  z.strictObject({ kind: z.literal('fallback'), directive: id, segment: id }),
  z.strictObject({ kind: z.literal('emergency-exemption'), exemption: emergencySchema }),
]);

export const overrideRequests = [
  z.strictObject({
    verb: z.literal('override-add'),
    change,
    ticket: line,
    reason: line,
    by: person,
    lengthMs: z.int().min(1).optional(),
  }),
  z.strictObject({ verb: z.literal('override-confirm'), id: overrideId, by: person }),
  z.strictObject({ verb: z.literal('override-end'), id: overrideId, by: person }),
  z.strictObject({ verb: z.literal('override-list') }),
] as const;

export type AddRequest = z.output<(typeof overrideRequests)[0]>;
type Change = AddRequest['change'];

/** When and where a request is made. */
export interface Moment {
  readonly now: Instant;
  readonly timeZone: string;
}

/** The override asked for, or all that keeps the request from being one. */
export function overrideOf(
  nextId: string,
  { change, ticket, reason, by, lengthMs }: AddRequest,
  { now, timeZone }: Moment,
): Override | { problems: Problem[] } {
  const until = (now + (lengthMs ?? LONGEST_MS[change.kind])) as Instant;
  const confirmBy = (now + CONFIRM_MS) as Instant;
  const terms: OverrideTerms = { id: nextId, ticket, reason, by: by.trim(), confirmBy, from: now, until };
  const made = madeOf(change, terms, timeZone);
  return 'problems' in made ? made : { ...terms, ...made };
}

type Made = Release | Fallback | EmergencyExemption;

function madeOf(change: Change, terms: OverrideTerms, timeZone: string): Made | { problems: Problem[] } {
  switch (change.kind) {
    case 'release':
      return releaseOf(change.what);
    case 'fallback':
      return change;
    case 'emergency-exemption':
      return exemptionOf(change.exemption, terms, timeZone);
    default:
      return unreachable(change);
  }
}

function releaseOf(asked: z.output<typeof what>): Release | { problems: Problem[] } {
  if (asked.kind === 'rule') return { kind: 'release', what: asked };
  const name = readRuleName(asked.name);
  if ('message' in name) return { problems: [overrideProblem(name.code, name.message)] };
  return { kind: 'release', what: { ...asked, name: formatName(name) } };
}

function exemptionOf(
  asked: z.output<typeof emergencySchema>,
  { id: overridden, from, until }: OverrideTerms,
  timeZone: string,
): EmergencyExemption | { problems: Problem[] } {
  const problems: Problem[] = [];
  const approved = instantOf(asked.approved_on, 'start', timeZone);
  if (approved !== undefined && approved > from)
    problems.push(
      overrideProblem('approved-future', `approved_on ${asked.approved_on} is still to come; nothing is approved yet`),
    );
  const clients = asked.clients.flatMap((client) => clientOf(client, problems));
  if (problems.length > 0) return { problems };
  const exemption = {
    id: overridden,
    segment: asked.segment,
    clients: [...new Set(clients)],
    under: asked.under,
    apps: asked.apps,
    class: asked.class,
    requestedBy: asked.requested_by,
    approvedBy: asked.approved_by,
    approvedOn: asked.approved_on,
    ticket: asked.ticket,
    justification: asked.justification,
    mitigations: asked.mitigations ?? [],
    dates: { from: new Date(from).toISOString(), until: new Date(until).toISOString() },
    from,
    until,
    places: {},
  };
  return { kind: 'emergency-exemption', exemption };
}

function clientOf(client: string, problems: Problem[]): string[] {
  const prefix = parsePrefix(client);
  if (typeof prefix === 'object') return [formatPrefix(prefix)];
  const message =
    prefix === 'host-bits'
      ? `${quote(client)} has bits set behind its length; write the network's own`
      : `${quote(client)} is no address and no prefix; write it as 10.4.9.0/28 or 2001:db8::/64`;
  problems.push(overrideProblem(prefix ?? 'address-invalid', message));
  return [];
}

/** Of a request, which stands in no file. */
export function overrideProblem(code: string, message: string): Problem {
  return { code, severity: 'error', message, where: { file: 'override', line: 1, column: 1 } };
}
