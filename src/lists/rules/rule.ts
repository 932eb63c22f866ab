// One rule of an app's YAML, from text to what a RuleSink takes. The place is that of its name or prefix in the file.

import { formatPrefix, IPV4_OFFSET, isIPv4, type Prefix, parseAddress, parsePrefix } from '../../base/addresses.ts';
import { instantOf } from '../../base/dates.ts';
import type { Place, Problem } from '../../base/problems.ts';
import type { RuleAttributes } from '../../policy/rules.ts';
import {
  KIND_ADDRESS,
  KIND_DOMAIN,
  KIND_EXACT,
  KIND_EXCEPT,
  KIND_EXCEPT_ADDRESS,
  KIND_WILDCARD,
} from '../../policy/verdict.ts';
import { misplaced, type Networks } from '../networks.ts';
import { PATTERNS, type RuleText } from '../schema/schema-app.ts';
import { type Clock, checkEvidence, type SourceIndex } from '../sources.ts';
import type { Path, YamlDocument } from '../yaml/document.ts';
import { quote } from '../yaml/shape.ts';
import { readName, readRuleName, type TextFault } from './names.ts';

/** Registries hand out nothing wider to one holder; an announced prefix of an app is far longer. */
const WIDEST_IPV4 = 8;
const WIDEST_IPV6 = 16;

/** A rule ready for the sink. */
export interface Rule {
  readonly kind: number;
  /** Wire form of a name, or 16 bytes of address. */
  readonly bytes: Uint8Array;
  /** Of a prefix, on the 16-byte form; -1 for a name. */
  readonly bits: number;
  readonly attributes: RuleAttributes;
  /** As written, for messages. */
  readonly text: string;
  readonly where: Place;
}

export interface RuleContext {
  readonly document: YamlDocument;
  readonly sources: SourceIndex | undefined;
  /** Absent: nothing is known of who announces what. */
  readonly networks?: Networks | undefined;
  readonly clock: Clock;
}

/** `rule` has the schema's shape; what the shape cannot say is checked here. */
export function readRule(rule: RuleText, path: Path, context: RuleContext): { rule?: Rule; problems: Problem[] } {
  const given = PATTERNS.filter((pattern) => rule[pattern] !== undefined);
  const where = context.document.place(path);
  if (given.length !== 1) {
    const message = `a rule has exactly one of ${PATTERNS.join(', ')}; this one has ${given.join(' and ') || 'none'}`;
    return { problems: [{ code: 'rule-pattern', severity: 'error', message, where }] };
  }
  const pattern = given[0];
  const text = rule[pattern] ?? '';
  const patternAt = context.document.place([...path, pattern]);
  const read = readPattern(pattern, text);
  const problems = [...checkKeys(rule, pattern, path, context), ...checkDates(rule, path, context)];
  if ('message' in read) {
    return { problems: [{ ...read, severity: 'error', where: patternAt }, ...problems] };
  }
  if (pattern === 'address') problems.push(...checkNetwork(text, rule.asn, patternAt, context));
  return { rule: { ...read, attributes: attributesOf(rule), text, where: patternAt }, problems };
}

function attributesOf(rule: RuleText): RuleAttributes {
  return {
    role: rule.role ?? 'unspecified',
    ...(rule.answer !== undefined && { answer: rule.answer }),
    alsoIn: rule.also_in ?? [],
    carrier: rule.carrier ?? false,
  };
}

type Pattern = (typeof PATTERNS)[number];
export type ReadPattern = Pick<Rule, 'kind' | 'bytes' | 'bits'>;

/** What the text under one of the pattern keys means. */
export function readPattern(pattern: Pattern, text: string): ReadPattern | TextFault {
  switch (pattern) {
    case 'domain':
      return named(KIND_DOMAIN, readRuleName(text));
    case 'exact':
      return named(KIND_EXACT, readRuleName(text));
    case 'wildcard':
      return named(KIND_WILDCARD, readRuleName(text.startsWith('*.') ? text.slice(2) : text));
    case 'address':
      return addressed(KIND_ADDRESS, readRulePrefix(text));
    case 'except':
      if (looksLikePrefix(text)) return addressed(KIND_EXCEPT_ADDRESS, readRulePrefix(text));
      return named(KIND_EXCEPT, readExceptName(text));
  }
}

function named(kind: number, name: Uint8Array | TextFault): ReadPattern | TextFault {
  return 'message' in name ? name : { kind, bytes: name, bits: -1 };
}

