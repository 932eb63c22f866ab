// A failing probe makes the instance degraded: it answers, but not as its policy says.

interface Readiness {
  readonly state: 'ready' | 'degraded' | 'not ready';
  readonly reasons: readonly string[];
}

export function withFailures({ state, reasons }: Readiness, failing: readonly string[]): Readiness {
  return { state: state === 'ready' && failing.length > 0 ? 'degraded' : state, reasons: [...reasons, ...failing] };
}
