// The blocklists folder → what it says (a model), what is wrong with it (all of it), and its rules as a stream.
//
//   sources.yaml, cdn-zones.yaml      one each for the folder
//   networks.yaml, vocabulary.yaml    the same, where there is one
//   directives/*.yaml                 one public instrument a file
//   apps/*.yaml                       one app a file, with its rules
//   feeds/*.yaml                      an app whose rules are a list elsewhere
//
// Everything is read synchronously: this runs in the compiler's thread, or in a command that has nothing else to do.

import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import type { Place, Problem } from '../base/problems.ts';
import type { App, Directive, ListsModel, PlacedName, Vocabulary } from '../policy/model.ts';
import type { RuleSink } from '../policy/rules.ts';
import { MAX_APPS } from '../policy/verdict.ts';
import { wordsOf } from '../policy/vocabulary.ts';
import { type Disk, readWhole } from './disk.ts';
import { type Networks, readNetworks } from './networks.ts';
import { present } from './present.ts';
import { readApp } from './read-app.ts';
import { readDirective } from './read-directive.ts';
import { readFeed } from './read-feed.ts';
import { readCdnZones, readSources } from './read-zones.ts';
import { revisionOf } from './revision.ts';
import { type AppRules, pushRules } from './rules/push.ts';
import type { RuleContext } from './rules/rule.ts';
import type { Clock, SourceIndex } from './sources.ts';
import { readVocabulary } from './vocabulary.ts';
import { readYaml, type YamlDocument } from './yaml/document.ts';
import { MAX_YAML_BYTES } from './yaml/text.ts';

/** The whole catalogue has some hundred; more is a wrong folder. */
const MAX_FILES = 4096;

export interface ListsReading {
  readonly model: ListsModel;
  /** Grows while `rules` runs: what the sink refuses is told here too. */
  readonly problems: Problem[];
  /** Pushes the rules of every app, in the order of model.apps. */
  readonly rules: (sink: RuleSink) => void;
  /** Ids of files that are there but could not be read: nothing should call them unknown. */
  readonly unread: readonly string[];
  /** Every file and folder the model was made of, to be watched. */
  readonly watched: readonly string[];
}

/** What is gathered while the folder is walked. */
interface Gathering {
  readonly folder: string;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly problems: Problem[];
  readonly unread: string[];
  readonly watched: string[];
  /** First place of every id, to tell about the second. */
  readonly ids: { directive: Map<string, Place>; app: Map<string, Place> };
}

export function readLists(folder: string, clock: Clock, disk: Disk): ListsReading {
  const ids = { directive: new Map(), app: new Map() };
  const to: Gathering = { folder, clock, disk, problems: [], unread: [], watched: [folder], ids };
  const there = disk.list(folder);
  if (there === undefined || 'fault' in there) {
    to.problems.push(unreadable(folder, 'the blocklists folder', there?.fault));
  }
  const sources = gatherSources(to);
  const cdnZones = gatherZones(to, sources);
  const vocabulary = gatherVocabulary(to);
  const directives = gatherDirectives(to, wordsOf(present({ vocabulary })));
  const apps: App[] = [];
  const rules: AppRules[] = [];
  gatherApps(to, sources, gatherNetworks(to, sources), apps, rules);
  gatherFeeds(to, sources, apps, rules);
  if (apps.length > MAX_APPS) {
    const message = `${apps.length} apps and feeds; a policy holds at most ${MAX_APPS}, merge some`;
    to.problems.push({ code: 'too-many-apps', severity: 'error', message, where: wholeOf(folder) });
  }
  const { problems, unread, watched } = to;
  return {
    model: present({ directives, apps, cdnZones, vocabulary, revision: revisionOf(folder, disk) }),
    problems,
    rules: (sink) => problems.push(...apps.flatMap((app, i) => pushRules(rules[i], app, i, sink, disk))),
    unread,
    watched,
  };
}

function gatherSources(to: Gathering): SourceIndex | undefined {
  const document = openYaml(to, join(to.folder, 'sources.yaml'));
  if (document === undefined) return undefined;
  const { sources, problems } = readSources(document);
  to.problems.push(...problems);
  return sources;
}

function gatherZones(to: Gathering, sources: SourceIndex | undefined): readonly PlacedName[] {
  const document = openYaml(to, join(to.folder, 'cdn-zones.yaml'));
  if (document === undefined) return [];
  const { zones, problems } = readCdnZones(document, sources, to.clock);
  to.problems.push(...problems);
  return zones;
}

function gatherNetworks(to: Gathering, sources: SourceIndex | undefined): Networks | undefined {
  const document = openOptional(to, join(to.folder, 'networks.yaml'));
  if (document === undefined) return undefined;
  const { networks, problems } = readNetworks(document, sources, to.clock);
  to.problems.push(...problems);
  return networks;
}

function gatherVocabulary(to: Gathering): Vocabulary | undefined {
  const document = openOptional(to, join(to.folder, 'vocabulary.yaml'));
  if (document === undefined) return undefined;
  const { vocabulary, problems } = readVocabulary(document);
  to.problems.push(...problems);
  return vocabulary;
}

