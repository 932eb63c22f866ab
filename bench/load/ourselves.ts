// Interdict as people run it, for the load.

import { execFileSync } from 'node:child_process';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { askControl } from '../../src/control/control-socket.ts';
import { bulkList, writeBulk, writeDepartment } from './department.ts';
import { startProgram } from './processes.ts';
import type { Site, Started, Target } from './target.ts';

const ROOT = join(import.meta.dirname, '../..');
/** As npm installs it. */
const MAIN = join(ROOT, 'dist/main.js');
const START_MS = 120_000;
const RELOAD_MS = 120_000;

export const OURSELVES = 'interdict';

export const interdict: Target = interdictOf(OURSELVES, MAIN);

/** What is measured is the package of the sources as they are. */
export function buildPackage(): void {
  execFileSync(process.execPath, [join(ROOT, 'scripts/build.ts')]);
}

/** Another checkout's main.ts or dist/main.js can be measured beside this one. */
export function interdictOf(name: string, main: string): Target {
  return {
    name,
    program: undefined,
    does: 'everything: 3 segments, 20 apps, exemption, address rules, EDE with decision id, counters, events',
    start: (site) => {
      const { folder, workload, upstreamPort, workers, io, listen } = site;
      writeDepartment(folder, workload, { upstreamPort, workers, io, listen });
      return startInterdict(site, main);
    },
  };
}

/** Starts it on a folder that is written already. */
async function startInterdict(site: Site, main: string): Promise<Started> {
  const { folder } = site;
  const log = logOf(folder);
  const { program, since } = spawnServe(site, main);
  while (performance.now() - since < START_MS && program.isRunning()) {
    const output = readFileSync(log, 'utf8');
    const dns = /DNS on \S*:(\d+)/.exec(output);
    const admin = /metrics on port (\d+)/.exec(output);
    if (dns !== null && admin !== null) {
      const ports = { port: Number(dns[1]), adminPort: Number(admin[1]) };
      return { program, ...ports, since, prepareReload: (seed) => prepareReload(site, seed) };
    }
    await new Promise((done) => setTimeout(done, 5));
  }
  await program.stop();
  throw new Error(`interdict does not start:\n${readFileSync(log, 'utf8').slice(-2000)}`);
}

/** The same on a port that its folder names: nothing it prints is waited for, so that the first answer can be heard. */
export function startAgain(site: Site, port: number): Started {
  return { ...spawnServe(site, MAIN), port };
}

function spawnServe({ folder, core }: Site, main: string): Pick<Started, 'program' | 'since'> {
  const since = performance.now();
  const command = [process.execPath, main, 'serve', '--config', join(folder, 'config/interdict.yaml')];
  return { program: startProgram(core, command, folder, logOf(folder)), since };
}

const logOf = (folder: string) => join(folder, 'log');

function prepareReload({ folder, workload }: Site, seed: number): () => Promise<void> {
  const list = bulkList(folder);
  writeBulk(`${list}.new`, workload.listed, seed);
  return async () => {
    renameSync(`${list}.new`, list);
    await askReload(folder);
  };
}

async function askReload(folder: string): Promise<void> {
  const reply = await askControl(join(folder, 'state/control.sock'), { verb: 'reload' }, RELOAD_MS);
  const { outcome } = reply as { outcome: string };
  if (!['applied', 'unchanged'].includes(outcome)) throw new Error(JSON.stringify(reply));
}
