// What the compiler thread does with one job: sources → snapshot in the spare slot → self-check. The only code that reads lists while
// the process serves; it may take as long as it takes, and its failure is a report like any other.

import { createHash, randomInt } from 'node:crypto';
import type { Instant } from '../base/brand.ts';
import { hasErrors, type Problem } from '../base/problems.ts';
import type { Config } from '../config/config.ts';
import { loadSources } from '../config/load.ts';
import { runAppTests } from '../lists/app-tests.ts';
import { compile } from '../policy/compile.ts';
import type { Model } from '../policy/model.ts';
import type { RuleSink } from '../policy/rules.ts';
import { openSnapshot, rulesOf, type Snapshot } from '../policy/snapshot.ts';
import { readLastGood } from './last-good.ts';
import type { RuleCount } from './shrink-guard.ts';

/** Where rules and model come from. */
export type Origin =
  /** The text files, as they are now. */
  | { readonly kind: 'files'; readonly configFile: string }
  /** The last good rules under the present department; its own department when the present one does not fit them. */
  | { readonly kind: 'last-good'; readonly configFile: string; readonly folder: string }
  /** A policy that is served, at a later time: never a look at edited files. */
  | { readonly kind: 'running'; readonly slot: number; readonly length: number; readonly model: Model };

export interface CompileJob {
  readonly origin: Origin;
  readonly now: Instant;
  readonly generation: number;
}

export type CompileReport =
  | {
      readonly ok: true;
      readonly length: number;
      readonly hash: string;
      readonly validUntil: number;
      readonly rules: readonly RuleCount[];
      readonly model: Model;
      /** Errors in here concern files that were not used (a last good start). */
      readonly problems: readonly Problem[];
      /** Files and folders whose change asks for a reload; none for `running`. */
      readonly watched: readonly string[];
      readonly config?: Config;
    }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly watched: readonly string[] };

interface Input {
  readonly model: Model;
  readonly rules: (sink: RuleSink) => void;
}

/** `slotOf` gives a served slot's bytes; `into` is the spare slot. */
export async function runCompileJob(
  job: CompileJob,
  into: Uint8Array,
  slotOf: (slot: number, length: number) => Uint8Array,
): Promise<CompileReport> {
  switch (job.origin.kind) {
    case 'files':
      return fromFiles(job, job.origin.configFile, into);
    case 'last-good':
      return fromLastGood(job, job.origin.configFile, job.origin.folder, into);
    case 'running': {
      const snapshot = openSnapshot(slotOf(job.origin.slot, job.origin.length), sha256);
      if ('fault' in snapshot)
        return failed([fault('snapshot-damaged', `the running snapshot is damaged: ${snapshot.fault}`, 'snapshot')]);
      return build(job, { model: job.origin.model, rules: (sink) => rulesOf(snapshot, sink) }, into);
    }
  }
}

function fromFiles(job: CompileJob, configFile: string, into: Uint8Array): CompileReport {
  const sources = loadSources(configFile, job.now);
  const { config, model, rules, watched } = sources;
  if (config === undefined || model === undefined || hasErrors(sources.problems))
    return failed(sources.problems, watched);
  const report = build(job, { model, rules }, into);
  const problems = [...sources.problems, ...report.problems];
  return report.ok ? { ...report, problems, watched, config } : failed(problems, watched);
}

async function fromLastGood(
  job: CompileJob,
  configFile: string,
  folder: string,
  into: Uint8Array,
): Promise<CompileReport> {
  const lastGood = await readLastGood(folder);
  if ('fault' in lastGood)
    return failed([fault('last-good-unusable', `no last good policy: ${lastGood.fault}`, folder)]);
  const snapshot = openSnapshot(lastGood.snapshot, sha256);
  if ('fault' in snapshot)
    return failed([fault('last-good-unusable', `last good snapshot: ${snapshot.fault}`, folder)]);
  const rules = (sink: RuleSink) => rulesOf(snapshot, sink);
  const present = loadSources(configFile, job.now);
  if (present.config !== undefined && !hasErrors(present.configProblems)) {
    const report = build(job, { model: { ...lastGood.model, department: present.config.department }, rules }, into);
    if (report.ok) return { ...report, watched: present.watched, config: present.config };
  }
  return { ...build(job, { model: lastGood.model, rules }, into), watched: present.watched };
}

function build(job: CompileJob, input: Input, into: Uint8Array): CompileReport {
  const result = compile(
    { ...input, now: job.now, generation: job.generation, into },
    { sha256, seed: randomInt(2 ** 31) },
  );
  if (!result.ok) return failed(result.problems);
  const snapshot = openSnapshot(into.subarray(0, result.length), sha256);
  if ('fault' in snapshot)
    return failed([
      fault('self-check', `the compiled snapshot does not verify: ${snapshot.fault}; report this`, 'snapshot'),
    ]);
  const problems = [...result.problems, ...testApps(job, snapshot, input.model)];
  if (hasErrors(problems)) return failed(problems);
  const { length, policyHash: hash, validUntil } = result;
  return { ok: true, length, hash, validUntil, rules: result.counts, model: input.model, problems, watched: [] };
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

function failed(problems: readonly Problem[], watched: readonly string[] = []): CompileReport {
  return { ok: false, problems, watched };
}

function fault(code: string, message: string, file: string): Problem {
  return { code, severity: 'error', message, where: { file, line: 1, column: 1 } };
}
