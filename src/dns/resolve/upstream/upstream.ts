// One upstream: where it is, how fast it has been, whether it is up, and its counts.

import { formatAddress } from '../../../base/addresses.ts';
import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import type { Target } from './source-ports.ts';
import { StreamPool } from './stream-pool.ts';

/** As config.Upstream; the same shape, so that dns/ need not import config/. */
export interface UpstreamConfig {
  /** The configured text: the label of its metrics. */
  readonly name: string;
  readonly transport: 'udp' | 'tls';
  readonly endpoint: { readonly address: Uint8Array; readonly port: number };
  readonly serverName?: string;
  readonly trusted: boolean;
  /** PEM of a further authority for tls. */
  readonly ca?: string;
}

/** abandoned: another upstream was faster. */
export type Outcome = 'answered' | 'servfail' | 'refused' | 'malformed' | 'timeout' | 'error' | 'abandoned';

/** Upper bounds in seconds of the duration histogram; the last bucket has none. */
export const DURATION_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5] as const;

/** Questions in a row that it left unanswered before it counts as down. */
const DOWN_AFTER = 3;
const FIRST_PROBE_MS = 1000;
const LAST_PROBE_MS = 60_000;
// RFC 6298 with a floor far above any jitter and a ceiling that leaves the client's own 5 s room for another upstream.
const FIRST_WAIT_MS = 800;
const MIN_WAIT_MS = 300;
const MAX_WAIT_MS = 2000;

export interface UpstreamStats {
  readonly name: string;
  readonly isUp: boolean;
  readonly requests: Readonly<Record<Outcome, number>>;
  /** Replies by duration: one count a bucket of DURATION_BOUNDS and one above. */
  readonly durations: { readonly buckets: readonly number[]; readonly sumSeconds: number; readonly count: number };
}

export class Upstream {
  readonly config: UpstreamConfig;
  readonly target: Target;
  readonly stream: StreamPool;
  readonly #clock: Clock;
  #smoothMs = 0;
  #varianceMs = 0;
  #silences = 0;
  #probeDelayMs = FIRST_PROBE_MS;
  #probeAtMs = 0;
  readonly #requests: Record<Outcome, number>;
  readonly #buckets = new Array<number>(DURATION_BOUNDS.length + 1).fill(0);
  #durationSum = 0;
  #durationCount = 0;

  constructor(config: UpstreamConfig, clock: Clock, random: Random) {
    this.config = config;
    this.#clock = clock;
    const { address, port } = config.endpoint;
    this.target = { address, host: formatAddress(address), port };
    const { serverName = this.target.host, ca } = config;
    const tls = config.transport === 'tls' ? { serverName, ...(ca === undefined ? {} : { ca }) } : undefined;
    this.stream = new StreamPool(this.target, tls, clock, random);
    this.#requests = { answered: 0, servfail: 0, refused: 0, malformed: 0, timeout: 0, error: 0, abandoned: 0 };
  }

  get isUp(): boolean {
    return this.#silences < DOWN_AFTER;
  }

  /** How long to wait before asking elsewhere as well. */
  get waitMs(): number {
    if (this.#smoothMs === 0) return FIRST_WAIT_MS;
    return Math.min(MAX_WAIT_MS, Math.max(MIN_WAIT_MS, this.#smoothMs + 4 * this.#varianceMs));
  }

  /** It is down and it is time to see whether it still is; true once a delay, which doubles. */
  takeProbe(): boolean {
    if (this.isUp || this.#clock.nowMs() < this.#probeAtMs) return false;
    this.#probeDelayMs = Math.min(LAST_PROBE_MS, this.#probeDelayMs * 2);
    this.#probeAtMs = this.#clock.nowMs() + this.#probeDelayMs;
    return true;
  }

  /** Something came back, whatever it says. */
  heard(durationMs: number): void {
    this.#silences = 0;
    this.#probeDelayMs = FIRST_PROBE_MS;
    this.#smooth(durationMs);
    const seconds = durationMs / 1000;
    const bucket = DURATION_BOUNDS.findIndex((bound) => seconds <= bound);
    this.#buckets[bucket < 0 ? DURATION_BOUNDS.length : bucket]++;
    this.#durationSum += seconds;
    this.#durationCount++;
  }

  /** A whole question ended without a word from it. */
  silent(): void {
    this.#silences++;
    if (this.#silences === DOWN_AFTER) this.#probeAtMs = this.#clock.nowMs() + this.#probeDelayMs;
  }

  count(outcome: Outcome): void {
    this.#requests[outcome]++;
  }

  stats(): UpstreamStats {
    return {
      name: this.config.name,
      isUp: this.isUp,
      requests: { ...this.#requests },
      durations: { buckets: [...this.#buckets], sumSeconds: this.#durationSum, count: this.#durationCount },
    };
  }

  #smooth(ms: number): void {
    if (this.#smoothMs === 0) {
      this.#smoothMs = ms;
      this.#varianceMs = ms / 2;
      return;
    }
    this.#varianceMs = 0.75 * this.#varianceMs + 0.25 * Math.abs(this.#smoothMs - ms);
    this.#smoothMs = 0.875 * this.#smoothMs + 0.125 * ms;
  }
}