function gatherDirectives(to: Gathering, words: Vocabulary): Directive[] {
  return yamlFiles(to, 'directives').flatMap((file) => {
    const document = openYaml(to, file);
    const { directive, problems } = document ? readDirective(document, to.clock, words) : { problems: [] };
    to.problems.push(...problems);
    return directive !== undefined && isNew(to, 'directive', file, directive) ? [directive] : lost(to, file);
  });
}

function gatherApps(
  to: Gathering,
  sources: SourceIndex | undefined,
  networks: Networks | undefined,
  apps: App[],
  rules: AppRules[],
): void {
  for (const file of yamlFiles(to, 'apps')) {
    const bytes = readWhole(to.disk, file, MAX_YAML_BYTES);
    const document = parseYaml(to, file, bytes);
    if (document === undefined || bytes === undefined || 'fault' in bytes) {
      lost(to, file);
      continue;
    }
    const context: RuleContext = { document, sources, networks, clock: to.clock };
    const read = readApp(context, createHash('sha256').update(bytes.bytes).digest('hex'));
    to.problems.push(...read.problems);
    if (read.app === undefined || !isNew(to, 'app', file, read.app)) {
      lost(to, file);
      continue;
    }
    apps.push(read.app);
    rules.push({ kind: 'rules', rules: read.rules });
  }
}

function gatherFeeds(to: Gathering, sources: SourceIndex | undefined, apps: App[], rules: AppRules[]): void {
  for (const file of yamlFiles(to, 'feeds')) {
    const document = openYaml(to, file);
    const read = document ? readFeed({ document, sources, clock: to.clock }, to.disk) : { problems: [] };
    to.problems.push(...read.problems);
    if (read.app === undefined || read.feed === undefined || !isNew(to, 'app', file, read.app)) {
      lost(to, file);
      continue;
    }
    to.watched.push(read.feed.source.list);
    apps.push(read.app);
    rules.push({ kind: 'feed', feed: read.feed });
  }
}

function lost(to: Gathering, file: string): [] {
  to.unread.push(basename(file, '.yaml'));
  return [];
}

/** The id is free and equals the file's name: whoever is named in a decision id is found at once. */
function isNew(to: Gathering, kind: 'directive' | 'app', file: string, item: App | Directive): boolean {
  const where = item.places.id;
  if (item.id !== basename(file, '.yaml')) {
    const message = `id ${item.id} in a file called ${basename(file)}; call the file ${item.id}.yaml, or mend the id`;
    to.problems.push({ code: 'id-file', severity: 'error', message, where });
  }
  const first = to.ids[kind].get(item.id);
  if (first !== undefined) {
    const message = `the id ${item.id} is taken by ${first.file}; choose another, or merge the files`;
    to.problems.push({ code: 'duplicate-id', severity: 'error', message, where });
    return false;
  }
  to.ids[kind].set(item.id, where);
  return true;
}

function yamlFiles(to: Gathering, name: string): string[] {
  const folder = join(to.folder, name);
  const names = to.disk.list(folder);
  if (names === undefined) return [];
  if ('fault' in names) {
    to.problems.push(unreadable(folder, 'the folder', names.fault));
    return [];
  }
  for (const stray of names.filter((item) => item.endsWith('.yml') && !item.startsWith('.'))) {
    const message = `files that end in .yml are not read; call it ${stray.slice(0, -4)}.yaml`;
    to.problems.push({ code: 'file-name', severity: 'warning', message, where: wholeOf(join(folder, stray)) });
  }
  const files = names.filter((item) => item.endsWith('.yaml') && !item.startsWith('.'));
  if (files.length > MAX_FILES) {
    const message = `${files.length} files; at most ${MAX_FILES} are read, is this the right folder?`;
    to.problems.push({ code: 'too-many-files', severity: 'error', message, where: wholeOf(folder) });
  }
  return files.slice(0, MAX_FILES).map((item) => join(folder, item));
}

function openYaml(to: Gathering, file: string): YamlDocument | undefined {
  return parseYaml(to, file, readWhole(to.disk, file, MAX_YAML_BYTES));
}

/** A file that need not be there. */
function openOptional(to: Gathering, file: string): YamlDocument | undefined {
  const bytes = readWhole(to.disk, file, MAX_YAML_BYTES);
  return bytes === undefined ? undefined : parseYaml(to, file, bytes);
}

function parseYaml(to: Gathering, file: string, bytes: ReturnType<typeof readWhole>): YamlDocument | undefined {
  if (bytes === undefined || 'fault' in bytes) {
    to.problems.push(unreadable(file, 'the file', bytes?.fault));
    return undefined;
  }
  const { document, problems } = readYaml(file, bytes.bytes);
  to.problems.push(...problems);
  return document;
}

function unreadable(file: string, what: string, fault = 'there is none'): Problem {
  const message = `${what} cannot be read: ${fault}; put it there, or mend the path`;
  return { code: 'file-unreadable', severity: 'error', message, where: wholeOf(file) };
}

function wholeOf(file: string): Place {
  return { file, line: 1, column: 1 };
}