function addressed(kind: number, prefix: Prefix | TextFault): ReadPattern | TextFault {
  return 'message' in prefix ? prefix : { kind, bytes: prefix.address, bits: prefix.bits };
}

/** What is freed may be shared by many, a public suffix too, but a whole top-level domain is a slip. */
function readExceptName(text: string): Uint8Array | TextFault {
  const name = readName(text);
  if ('message' in name || name.length > name[0] + 2) return name;
  return { code: 'single-label', message: `${quote(text)} is a whole top-level domain; name what is to stay free` };
}

function looksLikePrefix(text: string): boolean {
  return text.includes('/') || parseAddress(text) !== undefined;
}

function readRulePrefix(text: string): Prefix | TextFault {
  const prefix = parsePrefix(text);
  if (prefix === undefined) {
    return {
      code: 'address-invalid',
      message: `${quote(text)} is no address and no prefix; write it as 192.0.2.0/24 or 2001:db8::/32`,
    };
  }
  if (prefix === 'host-bits') {
    return { code: 'host-bits', message: `${quote(text)} has bits set behind its length; write ${networkOf(text)}` };
  }
  const isFour = isIPv4(prefix.address) && prefix.bits >= IPV4_OFFSET;
  const widest = isFour ? WIDEST_IPV4 + IPV4_OFFSET : WIDEST_IPV6;
  if (prefix.bits < widest) {
    return {
      code: 'prefix-too-wide',
      message: `${quote(text)} is wider than any one holder's; write the announced prefixes`,
    };
  }
  return prefix;
}

/** The prefix with the bits behind its length cleared. */
export function networkOf(text: string): string {
  const [host, length] = text.split('/');
  const address = parseAddress(host);
  if (address === undefined) return text;
  const bits = Number(length) + (isIPv4(address) && host.includes('.') ? IPV4_OFFSET : 0);
  const cleared = address.slice() as typeof address;
  for (let bit = bits; bit < 128; bit++) cleared[bit >> 3] &= ~(0x80 >> (bit & 7));
  return formatPrefix({ address: cleared, bits });
}

/** Keys that the kind of rule asks for, or cannot have. */
function checkKeys(rule: RuleText, pattern: Pattern, path: Path, { document }: RuleContext): Problem[] {
  const required =
    pattern === 'address'
      ? (['confidence', 'evidence', 'asn', 'recheck_by'] as const)
      : (['confidence', 'evidence'] as const);
  const missing = pattern === 'except' ? [] : required.filter((key) => rule[key] === undefined);
  const problems = missing.map((key): Problem => {
    return {
      code: 'missing-key',
      severity: 'error',
      message: `the key ${key} is missing; ${CURES[key]}`,
      where: document.place(path),
    };
  });
  const useless = (key: keyof RuleText, only: string): Problem => {
    return {
      code: 'key-useless',
      severity: 'error',
      message: `${key} says nothing on ${pattern}; it goes with ${only}`,
      where: document.keyPlace([...path, key]),
    };
  };
  if (rule.asn !== undefined && pattern !== 'address') problems.push(useless('asn', 'address'));
  if (rule.carrier && pattern !== 'domain') problems.push(useless('carrier', 'domain'));
  if (rule.answer !== undefined && pattern === 'except') problems.push(useless('answer', 'rules that block'));
  return problems;
}

const CURES = {
  confidence: 'say high or medium',
  evidence: 'say where it was seen, as [source@version]',
  asn: 'say which network announces the prefix',
  recheck_by: 'addresses move; say when to look again, 90 days ahead',
};

function checkNetwork(text: string, asn: number | undefined, where: Place, { networks }: RuleContext): Problem[] {
  const prefix = parsePrefix(text);
  if (asn === undefined || networks === undefined || prefix === undefined || prefix === 'host-bits') return [];
  const fault = misplaced(prefix, asn, networks);
  return fault === undefined ? [] : [{ ...fault, severity: 'error', where }];
}

function checkDates(rule: RuleText, path: Path, context: RuleContext): Problem[] {
  const { document, sources, clock } = context;
  const problems = checkEvidence(rule.evidence ?? [], sources, clock, true, (i) =>
    document.place([...path, 'evidence', i]),
  );
  const due = rule.recheck_by === undefined ? undefined : instantOf(rule.recheck_by, 'end', clock.timeZone);
  if (due !== undefined && due <= clock.now) {
    const message = `recheck_by ${rule.recheck_by} has passed; look at the evidence again and set a new date`;
    problems.push({
      code: 'recheck-overdue',
      severity: 'overdue',
      message,
      where: document.place([...path, 'recheck_by']),
    });
  }
  return problems;
}
