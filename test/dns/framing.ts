// DNS messages on a stream: each behind its length in two bytes (RFC 1035 §4.2.2).

import { readU16, writeU16 } from '../../src/base/bytes.ts';

export function framed(...messages: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(
    messages.flatMap((message) => {
      const length = new Uint8Array(2);
      writeU16(length, 0, message.length);
      return [length, message];
    }),
  );
}

/** Puts chunks together and gives the messages that are whole, each a copy. */
export function newUnframer(): (chunk: Uint8Array) => Uint8Array[] {
  let rest: Uint8Array = new Uint8Array(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    const whole: Uint8Array[] = [];
    while (rest.length >= 2 && rest.length >= 2 + readU16(rest, 0)) {
      const end = 2 + readU16(rest, 0);
      whole.push(Uint8Array.from(rest.subarray(2, end)));
      rest = rest.subarray(end);
    }
    return whole;
  };
}
