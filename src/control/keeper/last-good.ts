// The policy that was last active, on disk: snapshot.bin as served, model.json beside it. Written only after activation, read at a start
// whose files are broken. Each half carries the other's digest, so that no mixture passes.
//
// A crash at any moment leaves one whole pair: the new pair is complete and on disk under last-good.new before last-good is moved
// aside, and until the second rename last-good.old is found by the reader.

import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { type FileHandle, mkdir, open, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Instant } from '../../base/brand.ts';
import type { Model } from '../../policy/model.ts';
import { openVerifiedSnapshot, type Snapshot } from '../../policy/snapshot/snapshot.ts';
import type { KeptSources, Pin } from './active-policy.ts';
import type { RuleCount } from './rule-counts.ts';
import { areUnchanged, type Stamps } from './stamps.ts';

const FORMAT = 3;
/** Copied and written this many bytes at a time, so that the thread never stops for longer than a copy of them takes (0.2 ms). */
const CHUNK = 1 << 20;
/** A model is what people wrote, rules apart: far below this. */
const MAX_MODEL_BYTES = 64 << 20;

/** What is known of the policy beside its snapshot. */
export interface LastGood {
  readonly hash: string;
  /** When its files were read. */
  readonly readAt: Instant;
  readonly rules: readonly RuleCount[];
  readonly model: Model;
  /** The moment it was compiled for: it holds from then on, until the snapshot's validUntil. */
  readonly from: Instant;
  /** The files it was made of; absent when they had just been written, or are not what is served. */
  readonly stamps?: Stamps | undefined;
  readonly sources?: KeptSources | undefined;
  /** A start is to serve this one, whatever the files say. */
  readonly pinned?: Pin | undefined;
}

interface ModelFile extends LastGood {
  readonly format: number;
  readonly snapshotSha256: string;
}

/** Replaces what stands in `folder`. `snapshot` must stay as it is until the promise settles. */
export async function writeLastGood(folder: string, snapshot: Uint8Array, policy: LastGood): Promise<void> {
  const fresh = `${folder}.new`;
  const aside = `${folder}.old`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true, mode: 0o750 });
  const snapshotSha256 = await writeChunks(join(fresh, 'snapshot.bin'), snapshot);
  const body = JSON.stringify({ format: FORMAT, snapshotSha256, ...policy } satisfies ModelFile);
  await writeChunks(join(fresh, 'model.json'), Buffer.from(`${sha256(body)}\n${body}\n`));
  await syncFolder(fresh);
  await rm(aside, { recursive: true, force: true });
  await rename(folder, aside).catch(ignoreMissing);
  await rename(fresh, folder);
  await syncFolder(join(folder, '..'));
  await rm(aside, { recursive: true, force: true });
}

/** The pair that verifies, or why there is none. */
export async function readLastGood(folder: string): Promise<(LastGood & { snapshot: Uint8Array }) | { fault: string }> {
  const faults: string[] = [];
  for (const candidate of [folder, `${folder}.old`]) {
    const found = await readPair(candidate).catch((error: Error) => ({ fault: error.message }));
    if (!('fault' in found)) return found;
    faults.push(found.fault);
  }
  return { fault: faults[0] };
}

/** Model and counts alone, their own digest verified: for the guard, for pins, and for `explain`. */
export async function readLastGoodModel(folder: string): Promise<ModelFile | { fault: string }> {
  const file = await readModel(folder).catch((error: Error) => ({ fault: error.message }));
  if (!('fault' in file)) return file;
  const aside = await readModel(`${folder}.old`).catch(() => file);
  return 'fault' in aside ? file : aside;
}

