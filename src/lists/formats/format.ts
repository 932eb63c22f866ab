// What a reader of a foreign list format is: it gets the bytes of one line and hands out the places of names in it. No strings and no
// objects: a million lines pass through.

import type { FeedFormat } from '../../policy/model.ts';
import { domains } from './domains.ts';
import { hosts } from './hosts.ts';

export interface LineTarget {
  /** A pattern stands at bytes[start, end): a bare name, `*.name` or `.name`. */
  pattern(bytes: Uint8Array, start: number, end: number): void;
  /** The line, or the part of it at `start`, cannot be used. */
  reject(fault: LineFault, start: number): void;
}

export type LineFault = 'no-address' | 'real-address' | 'two-words' | 'no-name';

export interface Format {
  /** What a bare name means where the feed does not say. */
  readonly habit: 'exact' | 'domain';
  /** One line without its line end, at bytes[start, end). */
  line(bytes: Uint8Array, start: number, end: number, to: LineTarget): void;
}

export const FORMATS: Record<FeedFormat, Format> = { hosts, domains };
