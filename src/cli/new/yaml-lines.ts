// Lines of YAML as people write them in this project: a key a line, lists on the line while they fit, and a comment where an instrument
// says nothing.

import { Document, type YAMLSeq } from 'yaml';

/** Behind it a list takes a line an entry; the shipped files keep to it. */
const MAX_LINE = 140;

/** A value on one line, quoted where YAML would read something else. */
export function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{ ${entries.map(([key, item]) => `${key}: ${flow(item)}`).join(', ')} }`;
  }
  // Quoted as inside a list, where more has to be.
  const document = new Document([value]);
  (document.contents as YAMLSeq).flow = true;
  return document.toString({ lineWidth: 0, blockQuote: false, flowCollectionPadding: false }).trim().slice(1, -1);
}

/** `key: value`, or nothing for a text or a list that is not there. */
export function line(key: string, value: string | readonly unknown[] | undefined): string[] {
  if (value === undefined || value.length === 0) return [];
  const text = flow(value);
  const isShort = key.length + text.length < MAX_LINE && !text.includes('{');
  if (typeof value === 'string' || isShort) return [`${key}: ${text}`];
  return [`${key}:`, ...value.map((item) => `  - ${flow(item)}`)];
}

/** The same, but where there is nothing the file says so. `instead`: what counts then. */
export function stated(key: string, value: string | readonly string[] | undefined, instead?: string): string[] {
  const lines = line(key, value);
  return lines.length > 0 ? lines : [`# ${key}: not stated${instead === undefined ? '' : `; ${instead}`}`];
}

/** Lines below a key; a key with comments alone would hold nothing, so it becomes a comment too. */
export function group(key: string, lines: readonly string[]): string[] {
  const isSaid = lines.some((text) => !text.startsWith('#'));
  return isSaid
    ? [`${key}:`, ...lines.map((text) => `  ${text}`)]
    : lines.map((text) => text.replace('# ', `# ${key}.`));
}

/** For editors: where the schema of a file lies, as seen from the file. */
export function schemaLine(path: string | undefined): string[] {
  return path === undefined ? [] : [`# yaml-language-server: $schema=${path}`];
}
