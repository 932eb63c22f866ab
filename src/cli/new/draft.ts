// Where a new file goes, and what stands in it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import type { Config } from '../../config/config.ts';
import { seenFile } from '../print.ts';
import { addSegment } from './add-segment.ts';
import { type Answers, type Kind, one } from './field.ts';
import { appLines, directiveLines, exemptionLines, segmentLines } from './texts.ts';
import { schemaLine } from './yaml-lines.ts';

export interface Draft {
  readonly file: string;
  readonly text: string;
  readonly mode: number;
  /** What the file held when one entry more was made for it; absent: a new file. */
  readonly was?: string;
}

/** They name people and cases. */
const EXEMPTION_MODE = 0o640;
const FILE_MODE = 0o644;

const NO_FOLDER = 'the configuration names no folder for exemptions; add exemptions: { folder: exemptions }';

/** Why none can be written here; told before anybody is asked. */
export function placeFault(kind: Kind, config: Config): string | undefined {
  return fileOf(kind, '', config) === undefined ? NO_FOLDER : undefined;
}

/** Why the id cannot be taken; undefined when it is free. */
export function takenBy(kind: Kind, id: string, config: Config): string | undefined {
  if (kind === 'segment') {
    return config.department.segments.some((segment) => segment.id === id)
      ? `there is a segment ${id} already; choose another id`
      : undefined;
  }
  const file = fileOf(kind, id, config);
  return file !== undefined && existsSync(file)
    ? `${id} is taken by ${seenFile(file, config.file)}; choose another id`
    : undefined;
}

/** A draft, or what keeps it from being one. */
export function draftOf(kind: Kind, answers: Answers, config: Config): Draft | string {
  // Asked for or missed before: every kind has an id.
  const file = fileOf(kind, one(answers, 'id') ?? '', config);
  if (file === undefined) return NO_FOLDER;
  if (kind === 'segment') {
    const was = readFileSync(file, 'utf8');
    const made = addSegment(was, segmentLines(answers));
    if (made !== undefined) return { file, text: made.text, mode: FILE_MODE, was };
    return `${seenFile(file, config.file)} has no place for it that is sure; add it there by hand:\n- ${segmentLines(answers).join('\n  ')}`;
  }
  const schema = join(config.blocklists, 'schema', `${kind}.json`);
  const seen = existsSync(schema) ? relative(dirname(file), schema) : undefined;
  const lines = { app: appLines, directive: directiveLines, exemption: exemptionLines }[kind](answers);
  const mode = kind === 'exemption' ? EXEMPTION_MODE : FILE_MODE;
  return { file, text: `${[...schemaLine(seen), ...lines].join('\n')}\n`, mode };
}

function fileOf(kind: Kind, id: string, config: Config): string | undefined {
  switch (kind) {
    case 'app':
      return join(config.blocklists, 'apps', `${id}.yaml`);
    case 'directive':
      return join(config.blocklists, 'directives', `${id}.yaml`);
    case 'segment':
      return config.file;
    case 'exemption':
      return config.exemptionsFolder && join(config.exemptionsFolder, `${id}.yaml`);
  }
}

/** The next of the year: EXM-2026-015. */
export function nextExemption(config: Config, year: string): string {
  const folder = config.exemptionsFolder;
  const names = folder !== undefined && existsSync(folder) ? readdirSync(folder) : [];
  const taken = names.map((name) => Number(new RegExp(`^EXM-${year}-(\\d+)\\.yaml$`).exec(name)?.[1] ?? 0));
  return `EXM-${year}-${String(Math.max(0, ...taken) + 1).padStart(3, '0')}`;
}
