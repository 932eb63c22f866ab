// Writes a snapshot's sections one behind the other into the slot it is given, then the header with both digests.

import {
  AT_CONTENT_DIGEST,
  AT_GENERATION,
  AT_HEADER_DIGEST,
  AT_LENGTH,
  AT_MAGIC,
  AT_ORDER,
  AT_SECTION_COUNT,
  AT_SECTIONS,
  AT_VALID_UNTIL,
  AT_VERSION,
  alignUp,
  HEADER_SIZE,
  LAYOUT_VERSION,
  MAGIC,
  ORDER_MARK,
  SECTION_ALIGNMENT,
  SECTION_COUNT,
} from './layout.ts';

export type Sha256 = (bytes: Uint8Array) => Uint8Array;

export interface Writer {
  readonly into: Uint8Array;
  readonly view: DataView;
  length: number;
  /** The slot is too small: nothing more is written. */
  isFull: boolean;
}

/** `into` must start at a multiple of 64 in its buffer. */
export function newWriter(into: Uint8Array): Writer {
  if (into.byteOffset % SECTION_ALIGNMENT !== 0) throw new Error('a snapshot slot starts at a multiple of 64 bytes');
  const isFull = into.length < HEADER_SIZE;
  if (!isFull) into.fill(0, 0, HEADER_SIZE);
  return { into, view: new DataView(into.buffer, into.byteOffset, into.length), length: HEADER_SIZE, isFull };
}

/** Room for a section, zeroed only in its padding; undefined when the slot is full. */
export function reserve(writer: Writer, section: number, size: number): Uint8Array | undefined {
  const start = writer.length;
  const end = alignUp(start + size);
  if (writer.isFull || end > writer.into.length) {
    writer.isFull = true;
    return undefined;
  }
  writer.into.fill(0, start + size, end);
  writer.view.setUint32(AT_SECTIONS + section * 8, start, true);
  writer.view.setUint32(AT_SECTIONS + section * 8 + 4, size, true);
  writer.length = end;
  return writer.into.subarray(start, start + size);
}

export function writeSection(writer: Writer, section: number, content: Uint8Array | Uint32Array | Float64Array): void {
  const bytes = new Uint8Array(content.buffer, content.byteOffset, content.byteLength);
  reserve(writer, section, bytes.length)?.set(bytes);
}

/** Gives the content digest. */
export function finish(writer: Writer, generation: number, validUntil: number, sha256: Sha256): Uint8Array {
  const { into, view, length } = writer;
  view.setUint32(AT_MAGIC, MAGIC, true);
  view.setUint32(AT_VERSION, LAYOUT_VERSION, true);
  // In the machine's own order: a reader of the other order sees it reversed.
  into.set(new Uint8Array(Uint32Array.of(ORDER_MARK).buffer), AT_ORDER);
  view.setUint32(AT_GENERATION, generation, true);
  view.setUint32(AT_LENGTH, length, true);
  view.setFloat64(AT_VALID_UNTIL, validUntil, true);
  view.setUint32(AT_SECTION_COUNT, SECTION_COUNT, true);
  const digest = sha256(into.subarray(HEADER_SIZE, length));
  into.set(digest, AT_CONTENT_DIGEST);
  into.set(sha256(into.subarray(0, AT_HEADER_DIGEST)), AT_HEADER_DIGEST);
  return digest;
}
