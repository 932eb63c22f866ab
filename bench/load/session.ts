// One call of bench:load: folders, workloads, upstream and servers, all of which end with it.

import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Client, waitForAnswer } from './client.ts';
import { runLoad } from './dnsperf.ts';
import { readMetric } from './metrics.ts';
import type { Options } from './options.ts';
import { interdict, interdictOf } from './ourselves.ts';
import { PEER_TARGETS } from './peers.ts';
import { type Cores, chooseCores, type Program, pathOf } from './processes.ts';
import { ECHO, isRefusal, lastListed, type Running, type Site, type Started, type Target } from './target.ts';
import { startUpstream, type Upstream } from './upstream.ts';
import { makeWorkload, type Workload } from './workload.ts';

/** Unbound takes 20 s for a million names. */
const READY_MS = 180_000;
const WARM_UP_SECONDS = 2;

export class Session {
  readonly options: Options;
  readonly cores: Cores;
  readonly notes: string[] = [];
  readonly #folder = mkdtempSync(join(tmpdir(), 'interdict-load-'));
  readonly #workloads = new Map<number, Workload>();
  readonly #upstreams = new Map<Workload, Upstream>();
  readonly #running = new Set<Running>();
  readonly #isWarm = new Set<Program>();
  #sites = 0;

  constructor(options: Options) {
    this.options = options;
    this.cores = chooseCores(options.isPinned);
  }

