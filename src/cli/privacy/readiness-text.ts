// Readiness as text for a terminal.

import { count } from '../print.ts';
import type { Readiness } from './readiness.ts';

/** Of the names nobody has looked at; --json has all. */
const SHOWN_NAMES = 40;
const SHOWN_DAYS = 7;

export function readinessText(answer: Readiness): string {
  const { directive, segment, otherwise } = answer;
  const lines = [
    `${directive} in segment ${segment}: ${modeText(answer)}`,
    observedText(answer),
    ...lossText(answer),
    '',
    ...blockedText(answer),
    `Not counted above: ${otherwise.blocked.toLocaleString('en')} blocked already, ${otherwise.exempt.toLocaleString('en')} exempt, ${otherwise.released.toLocaleString('en')} released`,
    ...unseenText(answer),
  ];
  return `${lines.join('\n')}\n`;
}

function blockedText({ wouldBlock, clients, smallestGroup }: Readiness): string[] {
  if (wouldBlock.length === 0) return ['Would be blocked: nothing that was asked for'];
  const requests = wouldBlock.reduce((sum, row) => sum + row.requests, 0);
  return [
    `Would be blocked: ${count(requests, 'request')}; on the busiest day by ${group(clients, smallestGroup)}`,
    ...table(
      wouldBlock.map((row) => [
        row.app,
        row.role,
        count(row.requests, 'request'),
        `on ${count(row.days, 'day')}`,
        `at most ${group(row.clients, smallestGroup)} a day`,
      ]),
    ),
  ];
}

function modeText({ mode, next }: Readiness): string {
  if (mode === 'none')
    return 'not named there, so that nothing is recorded for it alone; add it with `mode: monitor` first';
  return next === undefined ? `${mode} now` : `${mode} now, ${next.mode} from ${next.at}`;
}

function observedText({ from, to, observed, unobserved }: Readiness): string {
  const all = observed.length + unobserved.length;
  const named = unobserved.slice(0, SHOWN_DAYS).join(', ');
  const more = unobserved.length > SHOWN_DAYS ? ` and ${unobserved.length - SHOWN_DAYS} more` : '';
  const gaps = unobserved.length === 0 ? '' : `; no event file of ${named}${more}`;
  return `Observed on ${observed.length} of ${count(all, 'day')}, ${from} to ${to} (UTC)${gaps}`;
}

function lossText({ lost, unreadable }: Readiness): string[] {
  return [
    ...(lost > 0
      ? [`${count(lost, 'event')} of all segments came faster than events.max_per_second and are not in the files`]
      : []),
    ...(unreadable > 0 ? [`${count(unreadable, 'line')} cannot be read: torn by a crash, or edited`] : []),
  ];
}

function group(clients: number | null, smallest: number): string {
  return clients === null ? `fewer than ${smallest} clients` : count(clients, 'client');
}

function unseenText({ wouldBlock, unseen, unseenBeyond }: Readiness): string[] {
  if (wouldBlock.length === 0) return [];
  if (unseen.length === 0) return ['', 'Each of these names is spelled out by a rule or a test.'];
  const beyond = unseen.slice(SHOWN_NAMES).length;
  return [
    '',
    `Names that no rule spells out and no test holds, so that nobody has looked at them: ${unseen.length.toLocaleString('en')}${unseenBeyond > 0 ? ' and more' : ''}`,
    ...table(unseen.slice(0, SHOWN_NAMES).map(({ name, requests, id }) => [name, count(requests, 'request'), id])),
    ...(beyond > 0 ? [`  … and ${beyond.toLocaleString('en')} more; --json lists them`] : []),
    'Add those that belong to the app to its tests.blocked, and free the others with an except rule.',
  ];
}

/** Columns two spaces apart, indented. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, i) => Math.max(...rows.map((row) => row[i].length))) ?? [];
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i])).join('  ')}`.trimEnd());
}
