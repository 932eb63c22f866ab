// What went into a policy, told from the outside: counts and roles per app, for guards and metrics.

import type { Role } from '../../policy/model.ts';
import type { RuleSink } from '../../policy/rules.ts';
import { KIND_EXCEPT, KIND_EXCEPT_ADDRESS } from '../../policy/verdict.ts';

export interface RuleCount {
  readonly app: string;
  readonly rules: number;
  /** Roles that its rules have: what of `interdict_app_matches_total` can occur. */
  readonly roles: readonly Role[];
}

/** A sink that passes everything on and notes which app has which role. */
export function noteRoles(sink: RuleSink, noted: Map<number, Set<Role>>): RuleSink {
  const roles: Role[] = [];
  let last = -1;
  const note = (app: number, kind: number, attributes: number) => {
    // A million lines of a feed are one pair.
    const pair = app * 65_536 + attributes;
    if (pair === last || kind === KIND_EXCEPT || kind === KIND_EXCEPT_ADDRESS) return;
    last = pair;
    const known = noted.get(app);
    if (known === undefined) noted.set(app, new Set([roles[attributes]]));
    else known.add(roles[attributes]);
  };
  return {
    attributes(attributes) {
      const number = sink.attributes(attributes);
      roles[number] = attributes.role;
      return number;
    },
    name(app, kind, attributes, bytes, at) {
      note(app, kind, attributes);
      return sink.name(app, kind, attributes, bytes, at);
    },
    address(app, kind, attributes, bytes, at, bits) {
      note(app, kind, attributes);
      return sink.address(app, kind, attributes, bytes, at, bits);
    },
    claimedBy: () => sink.claimedBy(),
  };
}