  progress(text: string): void {
    process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);
  }

  workload(listed: number): Workload {
    let workload = this.#workloads.get(listed);
    if (workload === undefined) {
      this.progress(`writing lists of ${listed.toLocaleString('en')} names`);
      workload = makeWorkload(this.folder(`workload-${listed}`), listed);
      this.#workloads.set(listed, workload);
    }
    return workload;
  }

  folder(name: string): string {
    const folder = join(this.#folder, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  async upstream(workload: Workload): Promise<Upstream> {
    let upstream = this.#upstreams.get(workload);
    if (upstream === undefined) {
      upstream = await startUpstream(workload, this.cores.load);
      this.#upstreams.set(workload, upstream);
    }
    return upstream;
  }

  /** Ourselves, and those of `wanted` (all by default) that were asked for and are there; the missing ones are noted. */
  targets(wanted?: readonly string[]): Target[] {
    const chosen = PEER_TARGETS.filter(({ name }) => this.options.peers?.includes(name) ?? true);
    const { against } = this.options;
    const ours = [interdict, ...(against === undefined ? [] : [interdictOf('against', resolve(against))])];
    return [...ours, ...chosen].filter((target) => {
      if (!ours.includes(target) && wanted !== undefined && !wanted.includes(target.name)) return false;
      const isThere = target.program === undefined || pathOf(target.program) !== undefined;
      if (!isThere) this.note(`${target.name} is left out: ${target.program} is not installed`);
      return isThere;
    });
  }

  note(text: string): void {
    if (this.notes.includes(text)) return;
    this.notes.push(text);
    this.progress(text);
  }

  /** Starts those of `wanted` that are there, each with a site of its own. */
  async startAll(workload: Workload, wanted?: readonly string[]): Promise<Running[]> {
    const started: Running[] = [];
    for (const target of this.targets(wanted)) {
      const running = await this.start(target, await this.site(workload));
      if (running !== undefined) started.push(running);
    }
    return started;
  }

  /** A B A B: each once a round, from 1 on. Whoever fails is noted and left out; gives those that did not. */
  async rounds<T extends { readonly running: Running }>(
    measured: readonly T[],
    work: (one: T, round: number) => Promise<string>,
  ): Promise<T[]> {
    const { runs } = this.options;
    const failed = new Set<T>();
    for (let round = 1; round <= runs; round++) {
      for (const one of measured.filter((each) => !failed.has(each))) {
        try {
          this.progress(`${one.running.name}: ${await work(one, round)} (round ${round} of ${runs})`);
        } catch (error) {
          failed.add(one);
          this.#leaveOut(one.running.name, error);
        }
      }
    }
    return measured.filter((one) => !failed.has(one));
  }

  #leaveOut(name: string, error: unknown): void {
    this.note(`${name} is left out: ${error instanceof Error ? error.message : String(error)}`);
  }

  async site(workload: Workload, changes: Partial<Site> = {}): Promise<Site> {
    const { io, listen } = this.options;
    const folder = this.folder(`site-${this.#sites++}`);
    const upstreamPort = (await this.upstream(workload)).port;
    return { folder, workload, upstreamPort, core: this.cores.server, workers: 1, io, listen, ...changes };
  }

  /** Starts a server and waits for its first refusal; undefined, with a note, when it does not come up. */
  async start(target: Target, site: Site): Promise<Running | undefined> {
    try {
      return await this.mustStart(target, site);
    } catch (error) {
      this.#leaveOut(target.name, error);
      return undefined;
    }
  }

  /** Without it there is nothing to measure. */
  async mustStart(target: Target, site: Site): Promise<Running> {
    this.progress(`${target.name}: starting`);
    const running = await this.running(target.name, await target.start(site), site.workload);
    return Object.assign(running, { does: target.does });
  }

  async running(name: string, started: Started, workload: Workload): Promise<Running> {
    const { program, port, since } = started;
    const isReady = name === ECHO ? () => true : isRefusal;
    const limits = { since, limitMs: READY_MS, isRunning: () => program.isRunning() };
    const readyMs = await waitForAnswer(port, lastListed(workload), isReady, limits);
    const running = { ...started, name, readyMs: readyMs ?? Number.NaN };
    this.#running.add(running);
    if (readyMs !== undefined) {
      await this.#noteSockets(running);
      return running;
    }
    await this.stop(running);
    throw new Error(`it refuses no listed name; it says: ${readFileSync(program.log, 'latin1').slice(-600).trim()}`);
  }

  /** A figure of portable sockets must not be taken for one of batched ones. */
  async #noteSockets({ name, adminPort }: Running): Promise<void> {
    if (adminPort === undefined || (await readMetric(adminPort, 'interdict_workers')) > 0) return;
    this.note(`${name} answers by portable sockets (io: portable, or batches do not work here)`);
  }

  async stop(running: Running): Promise<void> {
    this.#running.delete(running);
    await running.program.stop();
  }

  /** Brings every cached question into the cache, notes answers that are not the upstream's; before the first run loads it for a moment. */
  async warm(running: Running, workload: Workload): Promise<void> {
    if (running.name === ECHO) return;
    await this.#fillCache(running, workload);
    await this.warmUp(running, workload.files.mixed);
  }

  /** Once a server: what it compiles, maps or grows when load first comes is no part of any figure. */
  async warmUp({ port, program }: Running, file: string): Promise<void> {
    if (this.#isWarm.has(program)) return;
    this.#isWarm.add(program);
    const seconds = Math.min(WARM_UP_SECONDS, this.options.seconds);
    await runLoad({ port, file, seconds, core: this.cores.load, isOnce: true }, program.pid);
  }

  async #fillCache(running: Running, workload: Workload): Promise<void> {
    const client = await Client.open(running.port);
    const answers = await client.askAll(workload.cached);
    client.close();
    const expected = new Map(workload.zone.map((row) => [`${row.name} ${row.type}`, row]));
    const wrong = workload.cached.filter((question, i) => {
      const row = expected.get(`${question.name} ${question.type}`);
      return answers[i] === undefined || answers[i].rcode !== row?.rcode || answers[i].answers !== row.answers;
    });
    if (wrong.length > 0)
      this.note(
        `${running.name} answers ${wrong.length} of ${answers.length} cached questions otherwise than the upstream`,
      );
  }

  async close(): Promise<void> {
    for (const running of [...this.#running]) await this.stop(running);
    for (const upstream of this.#upstreams.values()) await upstream.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
