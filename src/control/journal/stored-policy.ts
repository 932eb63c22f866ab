// A policy of before, made again of the text that was kept of its files: the same compile, for the same moment, with the same overrides.

import { randomInt } from 'node:crypto';
import { loadSources } from '../../config/load.ts';
import type { Disk } from '../../lists/disk.ts';
import { compile } from '../../policy/compile/compile.ts';
import type { DepartmentModel, Model } from '../../policy/model.ts';
import { openSnapshot, type Snapshot } from '../../policy/snapshot/snapshot.ts';
import { sha256 } from '../keeper/compile-job.ts';
import type { ActivatedEntry } from './journal-entry.ts';
import { readManifest, readSource, storedDisk } from './sources.ts';

/** Room for any policy. Untouched pages cost nothing. */
const DEFAULT_ROOM_BYTES = 512 << 20;

export interface StoredPolicy {
  readonly snapshot: Snapshot;
  readonly model: Model;
  readonly configFile: string;
  /** The files as they were. */
  readonly disk: Disk;
}

/** Or why it cannot be made again. */
export function makeAgain(sourcesFolder: string, policy: ActivatedEntry): StoredPolicy | { readonly fault: string } {
  if (policy.sources === undefined) return { fault: 'its files were not kept' };
  const manifest = readManifest(sourcesFolder, policy.sources);
  if (manifest === undefined) return { fault: 'its files are not kept any more' };
  const { configFile } = manifest;
  const disk = storedDisk(sourcesFolder, manifest);
  const { config, model: ofFiles, rules, problems } = loadSources(configFile, policy.readAt, disk);
  const department = departmentOf(sourcesFolder, policy) ?? ofFiles?.department;
  if (ofFiles === undefined || department === undefined)
    return { fault: `its files cannot be read by this version: ${problems[0]?.message}` };
  const model = { ...ofFiles, department, overrides: policy.overrides };
  const into = new Uint8Array(new SharedArrayBuffer(config?.policyMaxBytes ?? DEFAULT_ROOM_BYTES));
  const work = { model, rules, now: policy.from, generation: policy.generation, into };
  const result = compile(work, { sha256, seed: randomInt(2 ** 32) });
  if (result.kind === 'failed') return { fault: `it cannot be compiled: ${result.problems[0]?.message}` };
  const snapshot = openSnapshot(into.subarray(0, result.length), sha256);
  if ('fault' in snapshot) return { fault: `it does not open: ${snapshot.fault}` };
  return { snapshot, model, configFile, disk };
}

function departmentOf(sourcesFolder: string, { department }: ActivatedEntry): DepartmentModel | undefined {
  const bytes = department === undefined ? undefined : readSource(sourcesFolder, department);
  return bytes && (JSON.parse(Buffer.from(bytes).toString('utf8')) as DepartmentModel); // Its hash says that we wrote it.
}
