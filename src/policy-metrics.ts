// Hands the metrics of policy their numbers: what is served, how reloads went, what begins and ends.

import { type ActivePolicy, OUTCOMES, type PolicyStatus } from './control/keeper/active-policy.ts';
import type { ProbeStatus } from './control/probe/self-probe.ts';
import type { ReadSamples, Sample } from './observe/metrics.ts';
import { endOf, type Override } from './policy/model.ts';

/** An exemption's end stays visible this long after it, for the dashboards of those who renew it. */
const ENDED_EXEMPTION_MS = 7 * 86_400_000;
const SEVERITIES = ['error', 'overdue', 'warning'] as const;

export function policyReaders(status: () => PolicyStatus, now: () => number): Record<string, ReadSamples> {
  const active =
    (read: (policy: ActivePolicy) => Iterable<Sample>): ReadSamples =>
    () => {
      const policy = status().active;
      return policy === undefined ? [] : read(policy);
    };
  return {
    interdict_ready: () => one(status().state === 'not ready' ? 0 : 1),
    interdict_policy_info: active(({ hash, origin, model }) => [
      { labels: [hash, model.lists.revision ?? '', origin], value: 1 },
    ]),
    interdict_policy_last_reload_successful: () => one(status().lastReloadSuccessful ? 1 : 0),
    interdict_policy_last_reload_success_timestamp_seconds: () => one((status().lastReloadSuccessAt ?? 0) / 1000),
    interdict_policy_activated_timestamp_seconds: () => one((status().active?.activatedAt ?? 0) / 1000),
    interdict_policy_valid_until_timestamp_seconds: () => one((status().active?.validUntil ?? 0) / 1000),
    interdict_policy_overdue: () => one(status().overdue ? 1 : 0),
    interdict_policy_reloads_total: () =>
      OUTCOMES.map((outcome) => ({ labels: [outcome], value: status().reloads[outcome] })),
    interdict_policy_rules: active(({ rules }) => rules.map((count) => ({ labels: [count.app], value: count.rules }))),
    interdict_policy_problems: () => problems(status()),
    interdict_enforcement_info: active(({ snapshot }) =>
      snapshot.enforcement.map(({ segment, directive, app, mode }) => ({
        labels: [segment, directive, app, mode],
        value: 1,
      })),
    ),
    interdict_directive_review_timestamp_seconds: active(reviews),
    interdict_exemption_expiry_timestamp_seconds: active((policy) => expiries(policy, now())),
    interdict_feed_last_success_timestamp_seconds: active((policy) => feeds(policy, () => policy.readAt / 1000)),
    interdict_feed_rules: active((policy) => feeds(policy, (rules) => rules)),
  };
}

const KINDS: readonly Override['kind'][] = ['release', 'fallback', 'emergency-exemption'];

/** `held`: those that hold now. */
export function overrideReaders(held: () => readonly Override[]): Record<string, ReadSamples> {
  const ends = (kind: Override['kind']) => held().flatMap((one) => (one.kind === kind ? [endOf(one)] : []));
  return {
    interdict_overrides: () => KINDS.map((kind) => ({ labels: [kind], value: ends(kind).length })),
    interdict_override_expiry_timestamp_seconds: () =>
      KINDS.filter((kind) => ends(kind).length > 0).map((kind) => ({
        labels: [kind],
        value: Math.min(...ends(kind)) / 1000,
      })),
  };
}

export function probeReaders(status: () => ProbeStatus): Record<string, ReadSamples> {
  const wellOf = (findings: ProbeStatus['policy'] | ProbeStatus['listeners']): Sample[] =>
    findings.map(({ labels, faults }) => ({ labels, value: faults.length === 0 ? 1 : 0 }));
  return {
    interdict_probe_success: () => wellOf(status().policy),
    interdict_probe_listener_success: () => wellOf(status().listeners),
    interdict_probe_timestamp_seconds: () => one((status().at ?? 0) / 1000),
  };
}

export function one(value: number): Sample[] {
  return [{ labels: [], value }];
}

function problems(status: PolicyStatus): Sample[] {
  return SEVERITIES.map((severity) => ({
    labels: [severity],
    value: status.problems.filter((problem) => problem.severity === severity).length,
  }));
}

function reviews({ model }: ActivePolicy): Sample[] {
  return model.lists.directives.flatMap(({ id, reviewBy }) =>
    reviewBy === undefined ? [] : [{ labels: [id], value: reviewBy / 1000 }],
  );
}

function expiries({ model }: ActivePolicy, nowMs: number): Sample[] {
  return model.department.exemptions
    .filter(({ until }) => until + ENDED_EXEMPTION_MS > nowMs)
    .map(({ id, until }) => ({ labels: [id], value: until / 1000 }));
}

function feeds({ model, rules }: ActivePolicy, value: (rules: number) => number): Sample[] {
  const counts = new Map(rules.map((count) => [count.app, count.rules]));
  return model.lists.apps
    .filter((app) => app.source.kind === 'feed')
    .map(({ id }) => ({ labels: [id], value: value(counts.get(id) ?? 0) }));
}
