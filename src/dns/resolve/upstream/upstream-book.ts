// All upstreams that are configured, or that the machine has, and which names are asked of which.

import type { Clock } from '../clock.ts';
import type { Random } from '../random.ts';
import { Views } from '../views.ts';
import { type Listener, watchSystemUpstreams } from './system-upstreams.ts';
import { Upstream, type UpstreamConfig, type UpstreamStats } from './upstream.ts';

export interface UpstreamOptions {
  readonly upstreams: 'system' | readonly UpstreamConfig[];
  readonly forward: readonly { readonly zone: string; readonly to: readonly UpstreamConfig[] }[];
  /** Where we listen ourselves, so that `system` never means us. */
  readonly listen: readonly Listener[];
  readonly warn: (message: string) => void;
  readonly resolvConf?: string;
}

export class UpstreamBook {
  readonly views: Views;
  readonly stopWatching: () => void;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #byName = new Map<string, Upstream>();
  #system: readonly Upstream[] = [];

  constructor(options: UpstreamOptions, clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
    const { upstreams } = options;
    const forward = options.forward.map(({ zone, to }) => ({ zone, to: this.#adopt(to) }));
    if (upstreams === 'system') {
      this.stopWatching = this.#watchSystem(options);
      this.views = new Views(() => this.#system, forward);
    } else {
      const fixed = this.#adopt(upstreams);
      this.stopWatching = () => {};
      this.views = new Views(() => fixed, forward);
    }
  }

  stats(): UpstreamStats[] {
    return [...this.#byName.values()].map((upstream) => upstream.stats());
  }

  /** Ends their streams. */
  close(): void {
    for (const upstream of this.#byName.values()) upstream.stream.close();
  }

  #watchSystem({ resolvConf = '/etc/resolv.conf', listen, warn }: UpstreamOptions): () => void {
    return watchSystemUpstreams(resolvConf, listen, this.#clock, warn, (configs) => {
      this.#system = this.#adopt(configs);
    });
  }

  /** One Upstream a name, so that views share what is known of it; those gone from resolv.conf keep their counters. */
  #adopt(configs: readonly UpstreamConfig[]): Upstream[] {
    return configs.map((config) => {
      const upstream = this.#byName.get(config.name) ?? new Upstream(config, this.#clock, this.#random);
      this.#byName.set(config.name, upstream);
      return upstream;
    });
  }
}
