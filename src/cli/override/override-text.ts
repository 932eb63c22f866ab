// An override in words, for whoever is called at night: what it does, until when, who asked and who agreed.

import { type Instant, unreachable } from '../../base/brand.ts';
import { type Ending, endedAt, holdsAt, type KeptOverride, timeText } from '../../control/overrides/kept-override.ts';
import { endOf, type Override } from '../../policy/model.ts';

export function describeOverride(kept: KeptOverride, now: Instant): string {
  const { override } = kept;
  return [
    `${override.id} ${effectOf(override)}`,
    `  ${stateOf(kept, now)}`,
    `  ${override.ticket}, added by ${override.by}${override.confirmedBy === undefined ? '' : `, confirmed by ${override.confirmedBy}`}: ${override.reason}`,
  ].join('\n');
}

export function confirmHint({ override, ended }: KeptOverride): string {
  if (override.confirmedBy !== undefined || ended !== undefined) return '';
  return `\nAnother person confirms it with: interdict override confirm ${override.id} --by NAME`;
}

function effectOf(override: Override): string {
  switch (override.kind) {
    case 'release': {
      const { what } = override;
      if (what.kind === 'rule') return `releases what the rule ${what.rule} of ${what.app} matches, in every segment`;
      return `releases ${what.name}${what.match === 'domain' ? ' and everything below it' : ''}, in every segment`;
    }
    case 'fallback':
      return `monitors ${override.directive} in ${override.segment}, in place of enforcing it`;
    case 'emergency-exemption': {
      const { segment, clients, apps, under } = override.exemption;
      return `exempts ${clients.join(', ')} of ${segment} from ${under.join(', ')} for ${apps.join(', ')}`;
    }
    default:
      return unreachable(override);
  }
}

const BECAUSE: Record<Ending['because'], string> = {
  time: 'its time was over',
  unconfirmed: 'nobody confirmed it',
  person: 'ended by hand',
  refused: 'it could not be put in force and never held',
};

function stateOf(kept: KeptOverride, now: Instant): string {
  const { override, ended } = kept;
  if (!holdsAt(kept, now)) {
    const because = ended?.because ?? (override.confirmedBy === undefined ? 'unconfirmed' : 'time');
    const by = ended?.by === undefined ? '' : ` by ${ended.by}`;
    return `ended ${timeText(endedAt(kept))}: ${BECAUSE[because]}${by}`;
  }
  if (override.confirmedBy !== undefined) return `holds until ${timeText(override.until)}`;
  const end = endOf(override);
  if (end === override.until) return `holds until ${timeText(end)}`;
  return `holds until ${timeText(end)}, and until ${timeText(override.until)} once another person confirms it`;
}
