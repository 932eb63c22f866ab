// What a round of questions found, by the labels of its series, and what is worth a line in the log: one that begins to fail, and one that
// is well again.

/** Faults told of one series; of the rest their number. */
const MAX_TOLD = 3;

type Log = (level: 'info' | 'error', message: string) => void;

export interface Finding<Labels extends readonly string[]> {
  readonly labels: Labels;
  /** None: it is well. */
  readonly faults: readonly string[];
}

export class Tidings<Labels extends readonly string[]> {
  readonly #log: Log;
  #last: ReadonlyMap<string, Finding<Labels>> = new Map();

  constructor(log: Log) {
    this.#log = log;
  }

  /** The findings of a whole round, one for each question. */
  tell(findings: Iterable<{ readonly labels: Labels; readonly fault: string | undefined }>): void {
    const now = new Map<string, Finding<Labels> & { readonly faults: string[] }>();
    for (const { labels, fault } of findings) {
      const key = labels.join(' ');
      const found = now.get(key) ?? { labels, faults: [] };
      if (fault !== undefined) found.faults.push(fault);
      now.set(key, found);
    }
    const before = this.#last;
    this.#last = now;
    for (const [key, { faults }] of now) {
      const failedBefore = (before.get(key)?.faults.length ?? 0) > 0;
      if (faults.length > 0 && !failedBefore) this.#log('error', told(key, faults));
      if (faults.length === 0 && failedBefore) this.#log('info', `probe ${key} is well again`);
    }
  }

  all(): readonly Finding<Labels>[] {
    return [...this.#last.values()];
  }

  /** In words. */
  failing(): string[] {
    return [...this.#last].flatMap(([key, { faults }]) => (faults.length > 0 ? [told(key, faults)] : []));
  }
}

function told(key: string, faults: readonly string[]): string {
  const more = faults.length > MAX_TOLD ? `; and ${faults.length - MAX_TOLD} more` : '';
  return `probe ${key} fails: ${faults.slice(0, MAX_TOLD).join('; ')}${more}`;
}
