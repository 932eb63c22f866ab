// What the compiler writes into a snapshot's section of words.

import type { Instant } from '../../base/brand.ts';
import { type AnswerSettings, endOf, type Model, type Override } from '../model.ts';
import type { RuleAttributes } from '../rules.ts';
import type { Words } from '../snapshot/words.ts';
import { measuresOf } from './outcomes.ts';
import type { Derived } from './segments.ts';

export function wordsOf(
  model: Model,
  derived: readonly Derived[],
  attributes: readonly RuleAttributes[],
  now: Instant,
  overrides: readonly Override[],
): Words {
  const { lists, department } = model;
  const appNumber = new Map(lists.apps.map((app, i) => [app.id, i]));
  return {
    apps: lists.apps.map(({ id, name, source }) => ({
      id,
      name,
      kind: source.kind,
      file: source.kind === 'feed' ? source.list : source.file,
      sha256: source.sha256,
    })),
    directives: lists.directives.map((d) => ({
      id: d.id,
      title: d.title,
      instrument: d.instrument,
      authority: d.authority,
      binding: d.binding,
      issued: d.dates.issued,
      ede: d.ede,
      apps: d.apps.flatMap(({ app }) => appNumber.get(app) ?? []),
    })),
    segments: department.segments.map((segment) => ({
      id: segment.id,
      publicName: segment.publicName,
      answer: segment.answer,
      enforce: measuresOf(segment, model, now, overrides).map(({ directive, mode, fallback }) => ({
        directive,
        mode,
        ...(fallback === undefined ? {} : { fallback }),
      })),
    })),
    exemptions: department.exemptions.map(({ id, segment, under, apps }) => ({ id, segment, under, apps })),
    overrides: overrides.map((override) => ({ id: override.id, kind: override.kind, until: endOf(override) })),
    lifted: derived.map((segment) => segment.exemptions),
    attributes: attributes.map(({ role, answer, alsoIn, carrier }) => ({
      role,
      answer: answer ?? null,
      alsoIn,
      carrier,
    })),
    answers: answersOf(department.answers),
  };
}

/** Keys in one order, whatever the caller's: same input, same bytes. */
function answersOf(a: AnswerSettings): AnswerSettings {
  return {
    ...(a.sinkholeIPv4 === undefined ? {} : { sinkholeIPv4: a.sinkholeIPv4 }),
    ...(a.sinkholeIPv6 === undefined ? {} : { sinkholeIPv6: a.sinkholeIPv6 }),
    ttlSeconds: a.ttlSeconds,
    mname: a.mname,
    rname: a.rname,
  };
}
