// The segments of interdict.yaml.

import { formatPrefix, parsePrefix } from '../base/addresses.ts';
import { instantOf } from '../base/dates.ts';
import { present } from '../lists/present.ts';
import type { TextFault } from '../lists/rules/names.ts';
import { networkOf } from '../lists/rules/rule.ts';
import type { Path } from '../lists/yaml/document.ts';
import { quote } from '../lists/yaml/shape.ts';
import type { EnforceEntry, Segment } from '../policy/model.ts';
import type { Finder } from './finder.ts';
import type { SegmentText } from './schema.ts';

export function readSegments(texts: readonly SegmentText[], timeZone: string, finder: Finder): Segment[] {
  const seen = new Set<string>();
  return texts.flatMap((text, i): Segment[] => {
    const path: Path = ['segments', i];
    if (text.kind === 'mixed' && text.reason === undefined) {
      finder.error('missing-key', 'the key reason is missing; say why the kind is mixed', path);
    }
    if (text.id === 'none') {
      finder.error('segment-id', 'the id none stands for clients of no segment; choose another', [...path, 'id']);
    }
    if (seen.has(text.id)) {
      finder.error('duplicate-id', `the segment ${text.id} stands here twice; choose another id, or merge the two`, [
        ...path,
        'id',
      ]);
      return [];
    }
    seen.add(text.id);
    return [segmentOf(text, path, timeZone, finder)];
  });
}

function segmentOf(text: SegmentText, path: Path, timeZone: string, finder: Finder): Segment {
  return present({
    id: text.id,
    kind: text.kind,
    reason: text.reason,
    jurisdiction: text.jurisdiction,
    clients: readClients(text.clients, [...path, 'clients'], finder),
    publicName: text.public_name ?? text.id,
    contact: text.contact,
    answer: text.answer,
    enforce: readEnforce(text.enforce, [...path, 'enforce'], timeZone, finder),
    places: finder.document.places(path),
  });
}

/** Canonical prefixes. Where bits are set behind the length the network is taken on, so that one slip makes one problem. */
export function readClients(texts: readonly string[], path: Path, finder: Finder): string[] {
  const clients: string[] = [];
  for (const [i, text] of texts.entries()) {
    const client = readClient(text, [...path, i], finder);
    if (client !== undefined && clients.includes(client)) {
      finder.error('duplicate-client', `${quote(text)} stands here twice; take one away`, [...path, i]);
    } else if (client !== undefined) clients.push(client);
  }
  return clients;
}

function readClient(text: string, path: Path, finder: Finder): string | undefined {
  const fault = clientFault(text);
  if (fault !== undefined) finder.error(fault.code, fault.message, path);
  const prefix = parsePrefix(text);
  if (prefix === undefined) return undefined;
  return prefix === 'host-bits' ? networkOf(text) : formatPrefix(prefix);
}

/** Why a text is no client; undefined when it is one. */
export function clientFault(text: string): TextFault | undefined {
  const prefix = parsePrefix(text);
  if (prefix === undefined) {
    const cure = 'write it as 10.0.0.0/8 or "2001:db8::/32"';
    return { code: 'address-invalid', message: `${quote(text)} is no address and no prefix; ${cure}` };
  }
  if (prefix !== 'host-bits') return undefined;
  return { code: 'host-bits', message: `${quote(text)} has bits set behind its length; write ${networkOf(text)}` };
}

function readEnforce(texts: SegmentText['enforce'], path: Path, timeZone: string, finder: Finder): EnforceEntry[] {
  const seen = new Set<string>();
  return texts.flatMap((text, i): EnforceEntry[] => {
    const at = [...path, i];
    const entry = typeof text === 'string' ? { directive: text, mode: 'enforce' as const } : text;
    if (seen.has(entry.directive)) {
      finder.error('duplicate-directive', `${entry.directive} stands here twice; take one away`, at);
      return [];
    }
    seen.add(entry.directive);
    if ((entry.until === undefined) !== (entry.then === undefined)) {
      finder.error('missing-key', 'until and then go together: until when, and what comes then', at);
    }
    const until = entry.until === undefined ? undefined : instantOf(entry.until, 'end', timeZone);
    return [
      present({
        directive: entry.directive,
        mode: entry.mode,
        until,
        // biome-ignore lint/suspicious/noThenProperty: a word of the model; no function, so nothing takes it for a promise
        then: entry.then,
        ownMeasure: entry.own_measure,
        places: finder.document.places(at),
      }),
    ];
  });
}
