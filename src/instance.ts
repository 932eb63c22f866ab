// A running instance: every part, built and tied in this order. Read it first; there is no logic in here.
//
//   queries ─▶ listeners ─▶ door ─▶ answerQuery ─ miss ─▶ resolver ─▶ upstreams
//                                       ▲ snapshot
//   files ─▶ watch ─▶ keeper ─▶ compiler process ─▶ arena
//   counters ─▶ metrics ─▶ admin        events ─▶ event log

import { randomBytes } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { Instant } from './base/brand.ts';
import type { Problem } from './base/problems.ts';
import type { ConfigChoice } from './config/config.ts';
import { loadSources } from './config/load.ts';
import { readConfig } from './config/read-config.ts';
import { systemClock } from './control/clock.ts';
import { serveControl } from './control/control-socket.ts';
import { recordIdentify } from './control/identify.ts';
import { Journal } from './control/journal/journal.ts';
import { removeYears } from './control/journal/remove-years.ts';
import { seldom, sweepSources } from './control/journal/sweep-sources.ts';
import { Arena } from './control/keeper/arena.ts';
import { keepPolicy, listKept } from './control/keeper/kept-policies.ts';
import { openUnchanged, readLastGoodModel, writeLastGood } from './control/keeper/last-good.ts';
import { PolicyKeeper } from './control/keeper/policy-keeper.ts';
import { OverrideDesk } from './control/overrides/override-desk.ts';
import { OverrideStore } from './control/overrides/override-store.ts';
import { answers } from './control/probe/ask-listener.ts';
import { withFailures } from './control/probe/readiness.ts';
import { SelfProbe } from './control/probe/self-probe.ts';
import type { Handlers } from './control/requests.ts';
import { restartWarnings } from './control/restart-keys.ts';
import { openStateFolder } from './control/state-folder.ts';
import { watchSources } from './control/watch.ts';
import { dnsReaders } from './dns-metrics.ts';
import { createDnsService } from './dns-service.ts';
import { startAdminServer } from './observe/admin-server.ts';
import { EventLog } from './observe/event-log.ts';
import { drainOften } from './observe/event-timer.ts';
import { FaultLog } from './observe/fault-log.ts';
import { createLogger } from './observe/logger.ts';
import { createMetrics } from './observe/metrics.ts';
import { dayOf, Pseudonyms } from './observe/pseudonym.ts';
import { Retention } from './observe/retention.ts';
import { peerUidReader } from './peer-uid.ts';
import { checkOverride } from './policy/check/check-override.ts';
import { ruleBookOf } from './policy/explain/rule-book.ts';
import { openVerifiedSnapshot } from './policy/snapshot/snapshot.ts';
import { overrideReaders, policyReaders, probeReaders } from './policy-metrics.ts';
import { runCompiler } from './threads/compile.ts';

/** The largest lists compile in 3 s; a compiler that takes this long hangs. */
const COMPILE_LIMIT_MS = 120_000;

export interface Instance {
  /** Where it answers DNS, and where /metrics is. */
  readonly bound: readonly { readonly host: string; readonly port: number }[];
  readonly adminPort: number;
  readonly keeper: PolicyKeeper;
  /** Answers in flight are finished first, for 2 s at most. */
  close(): Promise<void>;
}

export interface InstanceOptions {
  readonly choice: ConfigChoice;
  /** Do not start from the last good policy. */
  readonly strict: boolean;
  readonly version: string;
}

/** Problems: all that keep it from starting; nothing is left open then. */
export async function startInstance(options: InstanceOptions): Promise<Instance | readonly Problem[]> {
  const closing: (() => unknown)[] = [];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  const started = await build(options, closing);
  if ('problems' in started) await close();
  return 'problems' in started ? started.problems : { ...started, close };
}

type Started = Omit<Instance, 'close'> | { readonly problems: readonly Problem[] };

