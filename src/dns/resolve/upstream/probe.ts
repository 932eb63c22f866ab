// Asks an upstream that is down, only to see whether it answers: the exchange that gave the question neither waits for it nor ends it.

import type { ExchangeParts } from './exchange.ts';
import { outcomeOf, scrubbedOrBad } from './replies.ts';
import type { Ask } from './source-ports.ts';
import type { Upstream } from './upstream.ts';
import { buildQuery, type UpstreamQuestion } from './upstream-query.ts';

export function probe(parts: ExchangeParts, question: UpstreamQuestion, upstream: Upstream): void {
  const { clock, ports, deadlineMs } = parts;
  const sentMs = clock.nowMs();
  const ask: Ask = {
    target: upstream.target,
    query: buildQuery(question),
    reply(bytes) {
      cancel();
      upstream.heard(clock.nowMs() - sentMs);
      upstream.count(outcomeOf(scrubbedOrBad(question, bytes)));
    },
    failed() {
      cancel();
      upstream.count('error');
    },
    wrong() {},
  };
  const usesStream = upstream.config.transport === 'tls';
  const forget = usesStream ? upstream.stream.send(ask) : () => ports.forget(ask);
  if (!usesStream) ports.send(ask);
  const cancel = clock.after(deadlineMs, () => {
    forget();
    upstream.count('timeout');
  });
}
