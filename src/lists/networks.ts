// networks.yaml, and whether an address rule lies in the autonomous system that it names. The file is optional: without it nothing is known
// of any network, and nothing is said of any.

import { containsPrefix, formatPrefix, type Prefix, parsePrefix } from '../base/addresses.ts';
import type { Problem } from '../base/problems.ts';
import type { TextFault } from './rules/names.ts';
import { networksSchema } from './schema/schema-zones.ts';
import { type Clock, checkEvidence, type SourceIndex } from './sources.ts';
import type { Path, YamlDocument } from './yaml/document.ts';
import { quote, shapeOf } from './yaml/shape.ts';

interface Announcement {
  readonly prefix: Prefix;
  readonly network: Network;
}

interface Network {
  readonly asn: number;
  readonly name: string;
  /** Why no rule may lie in it. */
  readonly shared?: string | undefined;
}

export interface Networks {
  readonly byAsn: ReadonlyMap<number, Network>;
  readonly announcements: readonly Announcement[];
}

export function readNetworks(
  document: YamlDocument,
  sources: SourceIndex | undefined,
  clock: Clock,
): { networks: Networks; problems: Problem[] } {
  const { value, problems } = shapeOf(networksSchema, document);
  const byAsn = new Map<number, Network>();
  const announcements: Announcement[] = [];
  for (const [i, entry] of (value?.networks ?? []).entries()) {
    const at = (...path: Path) => document.place(['networks', i, ...path]);
    problems.push(...checkEvidence(entry.evidence, sources, clock, true, (n) => at('evidence', n)));
    if (byAsn.has(entry.asn)) {
      const message = `AS${entry.asn} stands here twice; merge the two`;
      problems.push({ code: 'duplicate-id', severity: 'error', message, where: at('asn') });
    }
    if (!byAsn.has(entry.asn)) byAsn.set(entry.asn, entry);
    for (const [n, text] of entry.prefixes.entries()) {
      const prefix = parsePrefix(text);
      if (prefix === undefined || prefix === 'host-bits') {
        const message = `${quote(text)} is no prefix as it is announced; write it as 192.0.2.0/24 or "2001:db8::/32"`;
        problems.push({ code: 'address-invalid', severity: 'error', message, where: at('prefixes', n) });
      } else announcements.push({ prefix, network: entry });
    }
  }
  return { networks: { byAsn, announcements }, problems };
}

/** Undefined when nothing known speaks against the prefix belonging to the system. */
export function misplaced(prefix: Prefix, asn: number, { byAsn, announcements }: Networks): TextFault | undefined {
  const shared = byAsn.get(asn)?.shared;
  if (shared !== undefined)
    return { code: 'asn-shared', message: `AS${asn} is shared (${shared}); take the rule away` };
  const other = holderOf(prefix, asn, announcements) ?? takenIn(prefix, asn, announcements);
  if (other === undefined) return undefined;
  const { network } = other;
  const message = `${formatPrefix(prefix)} and ${formatPrefix(other.prefix)} overlap, which AS${network.asn} (${network.name}) announces, not AS${asn}; mend asn, or take the rule away`;
  return { code: 'asn-other', message };
}

/** The longest announcement around the prefix, which is what routers follow, unless it is the system's own. */
function holderOf(prefix: Prefix, asn: number, announcements: readonly Announcement[]): Announcement | undefined {
  let longest: Announcement | undefined;
  for (const known of announcements) {
    if (!containsPrefix(known.prefix, prefix)) continue;
    const longer = known.prefix.bits - (longest?.prefix.bits ?? -1);
    if (longer > 0 || (longer === 0 && known.network.asn === asn)) longest = known;
  }
  return longest?.network.asn === asn ? undefined : longest;
}

/** What another system announces inside the prefix: the rule is wider than its own. */
function takenIn(prefix: Prefix, asn: number, announcements: readonly Announcement[]): Announcement | undefined {
  return announcements.find((known) => known.network.asn !== asn && containsPrefix(prefix, known.prefix));
}
