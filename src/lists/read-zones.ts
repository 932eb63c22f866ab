// cdn-zones.yaml and sources.yaml: one file each for the folder.

import { countLabels, formatName } from '../base/names.ts';
import type { Problem } from '../base/problems.ts';
import type { PlacedName } from '../policy/model.ts';
import { readName } from './rules/names.ts';
import { cdnZonesSchema, sourcesSchema } from './schema/schema-zones.ts';
import { type Clock, checkEvidence, type SourceIndex } from './sources.ts';
import type { Path, YamlDocument } from './yaml/document.ts';
import { quote, shapeOf } from './yaml/shape.ts';

export function readSources(document: YamlDocument): { sources?: SourceIndex; problems: Problem[] } {
  const { value, problems } = shapeOf(sourcesSchema, document);
  if (value === undefined) return { problems };
  const sources = new Map<string, (typeof value.sources)[number]['carry']>();
  for (const [i, source] of value.sources.entries()) {
    if (sources.has(source.id)) problems.push(duplicate(`the source ${source.id}`, document, ['sources', i, 'id']));
    sources.set(source.id, source.carry);
  }
  return { sources, problems };
}

export function readCdnZones(
  document: YamlDocument,
  sources: SourceIndex | undefined,
  clock: Clock,
): { zones: PlacedName[]; problems: Problem[] } {
  const { value, problems } = shapeOf(cdnZonesSchema, document);
  const zones: PlacedName[] = [];
  const seen = new Set<string>();
  for (const [i, entry] of (value?.zones ?? []).entries()) {
    const path: Path = ['zones', i, 'zone'];
    const where = document.place(path);
    const wire = readName(entry.zone);
    problems.push(
      ...checkEvidence(entry.evidence, sources, clock, false, (n) => document.place(['zones', i, 'evidence', n])),
    );
    if ('message' in wire) problems.push({ ...wire, severity: 'error', where });
    else if (countLabels(wire) < 2) {
      const message = `${quote(entry.zone)} is a whole top-level domain; name the delivery zone below it`;
      problems.push({ code: 'single-label', severity: 'error', message, where });
    } else {
      const name = formatName(wire);
      if (seen.has(name)) problems.push(duplicate(`the zone ${name}`, document, path));
      else zones.push({ name, where });
      seen.add(name);
    }
  }
  return { zones, problems };
}

function duplicate(what: string, document: YamlDocument, path: Path): Problem {
  const message = `${what} stands here twice; take one away`;
  return { code: 'duplicate-id', severity: 'error', message, where: document.place(path) };
}
