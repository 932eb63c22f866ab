// What the compiler process does with one job: sources → snapshot → self-check. The only code that reads lists while
// the process serves; it may take as long as it takes, and its failure is a report like any other.

import { createHash, randomInt } from 'node:crypto';
import { type Instant, unreachable } from '../../base/brand.ts';
import { hasErrors, type Problem } from '../../base/problems.ts';
import type { Config } from '../../config/config.ts';
import { loadSources } from '../../config/load.ts';
import { runAppTests } from '../../lists/app-tests.ts';
import { nodeDisk } from '../../lists/disk.ts';
import { compile } from '../../policy/compile/compile.ts';
import type { Exemption, Model, Override, Role } from '../../policy/model.ts';
import type { RuleSink } from '../../policy/rules.ts';
import { rulesOf } from '../../policy/snapshot/replay.ts';
import { openSnapshot, type Snapshot } from '../../policy/snapshot/snapshot.ts';
import { isDirty } from '../journal/git-index.ts';
import { type Manifest, recordingDisk } from '../journal/recording-disk.ts';
import { keepSources, keepText } from '../journal/sources.ts';
import type { KeptSources } from './active-policy.ts';
import { appsThatMatch } from './app-matcher.ts';
import { standingIn } from './exemptions-since.ts';
import { type LastGood, readLastGood } from './last-good.ts';
import { noteRoles } from './rule-counts.ts';
import { stampingDisk } from './stamps.ts';

/** Blocked, monitored, exempt, released. */
const SERIES_PER_PAIR = 4;

/** Where rules and model come from. */
export type Origin =
  /** The text files, as they are. `readAt` where that is not the job's `now`: an approval of today is no fault of a look back at yesterday. */
  | { readonly kind: 'files'; readonly configFile: string; readonly readAt?: Instant }
  /** The last good rules under the present department; its own department when the present one does not fit them. */
  | { readonly kind: 'last-good'; readonly configFile: string; readonly folder: string }
  /** A policy of before, whole, but for what has ended since: its exemptions hold as far as they stand in `exemptions` too. */
  | { readonly kind: 'kept'; readonly folder: string; readonly exemptions: readonly Exemption[] }
  /** A policy that is served, at a later time: never a look at edited files. */
  | {
      readonly kind: 'running';
      readonly slot: number;
      readonly length: number;
      readonly model: Model;
      readonly readAt: Instant;
    };

export interface CompileJob {
  readonly origin: Origin;
  readonly now: Instant;
  readonly generation: number;
  /** Those of the moment, whatever rules and model come from. */
  readonly overrides: readonly Override[];
  /** Where the text of the files read is kept (control/journal/sources.ts); absent: nowhere. */
  readonly sourcesFolder?: string | undefined;
}

export type CompileReport =
  | (Omit<LastGood, 'pinned'> & {
      readonly ok: true;
      readonly length: number;
      readonly validUntil: number;
      /** Errors in here concern files that were not used (a last good start). */
      readonly problems: readonly Problem[];
      /** Files and folders whose change asks for a reload; none for `running`. */
      readonly watched: readonly string[];
      readonly config?: Config;
    })
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly watched: readonly string[] };

type Good = CompileReport & { readonly ok: true };

interface Input {
  readonly model: Model;
  readonly rules: (sink: RuleSink) => void;
  readonly readAt: Instant;
  readonly config?: Config;
  readonly sources?: KeptSources | undefined;
}

/** `slotOf` gives a served slot's bytes; `into` is the spare slot. */
export async function runCompileJob(
  job: CompileJob,
  into: Uint8Array,
  slotOf: (slot: number, length: number) => Uint8Array,
): Promise<CompileReport> {
  const { origin } = job;
  switch (origin.kind) {
    case 'files':
      return fromFiles(job, origin.configFile, origin.readAt ?? job.now, into);
    case 'last-good':
      return fromLastGood(job, origin.configFile, origin.folder, into);
    case 'kept':
      return fromKept(job, origin.folder, origin.exemptions, into);
    case 'running': {
      const snapshot = openSnapshot(slotOf(origin.slot, origin.length), sha256);
      if ('fault' in snapshot)
        return failed([fault('snapshot-damaged', `the running snapshot is damaged: ${snapshot.fault}`, 'memory')]);
      return build(job, { model: origin.model, rules: (sink) => rulesOf(snapshot, sink), readAt: origin.readAt }, into);
    }
    default:
      return unreachable(origin);
  }
}

function fromFiles(job: CompileJob, configFile: string, readAt: Instant, into: Uint8Array): CompileReport {
  const recording = recordingDisk();
  const stamping = stampingDisk(job.now, recording.disk);
  const sources = loadSources(configFile, readAt, stamping.disk);
  const { config, model, rules, watched } = sources;
  if (config === undefined || model === undefined) return failed(sources.problems, watched);
  const built = build(job, { model, rules, readAt, config }, into);
  // Faults of single rules were found while the rules streamed by.
  const problems = [
    ...sources.problems,
    ...built.problems.filter((problem) => !isAboutUnread(problem, sources.unread)),
  ];
  if (!built.ok || hasErrors(problems)) return failed(problems, watched);
  const report = { ...built, problems, watched, config, stamps: stamping.stamps() };
  return withSources(job, report, () => sourcesOf(job, config, recording.manifest(configFile)));
}

function sourcesOf(
  { sourcesFolder }: CompileJob,
  { blocklists }: Config,
  manifest: Manifest | undefined,
): KeptSources | undefined {
  if (sourcesFolder === undefined) return undefined;
  if (manifest === undefined) throw new Error('one changed while it was read');
  return { sha256: keepSources(sourcesFolder, manifest, nodeDisk), dirty: isDirty(blocklists, manifest) };
}

