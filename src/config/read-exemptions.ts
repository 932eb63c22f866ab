// exemptions/*.yaml, each with its id as file name. An exemption that has ended loads like any other: the compiler leaves it out.

import { basename, join } from 'node:path';
import { instantOf } from '../base/dates.ts';
import type { Problem } from '../base/problems.ts';
import { type Disk, readWhole } from '../lists/disk.ts';
import { present } from '../lists/present.ts';
import type { Clock } from '../lists/sources.ts';
import { readYaml } from '../lists/yaml/document.ts';
import { shapeOf } from '../lists/yaml/shape.ts';
import type { Exemption } from '../policy/model.ts';
import { type Finder, newFinder } from './finder.ts';
import { readClients } from './read-segments.ts';
import { type ExemptionText, exemptionSchema } from './schema-exemption.ts';

/** A page of text is ample. */
const MAX_EXEMPTION_BYTES = 64 * 1024;
/** A department has some dozens; more is a wrong folder. */
const MAX_EXEMPTIONS = 4096;
/** They name people and cases: readable for the owner and the group alone. */
const WIDEST_MODE = 0o640;
/** A part of decision ids between colons, and a metric's label. */
export const EXEMPTION_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function readExemptions(
  folder: string,
  clock: Clock,
  disk: Disk,
): { exemptions: Exemption[]; problems: Problem[] } {
  const problems: Problem[] = [];
  const names = disk.list(folder);
  if (names === undefined || 'fault' in names) {
    problems.push(
      problem(
        'file-unreadable',
        `the exemptions folder cannot be read: ${names?.fault ?? 'there is none'}; make it, or mend the path`,
        folder,
      ),
    );
    return { exemptions: [], problems };
  }
  const files = names.filter((name) => name.endsWith('.yaml') && !name.startsWith('.'));
  if (files.length > MAX_EXEMPTIONS) {
    problems.push(
      problem(
        'too-many-files',
        `${files.length} files; at most ${MAX_EXEMPTIONS} are read, is this the right folder?`,
        folder,
      ),
    );
  }
  const exemptions = files
    .slice(0, MAX_EXEMPTIONS)
    .flatMap((name) => readExemption(join(folder, name), clock, disk, problems) ?? []);
  return { exemptions, problems };
}

function readExemption(file: string, clock: Clock, disk: Disk, problems: Problem[]): Exemption | undefined {
  const read = readWhole(disk, file, MAX_EXEMPTION_BYTES);
  if (read === undefined || 'fault' in read) {
    problems.push(problem('file-unreadable', `the exemption cannot be read: ${read?.fault ?? 'it is gone'}`, file));
    return undefined;
  }
  if ((read.mode & ~WIDEST_MODE) !== 0) {
    const message = `mode ${read.mode.toString(8)} lets others read who asked for what; chmod 640 it`;
    problems.push({ ...problem('file-mode', message, file), severity: 'warning' });
  }
  const id = basename(file, '.yaml');
  if (!EXEMPTION_ID.test(id)) {
    problems.push(
      problem(
        'id-file',
        'the file name is the id: letters, digits, "-", "_" and "." only, such as EXM-2026-014.yaml',
        file,
      ),
    );
  }
  const { document, problems: faults } = readYaml(file, read.bytes);
  problems.push(...faults);
  if (document === undefined) return undefined;
  const { value, problems: shape } = shapeOf(exemptionSchema, document);
  problems.push(...shape);
  return value && exemptionOf(id, value, clock, newFinder(document, problems));
}

function exemptionOf(id: string, text: ExemptionText, { now, timeZone }: Clock, finder: Finder): Exemption | undefined {
  const from = instantOf(text.from, 'start', timeZone);
  const until = instantOf(text.until, 'end', timeZone);
  // The schema's `moment` lets nothing through that is no instant.
  if (from === undefined || until === undefined) return undefined;
  const approvedOn = instantOf(text.approved_on, 'start', timeZone);
  if (approvedOn !== undefined && approvedOn > now) {
    finder.error('approved-future', `approved_on ${text.approved_on} is still to come; nothing is approved yet`, [
      'approved_on',
    ]);
  }
  return present({
    id,
    segment: text.segment,
    clients: readClients(text.clients, ['clients'], finder),
    under: text.under,
    apps: text.apps,
    class: text.class,
    requestedBy: text.requested_by,
    approvedBy: text.approved_by,
    approvedOn: text.approved_on,
    ticket: text.ticket,
    justification: text.justification,
    mitigations: text.mitigations ?? [],
    dates: { from: text.from, until: text.until },
    from,
    until,
    places: finder.document.places([]),
  });
}

function problem(code: string, message: string, file: string): Problem {
  return { code, severity: 'error', message, where: { file, line: 1, column: 1 } };
}