async function readModel(folder: string): Promise<ModelFile | { fault: string }> {
  const path = join(folder, 'model.json');
  const bytes = await readFile(path);
  if (bytes.length > MAX_MODEL_BYTES) return { fault: `${path} is larger than ${MAX_MODEL_BYTES} bytes` };
  const text = bytes.toString('utf8');
  const body = text.slice(65, -1);
  if (text.slice(0, 64) !== sha256(body)) return { fault: `${path} does not match its digest` };
  const file = JSON.parse(body) as ModelFile; // Written by writeLastGood: the digest says so.
  if (file.format === FORMAT) return { ...file, model: { ...file.model, overrides: file.model.overrides ?? [] } };
  return { fault: `${path} has format ${file.format}, this version reads ${FORMAT}` };
}

/** A policy whose files are as they were. */
export interface Unchanged extends LastGood {
  readonly snapshot: Snapshot;
}

/**
 * The last good policy, read into `into`, when it is what a compile of the files would give at this moment: every file is as it was, and
 * nothing has begun or ended since. Otherwise why not. Runs at a start, before anybody is answered: it reads and hashes without a pause.
 */
export async function openUnchanged(
  folder: string,
  configFile: string,
  now: Instant,
  into: Uint8Array,
): Promise<Unchanged | { fault: string }> {
  const file = await readModel(folder).catch((error: Error) => ({ fault: error.message }));
  if ('fault' in file) return file;
  const { stamps } = file;
  if (stamps === undefined || !(resolve(configFile) in stamps)) return { fault: 'made of other files' };
  if (!areUnchanged(stamps)) return { fault: 'the files have changed' };
  const read = readInto(join(folder, 'snapshot.bin'), into);
  if (read === undefined) return { fault: 'the snapshot is larger than policy_max_bytes' };
  // It was verified when it was made, and these are its bytes.
  if (read.sha256 !== file.snapshotSha256) return { fault: `${folder}/snapshot.bin is not the one model.json names` };
  const snapshot = openVerifiedSnapshot(into.subarray(0, read.length));
  if ('fault' in snapshot) return snapshot;
  if (now < file.from || now >= snapshot.validUntil) return { fault: 'something has begun or ended since' };
  return { ...file, snapshot };
}

/** By way of one chunk: memory that is touched for the first time costs more than reading does. Undefined when `into` is too small. */
function readInto(path: string, into: Uint8Array): { length: number; sha256: string } | undefined {
  const digest = createHash('sha256');
  const chunk = new Uint8Array(CHUNK);
  const file = openSync(path, 'r');
  try {
    for (let length = 0; ; ) {
      const count = readSync(file, chunk);
      if (count === 0) return { length, sha256: digest.digest('hex') };
      if (length + count > into.length) return undefined;
      const bytes = chunk.subarray(0, count);
      digest.update(bytes);
      into.set(bytes, length);
      length += count;
    }
  } finally {
    closeSync(file);
  }
}

async function readPair(folder: string): Promise<(LastGood & { snapshot: Uint8Array }) | { fault: string }> {
  const file = await readModel(folder);
  if ('fault' in file) return file;
  const snapshot = await readFile(join(folder, 'snapshot.bin'));
  if (sha256(snapshot) !== file.snapshotSha256)
    return { fault: `${folder}/snapshot.bin is not the one model.json names` };
  const { format: _, snapshotSha256: __, ...policy } = file;
  // A plain Uint8Array: Buffer has a slice() of its own that copies nothing.
  return { ...policy, snapshot: new Uint8Array(snapshot.buffer, snapshot.byteOffset, snapshot.length) };
}

async function writeChunks(path: string, bytes: Uint8Array): Promise<string> {
  const digest = createHash('sha256');
  const room = new Uint8Array(Math.min(CHUNK, bytes.length));
  const file = await open(path, 'w', 0o640);
  try {
    for (let at = 0; at < bytes.length; at += CHUNK) {
      const part = bytes.subarray(at, at + CHUNK);
      const copy = room.subarray(0, part.length); // Neither fs nor hash takes shared memory.
      copy.set(part);
      digest.update(copy);
      await writeAll(file, copy);
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return digest.digest('hex');
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) at += (await file.write(bytes, at)).bytesWritten;
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
}

function ignoreMissing(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

function sha256(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