async function build({ choice, strict, version }: InstanceOptions, closing: (() => unknown)[]): Promise<Started> {
  const startedAt = Date.now() as Instant;
  const read = readConfig(choice.file, { now: startedAt });
  if (read.config === undefined || hasErrorIn(choice.file, read.problems))
    return { problems: loadSources(choice.file, startedAt).problems };
  const config = { ...read.config, ...(choice.state !== undefined && { state: choice.state }) };
  const log = createLogger(config.log.level);

  const folder = openStateFolder(config.state);
  if ('problem' in folder) return { problems: [folder.problem] };
  const { state } = folder;
  closing.push(folder.release);
  const journal = new Journal({
    folder: state.journal,
    clock: systemClock,
    monotonicMs: () => performance.now(),
    log: (level, message) => log[level](message),
  });
  journal.note({ kind: 'start', version });
  closing.push(
    () => journal.close(),
    () => journal.note({ kind: 'stop' }),
  );
  const overrides = OverrideStore.open(state.overrides, startedAt, (message) => log.error(message));
  if ('problem' in overrides) return { problems: [overrides.problem] };

  const pseudonyms = new Pseudonyms(state.keys, randomBytes);
  const onError = (message: string) => log.error(message);
  const eventLog = new EventLog({
    folder: state.events,
    maxPerSecond: config.events.maxPerSecond,
    pseudonyms,
    nowMs: () => performance.now(),
    today: () => dayOf(Date.now()),
    onError,
  });
  const faults = new FaultLog({
    file: state.faults,
    nowMs: Date.now,
    log: (err, message) => log.error({ err }, message),
  });
  const retention = new Retention({
    ...state,
    kept: config.privacy.kept,
    nowMs: Date.now,
    monotonicMs: () => performance.now(),
    onKeyDestroyed: (day) => pseudonyms.forget(day),
    removeYears: (isDue) => removeYears(state.journal, isDue, (entry) => journal.write(entry)),
    sweepSources: seldom((now) => sweepSources(state.journal, state.sources, config.history, now)),
    log: (level, message) => log[level](message),
  }).start();
  closing.push(() => retention.close());
  const arena = Arena.create(config.policyMaxBytes);
  const where = { file: choice.file, line: 1, column: 1 };
  const dns = createDnsService({
    config,
    arena,
    where,
    onFault: (fault) => faults.report(fault),
    log: (level, message) => log[level](message),
  });
  if ('problem' in dns) return { problems: [dns.problem] };
  if (config.events.file) dns.events.subscribe(eventLog.start());
  closing.push(
    () => eventLog.close(),
    () => dns.events.drainAll(),
    drainOften(() => dns.events.drain()),
    () => dns.close(),
  );

  const watch = watchSources(
    systemClock,
    () => void keeper.reload(),
    (message) => log.warn(message),
  );
  const keeper = new PolicyKeeper({
    configFile: choice.file,
    lastGoodFolder: state.lastGood,
    keptFolder: state.kept,
    sourcesFolder: state.sources,
    maxShrink: config.reload.maxShrink,
    clock: systemClock,
    arena,
    overrides: () => overrides.active(systemClock.now()),
    compile: (job) => runCompiler(job, arena, COMPILE_LIMIT_MS),
    open: openVerifiedSnapshot,
    openUnchanged,
    readLastGood: readLastGoodModel,
    writeLastGood,
    keep: keepPolicy,
    listKept,
    beforeActive: (snapshot) => dns.prepare(snapshot),
    onActive: () => {
      dns.follow();
      void probe.ask();
    },
    onRead: (report) => {
      if (report.watched.length > 0) watch.set(report.watched);
      return report.ok ? restartWarnings(config, report.config) : [];
    },
    journal: (entry) => journal.note(entry),
    log: (level, message) => log[level](message),
  });
  const probe = new SelfProbe({
    clock: systemClock,
    active: () => keeper.status().active,
    overrides: () => overrides.all(),
    ask: (name, client, now) => dns.ask(name, client, now),
    listeners: () => dns.listeners(),
    answers: (listener) => answers(listener, dns.probe()),
    log: (level, message) => log[level](message),
  });
  closing.push(
    () => watch.close(),
    () => keeper.close(),
    () => probe.close(),
  );

  const overrideDesk = new OverrideDesk({
    store: overrides,
    clock: systemClock,
    model: () => keeper.status().active?.model,
    check: (override, model, now) => {
      const served = keeper.status().active?.snapshot;
      return served === undefined ? [] : checkOverride(override, model, now, ruleBookOf(served));
    },
    recompile: () => keeper.recompile(),
    record: (event) => journal.note({ kind: 'override', ...event }),
    log: (level, message) => log[level](message),
  });
  closing.push(() => overrideDesk.close());

  const metrics = createMetrics({
    interdict_build_info: () => [
      { labels: [version, process.env.INTERDICT_REVISION ?? '', process.version], value: 1 },
    ],
    interdict_events_dropped_total: () => [
      { labels: ['ring'], value: dns.events.lost },
      { labels: ['file'], value: eventLog.dropped },
    ],
    ...policyReaders(() => keeper.status(), Date.now),
    ...overrideReaders(() => overrides.active(systemClock.now())),
    ...probeReaders(() => probe.status()),
    ...dnsReaders({
      counters: () => dns.book.read(),
      workers: () => dns.workers(),
      resolver: () => dns.resolver(),
      active: () => keeper.status().active,
      maxSeries: config.metrics.maxSeries,
    }),
  });

  // Both are tried, so that all problems are told at once.
  const policyProblems = await keeper.start(strict);
  const opened = await dns.open();
  const admin = await startAdminServer({
    listen: config.admin.listen,
    where,
    metrics: { ...metrics, render: () => dns.refreshStats().then(metrics.render) },
    readiness: () => withFailures(keeper.status(), probe.status().failing),
  });
  if ('close' in admin) closing.push(() => admin.close());
  const problems = [
    ...(policyProblems ?? []),
    ...('problems' in opened ? opened.problems : []),
    ...('close' in admin ? [] : [admin.problem]),
  ];
  if ('problems' in opened || !('close' in admin) || policyProblems !== undefined) return { problems };
  void probe.ask(); // From now on of the listeners too.

  const handlers: Handlers = {
    status: async () => {
      const { active } = keeper.status();
      const { state: readiness, reasons } = withFailures(keeper.status(), probe.status().failing);
      return { state: readiness, reasons, hash: active?.hash, generation: active?.generation, version };
    },
    reload: ({ acceptShrink }) => keeper.reload(acceptShrink),
    rollback: ({ hash }, { uid }) => keeper.rollback(hash, uid),
    'rollback-end': ({ acceptShrink }, { uid }) => keeper.unpin(acceptShrink, uid),
    'override-add': (request, caller) => overrideDesk.add(request, caller),
    'override-confirm': (request, caller) => overrideDesk.confirm(request, caller),
    'override-end': (request, caller) => overrideDesk.end(request, caller),
    'override-list': async () => ({ overrides: overrides.all() }),
    identify: (request, { uid }) => recordIdentify(request, uid, (entry) => journal.write(entry)),
  };
  const control = await serveControl(state.controlSocket, handlers, peerUidReader());
  closing.push(() => control.close());
  return { bound: opened, adminPort: admin.port, keeper };
}

/** An exemption's error leaves the last good policy to start from; an error of the configuration itself leaves nothing to run on. */
function hasErrorIn(file: string, problems: readonly Problem[]): boolean {
  return problems.some(
    ({ severity, where }) => severity === 'error' && resolve(dirname(file), where.file) === resolve(file),
  );
}
