// What the keeper has to say to the journal, made of what it serves and of what it refused.

import type { Instant } from '../../base/brand.ts';
import type { ActivatedEntry, Cause, ExpiryEntry, RefusedEntry } from '../journal/journal-entry.ts';
import type { ActivePolicy, ReloadResult } from './active-policy.ts';

/** A refusal's problems in words: the first tell what is wrong, `interdict check` lists all. */
const MAX_PROBLEMS = 10;
const MAX_PROBLEM_LENGTH = 300;

export function activatedEntry(active: ActivePolicy, cause: Cause): ActivatedEntry {
  const { origin, hash, generation, from, readAt, rules, model, sources, pinned } = active;
  const { lists, department, overrides } = model;
  const counts = {
    apps: lists.apps.length,
    rules: rules.reduce((sum, app) => sum + app.rules, 0),
    directives: lists.directives.length,
    segments: department.segments.length,
    exemptions: department.exemptions.length,
  };
  return {
    ...{ kind: 'activated', cause, origin, hash, generation, from, readAt },
    ...{ revision: lists.revision, dirty: sources?.dirty, counts, overrides, sources: sources?.sha256 },
    department: sources?.department,
    uid: cause === 'rollback' ? pinned?.uid : undefined,
  };
}

export function refusedEntry({ outcome, hash, problems }: ReloadResult, cause: Cause): RefusedEntry {
  const errors = problems.filter(({ severity }) => severity === 'error');
  const texts = errors.map(({ code, message, where }) => `${where.file}:${where.line} ${code}: ${message}`);
  return {
    ...{ kind: 'refused', cause, outcome, hash, errors: errors.length },
    problems: texts.slice(0, MAX_PROBLEMS).map((text) => text.slice(0, MAX_PROBLEM_LENGTH)),
  };
}

/** What ended and began by date between the moments that two policies were compiled for; undefined when nothing did. */
export function expiryEntry(before: ActivePolicy, after: ActivePolicy): ExpiryEntry | undefined {
  const isBetween = (at: Instant | undefined) => at !== undefined && at > before.from && at <= after.from;
  const { lists, department } = before.model;
  const ended = [
    ...department.exemptions.filter(({ until }) => isBetween(until)),
    ...lists.directives.filter(({ ends }) => isBetween(ends)),
  ].map(({ id }) => id);
  const began = [
    ...department.exemptions.filter(({ from }) => isBetween(from)),
    ...lists.directives.filter(({ effective }) => isBetween(effective)),
  ].map(({ id }) => id);
  const staged = department.segments.flatMap(({ id, enforce }) =>
    enforce.filter(({ until }) => isBetween(until)).map(({ directive }) => `${directive} in ${id}`),
  );
  began.push(...staged);
  return ended.length + began.length === 0 ? undefined : { kind: 'expiry', ended, began };
}
