// Numbers in network order. Plain functions over Uint8Array: V8 inlines them, and DataView would cost an object a buffer. Where one is
// at hand, its get and set are one instruction each.

export function readU16(bytes: Uint8Array, at: number): number {
  return (bytes[at] << 8) | bytes[at + 1];
}

export function readU32(bytes: Uint8Array, at: number): number {
  return ((bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3]) >>> 0;
}

export function writeU16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >>> 16;
  bytes[at + 2] = value >>> 8;
  bytes[at + 3] = value;
}

/**
 * Copies in steps of four bytes, a third of the time that single ones take: up to three more are read and written, for whoever goes on writing
 * right behind and has the room.
 */
export function copyByFours(from: DataView, fromAt: number, to: DataView, at: number, length: number): void {
  for (let i = 0; i < length; i += 4) to.setInt32(at + i, from.getInt32(fromAt + i));
}

/** What a typed array of this machine holds: `true` makes a DataView read words as Int32Array does. */
export const IS_LITTLE_ENDIAN = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;
