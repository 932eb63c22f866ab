// Names as people write them, to wire form: case folded, IDNs turned into A-labels, and what cannot be a rule refused with a cure.

import { domainToASCII } from 'node:url';
import { getPublicSuffix } from 'tldts';
import { parseAddress } from '../../base/addresses.ts';
import type { WireName } from '../../base/brand.ts';
import { countLabels, formatName, type NameFault, parseName } from '../../base/names.ts';
import { quote } from '../yaml/shape.ts';

/** Why a text is no name for its place, without the place. */
export interface TextFault {
  readonly code: string;
  readonly message: string;
}

const FAULTS: Record<NameFault, string> = {
  empty: 'is empty; write a domain name',
  'empty-label': 'has two dots in a row, or begins with one; take one away',
  'label-too-long': 'has a label of more than 63 bytes; no such name exists (RFC 1035)',
  'name-too-long': 'has more than 255 bytes; no such name exists (RFC 1035)',
  'bad-escape': 'has a backslash that begins no escape (\\. or \\DDD); mend it',
  'not-ascii': 'cannot be written in A-labels (IDNA); check its letters',
};

/** Any name, single labels and public suffixes too. */
export function readName(text: string): WireName | TextFault {
  const misread = misreadAs(text);
  if (misread !== undefined) return { code: 'name-invalid', message: `${quote(text)} ${misread}` };
  const ascii = isAscii(text) ? text : domainToASCII(text);
  const name = parseName(ascii === '' ? text : ascii);
  return typeof name === 'string' ? { code: 'name-invalid', message: `${quote(text)} ${FAULTS[name]}` } : name;
}

function misreadAs(text: string): string | undefined {
  if (/\s/.test(text)) return 'has a space; take it away';
  if (/[\0-\x1f\x7f]/.test(text)) return 'has a control character; take it away, or write it as \\DDD if it is meant';
  if (text.includes('://') || text.includes('/')) return 'is a URL or a path; write its host name alone';
  if (text.startsWith('*')) return 'has a wildcard; write the name behind "*." under the key wildcard';
  if (text.includes('@')) return 'has an @; write the host name alone';
  if (parseAddress(text) !== undefined) return 'is an address; write it under the key address';
  return undefined;
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 126) return false;
  return true;
}

/** A name that a rule may take: no single label, and no suffix under which anybody registers (POLICY.md §5.6). */
export function readRuleName(text: string): WireName | TextFault {
  const name = readName(text);
  if ('message' in name) return name;
  if (countLabels(name) < 2) {
    return {
      code: 'single-label',
      message: `${quote(text)} is a whole top-level domain; name what belongs to the app`,
    };
  }
  if (isPublicSuffix(formatName(name))) {
    return {
      code: 'public-suffix',
      message: `${quote(text)} is a public suffix, shared by everybody who registers below it; name what belongs to the app`,
    };
  }
  return name;
}

/** ICANN and private section of the public suffix list. `name` is lower-case text without trailing dot. */
export function isPublicSuffix(name: string): boolean {
  return getPublicSuffix(name, SUFFIX_OPTIONS) === name;
}

const SUFFIX_OPTIONS = { allowPrivateDomains: true, extractHostname: false, validateHostname: false };
