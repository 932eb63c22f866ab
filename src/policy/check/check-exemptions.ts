// Exemptions: never blanket, never endless, of a class that each lifted directive allows, approved by another person (POLICY.md §4).
// Ended ones are history and are not judged.

import { containsPrefix, type Prefix, parsePrefix } from '../../base/addresses.ts';
import type { Instant } from '../../base/brand.ts';
import { addSpan } from '../../base/dates.ts';
import type { Problem } from '../../base/problems.ts';
import type { Directive, Exemption, ExemptionLimits, Model, Segment, Span } from '../model.ts';
import { wordsOf } from '../vocabulary.ts';
import { type Extent, extentOf } from './extent.ts';
import { problemAt, samePerson } from './places.ts';

export function checkExemptions(model: Model, now: Instant): Problem[] {
  const grounds = model.department.segments.map((segment): Ground => {
    const prefixes = prefixesOf(segment.clients);
    return { segment, prefixes, extent: extentOf(prefixes) };
  });
  return model.department.exemptions
    .filter((exemption) => exemption.until > now)
    .flatMap((exemption) => checkExemption(exemption, model, grounds));
}

/** A segment with its prefixes parsed once. */
interface Ground {
  readonly segment: Segment;
  readonly prefixes: readonly Prefix[];
  readonly extent: Extent;
}

type Report = (code: string, message: string, path: string) => void;

function checkExemption(exemption: Exemption, model: Model, grounds: readonly Ground[]): Problem[] {
  const problems: Problem[] = [];
  const report: Report = (code, message, path) => {
    problems.push(problemAt('error', code, message, exemption.places, path));
  };
  const ground = grounds.find(({ segment }) => segment.id === exemption.segment);
  if (ground === undefined) {
    report('unknown-segment', `there is no segment ${exemption.segment}; mend the id`, 'segment');
  } else {
    checkClients(exemption, ground, grounds, model.department.exemptionLimits, report);
  }
  const directives = checkUnder(exemption, model, report);
  checkApps(exemption, directives, model, report);
  checkTerm(exemption, directives, model, report);
  if (samePerson(exemption.approvedBy, exemption.requestedBy)) {
    report('exemption-approver', 'approved_by is who asked for it; another person must approve', 'approved_by');
  }
  return problems;
}

function checkUnder(exemption: Exemption, model: Model, report: Report): Directive[] {
  const { classes: words } = wordsOf(model.lists);
  const isKnown = words.includes(exemption.class);
  if (!isKnown) {
    const message = `there is no class ${exemption.class}; choose one of ${words.join(', ')}, or add it to vocabulary.yaml`;
    report('unknown-word', message, 'class');
  }
  if (exemption.under.length === 0)
    report('exemption-blanket', 'under names no directive; name those it lifts', 'under');
  return exemption.under.flatMap((id, i) => {
    const directive = model.lists.directives.find((d) => d.id === id);
    if (directive === undefined) {
      report('unknown-directive', `there is no directive ${id}; mend the id`, `under.${i}`);
      return [];
    }
    const { classes } = directive.exemptions;
    if (isKnown && classes !== undefined && !classes.includes(exemption.class)) {
      const allowed = classes.length === 0 ? 'none' : classes.join(', ');
      report('exemption-class', `${id} does not allow the class ${exemption.class} (it allows ${allowed})`, 'class');
    }
    return [directive];
  });
}

function checkApps(exemption: Exemption, directives: readonly Directive[], model: Model, report: Report): void {
  if (exemption.apps.length === 0) report('exemption-blanket', 'apps is empty; name the apps', 'apps');
  exemption.apps.forEach((app, i) => {
    if (!model.lists.apps.some(({ id }) => id === app)) {
      report('unknown-app', `there is no app ${app}; mend the id`, `apps.${i}`);
    } else if (!directives.some((directive) => directive.apps.some((named) => named.app === app))) {
      report('exemption-app', `no directive in under names ${app}; take it out or name the directive`, `apps.${i}`);
    }
  });
}

function checkTerm(exemption: Exemption, directives: readonly Directive[], model: Model, report: Report): void {
  const { from, until, dates } = exemption;
  if (until <= from) {
    report('exemption-dates', `until ${dates.until} is not behind from ${dates.from}; mend one of them`, 'until');
    return;
  }
  const { exemptionLimits, timeZone } = model.department;
  const limits: [string, Span][] = [['the operator', exemptionLimits.longest]];
  for (const { id, exemptions } of directives)
    if (exemptions.longest !== undefined) limits.push([id, exemptions.longest]);
  for (const [whose, span] of limits) {
    if (until <= addSpan(from, span, timeZone)) continue;
    report(
      'exemption-too-long',
      `longer than the ${span.amount} ${span.unit} of ${whose}; end it earlier and renew it`,
      'until',
    );
    return;
  }
}

function checkClients(
  exemption: Exemption,
  ground: Ground,
  grounds: readonly Ground[],
  limits: ExemptionLimits,
  report: Report,
): void {
  if (exemption.clients.length === 0) {
    report('exemption-blanket', 'no client is named; name the prefixes it is for', 'clients');
    return;
  }
  const prefixes = prefixesOf(exemption.clients);
  exemption.clients.forEach((text, i) => {
    if (ownerOf(prefixes[i], grounds) !== ground) {
      const message = `${text} is not inside ${ground.segment.id}; name clients of that segment`;
      report('exemption-outside', message, `clients.${i}`);
    }
  });
  const blanket = blanketFault(extentOf(prefixes), ground, limits);
  if (blanket !== undefined) report('exemption-blanket', blanket, 'clients');
}

function blanketFault(asked: Extent, { segment, extent }: Ground, limits: ExemptionLimits): string | undefined {
  const { maxShare, maxIPv4, maxIPv6Subnets } = limits;
  if (asked.ipv4 > maxIPv4) return `${asked.ipv4} IPv4 addresses; at most ${maxIPv4} may be exempt`;
  if (asked.subnets > maxIPv6Subnets) return `${asked.subnets} IPv6 /64s; at most ${maxIPv6Subnets} may be exempt`;
  if (isWhole(asked.ipv4, extent.ipv4) || isWhole(asked.ipv6, extent.ipv6))
    return `the whole of ${segment.id}; name the clients that need it`;
  const isTooMuch = asked.ipv4 > extent.ipv4 * maxShare || asked.ipv6 > extent.ipv6 * maxShare;
  return isTooMuch ? `more than ${maxShare * 100} % of ${segment.id}; name fewer clients` : undefined;
}

/** Of one family, whatever `max_share` allows: a share of 1 makes no exemption for everybody. */
function isWhole(asked: number, held: number): boolean {
  return asked > 0 && asked >= held;
}

/** The ground whose prefix is the longest around this one. */
function ownerOf(prefix: Prefix, grounds: readonly Ground[]): Ground | undefined {
  let owner: Ground | undefined;
  let bits = -1;
  for (const ground of grounds) {
    for (const around of ground.prefixes) {
      if (around.bits <= bits || !containsPrefix(around, prefix)) continue;
      owner = ground;
      bits = around.bits;
    }
  }
  return owner;
}

/** The loader let no text through that is no prefix; one that is none would be everything, and so be refused. */
function prefixesOf(clients: readonly string[]): Prefix[] {
  return clients.map((text) => {
    const prefix = parsePrefix(text);
    return typeof prefix === 'object' ? prefix : { address: new Uint8Array(16) as Prefix['address'], bits: 0 };
  });
}
