// What is stored, as text for a terminal or a notice.

import { count } from '../print.ts';
import type { Privacy, StoredNow } from './privacy.ts';

export function privacyText({ operator, at, state, networks, stored, notStored }: Privacy): string {
  const quiet = networks.filter(({ applies }) => applies.length === 0).map(({ name }) => name);
  const lines = [
    `What Interdict stores for ${operator}, in ${state}, at ${at}`,
    '',
    'Interdict answers look-ups of names on these networks and applies there:',
    ...networks.flatMap(({ name, applies }) =>
      applies.length === 0 ? [] : [`  ${name}`, ...applies.map((one) => `    - ${one}`)],
    ),
    ...(quiet.length === 0 ? [] : [`No instrument applies, and nothing is recorded, on: ${quiet.join('; ')}`]),
    ...stored.flatMap(({ what, about, holds, why, kept, source, now }) => [
      '',
      what,
      `  about   ${about}`,
      `  holds   ${holds}`,
      `  why     ${why}`,
      `  kept    ${kept}`,
      ...(source === undefined ? [] : [`          (${source})`]),
      `  now     ${nowText(now)}`,
    ]),
    '',
    'Not stored',
    ...notStored.map((text) => `  - ${text}`),
  ];
  return `${lines.join('\n')}\n`;
}

function nowText({ files, bytes, from, to, due }: StoredNow): string {
  if (files === 0) return 'nothing';
  const days = from === undefined ? '' : from === to ? `, of ${from}` : `, of ${from} to ${to}`;
  const over = due === 0 ? '' : `; ${due} past their time: a running instance removes them within two hours`;
  return `${count(files, 'file')}, ${sizeText(bytes)}${days}${over}`;
}

function sizeText(bytes: number): string {
  if (bytes < 1024) return count(bytes, 'byte');
  return bytes < 1024 ** 2 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
}