/** Rules of before under another department than that of their files. */
function otherDepartment({ sourcesFolder }: CompileJob, { sources, model }: Good): KeptSources | undefined {
  if (sourcesFolder === undefined || sources === undefined) return undefined;
  return { ...sources, department: keepText(sourcesFolder, JSON.stringify(model.department)) };
}

/** The text of what was read is kept for explain --at; that it cannot be stops nothing. */
function withSources(
  { sourcesFolder }: CompileJob,
  report: CompileReport,
  sources: (report: Good) => KeptSources | undefined,
): CompileReport {
  if (!report.ok) return report;
  try {
    return { ...report, sources: sources(report) };
  } catch (error) {
    const message = `the files of this policy are not kept, so that explain --at will not know it: ${(error as Error).message}`;
    const told = { ...fault('sources-not-kept', message, sourcesFolder ?? ''), severity: 'warning' } as const;
    return { ...report, problems: [...report.problems, told], sources: undefined };
  }
}

/** What stands in a file that could not be read is not unknown; that file's own problem says enough. */
function isAboutUnread({ code, message }: Problem, unread: readonly string[]): boolean {
  return code.startsWith('unknown-') && unread.some((id) => message.split(/[\s;,]+/).includes(id));
}

async function fromLastGood(
  job: CompileJob,
  configFile: string,
  folder: string,
  into: Uint8Array,
): Promise<CompileReport> {
  const lastGood = await inputFrom(folder);
  if ('fault' in lastGood)
    return failed([fault('last-good-unusable', `no last good policy: ${lastGood.fault}`, folder)]);
  const { model } = lastGood;
  const present = loadSources(configFile, job.now);
  if (present.config !== undefined && !hasErrors(present.configProblems)) {
    const department = present.config.department;
    const report = build(job, { ...lastGood, model: { ...model, department } }, into);
    if (report.ok && !hasErrors(report.problems)) {
      const good = { ...report, watched: present.watched, config: present.config };
      return withSources(job, good, (made) => otherDepartment(job, made));
    }
  }
  return { ...build(job, lastGood, into), watched: present.watched };
}

async function fromKept(
  job: CompileJob,
  folder: string,
  present: readonly Exemption[],
  into: Uint8Array,
): Promise<CompileReport> {
  const kept = await inputFrom(folder);
  if ('fault' in kept) return failed([fault('kept-unusable', kept.fault, folder)]);
  const { department } = kept.model;
  const exemptions = standingIn(present, department.exemptions);
  const input = { ...kept, model: { ...kept.model, department: { ...department, exemptions } } };
  return withSources(job, build(job, input, into), (report) => otherDepartment(job, report));
}

async function inputFrom(folder: string): Promise<(Input & { sources: KeptSources | undefined }) | { fault: string }> {
  const found = await readLastGood(folder);
  if ('fault' in found) return found;
  const { model, readAt, sources } = found;
  const snapshot = openSnapshot(found.snapshot, sha256);
  if ('fault' in snapshot) return { fault: `its snapshot: ${snapshot.fault}` };
  return { model, rules: (sink) => rulesOf(snapshot, sink), readAt, sources };
}

/** Errors among the problems of a policy that was good before stop nothing: time goes on whatever a check thinks of it. */
function build(job: CompileJob, input: Input, into: Uint8Array): CompileReport {
  const { readAt, sources } = input;
  const model = { ...input.model, overrides: job.overrides };
  const roles = new Map<number, Set<Role>>();
  const rulesOfInput = (sink: RuleSink) => input.rules(noteRoles(sink, roles));
  const work = { model, rules: rulesOfInput, now: job.now, generation: job.generation, into };
  const result = compile(work, { sha256, seed: randomInt(2 ** 32) });
  if (result.kind === 'failed') return failed(result.problems);
  const { length, policyHash: hash, validUntil, counts } = result;
  const snapshot = openSnapshot(into.subarray(0, length), sha256);
  if ('fault' in snapshot) {
    return failed([
      fault('self-check', `the compiled snapshot does not verify: ${snapshot.fault}; report this`, 'memory'),
    ]);
  }
  const problems = [
    ...result.problems,
    ...runAppTests((name) => appsThatMatch(snapshot, name), model.lists),
    ...seriesWarning(snapshot, input.config),
    ...sinkholeWarning(snapshot, input.config),
  ];
  const rules = model.lists.apps.map((app, i) => ({
    app: app.id,
    rules: counts.rulesPerApp[i],
    roles: [...(roles.get(i) ?? [])],
  }));
  return { ok: true, length, hash, validUntil, readAt, rules, model, from: job.now, sources, problems, watched: [] };
}

function seriesWarning({ enforcement }: Snapshot, config: Config | undefined): Problem[] {
  const series = enforcement.length * SERIES_PER_PAIR;
  if (config === undefined || series <= config.metrics.maxSeries) return [];
  const message = `segments and apps make up to ${series} series of interdict_decisions_total, metrics.max_series allows ${config.metrics.maxSeries}: some apps will share app="other"; raise it or merge feeds`;
  return [{ ...fault('too-many-series', message, config.file), severity: 'warning' }];
}

/** What a segment asks for is checked with the configuration; a rule's own answer is known only here. */
function sinkholeWarning({ words }: Snapshot, config: Config | undefined): Problem[] {
  const { sinkholeIPv4, sinkholeIPv6 } = words.answers;
  if (config === undefined || sinkholeIPv4 !== undefined || sinkholeIPv6 !== undefined) return [];
  if (!words.attributes.some(({ answer }) => answer === 'sinkhole')) return [];
  const message = 'a rule has the answer sinkhole, which is no data without an address; add the key sinkhole';
  return [{ ...fault('rule-sinkhole', message, config.file), severity: 'warning' }];
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
