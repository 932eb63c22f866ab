// docs/catalogue.md from the blocklists. What stands above its mark is written by hand and kept; everything below is made.
//
//   npx node scripts/catalogue-page.ts            writes it
//   npx node scripts/catalogue-page.ts --check    exits 1 when it is stale

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Instant } from '../src/base/brand.ts';
import { countRules } from '../src/lists/count-rules.ts';
import { nodeDisk } from '../src/lists/disk.ts';
import { readLists } from '../src/lists/lists.ts';
import { type Catalogue, type CatalogueApp, type CatalogueDirective, catalogueOf } from '../src/policy/catalogue.ts';
import { SEGMENT_KINDS } from '../src/policy/model.ts';

const PAGE = new URL('../docs/catalogue.md', import.meta.url);
const LISTS = fileURLToPath(new URL('../blocklists', import.meta.url));
const MARK =
  '<!-- Made from blocklists/ by scripts/catalogue-page.ts; a test keeps them equal. Edit what is above this line, or the lists. -->\n';

/** `written`: the page as it is, of which only the part above the mark is taken. */
export function cataloguePage(written: string): string {
  const [head, ...below] = written.split(MARK);
  const { catalogue, asOf } = read();
  return [below.length === 0 ? '# Catalogue\n\n' : head, MARK, ...sections(catalogue, asOf)].join('');
}

/** As of the day on which a source was last read: the page changes with the lists, not with the calendar. */
function read(): { catalogue: Catalogue; asOf: string } {
  const clock = { now: 0 as Instant, timeZone: 'UTC' };
  const first = readLists(LISTS, clock, nodeDisk).model;
  const asOf =
    first.directives
      .map(({ source }) => source.retrieved ?? '')
      .sort()
      .at(-1) ?? '';
  const { model, rules } = readLists(LISTS, { ...clock, now: Date.parse(asOf) as Instant }, nodeDisk);
  const catalogue = catalogueOf(model, countRules(model.apps.length, rules), Date.parse(asOf) as Instant);
  return { catalogue, asOf };
}

function sections({ directives, apps }: Catalogue, asOf: string): string[] {
  return [
    `\nAs of ${asOf}: ${directives.length} instruments, ${apps.length} apps. \`interdict catalogue\` prints the same, filtered, and as JSON.\n`,
    '\n## Instruments and apps\n\nn named, s successor, v vendor, c category: any but n is a judgement, which the file carries with who, when and why.\n\n',
    matrix(directives, apps),
    "\n## What each binds and demands\n\nOnly what the source says; – is not stated. Without *block-traffic* a block is the department's own measure.\n\n",
    table(
      [
        'instrument',
        'title',
        'status',
        'bodies',
        'devices',
        'networks',
        'demands',
        'exceptions',
        'source',
        'review by',
      ],
      directives.map(terms),
    ),
    "\n## Reach\n\nWhat an instrument means for a segment of its own jurisdiction: *block*, it asks for a block of traffic, and not enforcing it is a gap; *enforce*, it is mandatory but silent on\ntraffic; *own*, the operator's own policy, for the segments that enforce it; *monitor*, it is advice, or not in force; –, it does not reach. A segment of another jurisdiction is reached by none of the others.\n\n",
    table(
      ['instrument', 'jurisdiction', ...SEGMENT_KINDS],
      directives.map(({ id, jurisdiction, reach }) => [
        code(id),
        jurisdiction,
        ...SEGMENT_KINDS.map((kind) => (reach[kind] === 'none' ? NOT : reach[kind])),
      ]),
    ),
    '\n## Apps\n\n',
    table(['app', 'name', 'operator', 'rules', 'named in'], apps.map(appRow)),
    '\n## Open questions\n\n',
    ...[...directives, ...apps].flatMap(({ id, openQuestions }) =>
      openQuestions.length === 0 ? [] : [`**${id}**\n${openQuestions.map((text) => `- ${text}\n`).join('')}\n`],
    ),
  ];
}

const NOT = '–';
const BASIS = { named: 'n', successor: 's', vendor: 'v', category: 'c' } as const;

/** Columns only for apps that an instrument names; instruments that name none stand in the next table. */
function matrix(directives: readonly CatalogueDirective[], apps: readonly CatalogueApp[]): string {
  const named = apps.filter((app) => app.directives.length > 0);
  return table(
    ['instrument', 'jurisdiction', 'issued', 'binding', ...named.map(({ id }) => id)],
    directives.map(({ id, jurisdiction, dates, binding, apps: entries }) => [
      code(id),
      jurisdiction,
      dates.issued,
      binding,
      ...named.map((app) => {
        const entry = entries.find((one) => one.app === app.id);
        return entry === undefined ? '' : BASIS[entry.basis];
      }),
    ]),
  );
}

function terms(directive: CatalogueDirective): string[] {
  const { id, title, instrument, authority, status, binds, demands, exemptions, source, dates } = directive;
  const { classes, grantedBy, longest } = exemptions;
  const exceptions = [
    ...(classes === undefined ? [] : [classes.join(', ')]),
    ...(grantedBy === undefined ? [] : [`granted by ${grantedBy}`]),
    ...(longest === undefined ? [] : [`at most ${longest.amount} ${longest.unit}`]),
  ];
  const effective = dates.effective === undefined ? '' : `, effective ${dates.effective}`;
  return [
    code(id),
    `${title} (${instrument} of ${authority})`,
    `${status}${effective}${dates.ends === undefined ? '' : `, ends ${dates.ends}`}`,
    binds.bodies ?? NOT,
    binds.devices?.join(', ') ?? NOT,
    binds.networks?.join(', ') ?? NOT,
    demands.join(', ') || NOT,
    exceptions.join('; ') || NOT,
    source.url === undefined ? source.kind : `[${source.kind}](${source.url}), read ${source.retrieved}`,
    dates.reviewBy ?? NOT,
  ];
}

function appRow({ id, name, operator, rules, directives, unassigned }: CatalogueApp): string[] {
  const where = directives.length > 0 ? directives.map(code).join(', ') : `nothing: ${unassigned ?? 'no reason given'}`;
  return [code(id), name, operator === undefined ? NOT : `${operator.name} (${operator.asOf})`, `${rules}`, where];
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |\n`;
  return [line(head), `|${'---|'.repeat(head.length)}\n`, ...rows.map(line)].join('');
}

function writtenPage(): string {
  try {
    return readFileSync(PAGE, 'utf8');
  } catch {
    return '';
  }
}

if (import.meta.main) {
  const written = writtenPage();
  const isStale = written !== cataloguePage(written);
  if (process.argv.includes('--check')) {
    if (isStale) console.error('docs/catalogue.md is stale; run: npx node scripts/catalogue-page.ts');
    process.exitCode = isStale ? 1 : 0;
  } else if (isStale) writeFileSync(PAGE, cataloguePage(written));
}
