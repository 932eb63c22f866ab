// A sink that writes down what it is given, in words.

import { formatPrefix } from '../../src/base/addresses.ts';
import type { Address } from '../../src/base/brand.ts';
import { formatName } from '../../src/base/names.ts';
import type { RuleAttributes, RuleFault, RuleSink } from '../../src/policy/rules.ts';

const KINDS = ['none', 'domain', 'exact', 'wildcard', 'address', 'except', 'except-address'];

export interface RecordingSink extends RuleSink {
  /** `0 exact www.example.org` */
  readonly seen: string[];
  readonly attributesSeen: RuleAttributes[];
}

/** `faults`: what to answer for a pattern (as text), instead of taking it. */
export function recordingSink(faults: Readonly<Record<string, RuleFault>> = {}): RecordingSink {
  const seen: string[] = [];
  const attributesSeen: RuleAttributes[] = [];
  const take = (app: number, kind: number, pattern: string): RuleFault => {
    const fault = faults[pattern] ?? 'taken';
    if (fault === 'taken') seen.push(`${app} ${KINDS[kind]} ${pattern}`);
    return fault;
  };
  return {
    seen,
    attributesSeen,
    attributes: (attributes) => attributesSeen.push(attributes) - 1,
    name: (app, kind, _attributes, bytes, at) => take(app, kind, formatName(bytes, at)),
    address: (app, kind, _attributes, bytes, at, bits) =>
      take(app, kind, formatPrefix({ address: bytes.slice(at, at + 16) as Address, bits })),
    claimedBy: () => 'other',
  };
}
