import { describe, expect, test } from 'vitest';
import { expandName, sameName, skipName, suffixAt } from '../../../src/dns/wire/names.ts';

/** 12 bytes of header, then what the text says: letters and digits as they are, numbers in brackets as bytes. */
function bytesOf(text: string): Uint8Array {
  const body = text.split(/\[(\d+)\]/).flatMap((part, i) => (i % 2 === 1 ? [Number(part)] : [...Buffer.from(part)]));
  return Uint8Array.from([...new Array(12).fill(0), ...body]);
}

const skip = (text: string, at: number) => {
  const bytes = bytesOf(text);
  return skipName(bytes, at, bytes.length);
};

describe('skipName', () => {
  test('gives the offset behind a plain name, the root, and a pointer', () => {
    expect(skip('[1]a[0]x', 12)).toBe(15);
    expect(skip('[0]', 12)).toBe(13);
    expect(skip('[1]a[0][1]b[192][12]x', 15)).toBe(19);
  });

  test.each([
    ['a pointer to itself', '[192][12]', 12],
    ['a pointer forwards', '[192][14][0]', 12],
    ['a pointer into its own piece', '[1]a[192][12]', 12],
    ['two pointers at each other', '[1]a[192][16][1]b[192][12]', 16],
    ['a pointer into the header', '[192][4]', 12],
    ['half a pointer', '[192]', 12],
    ['a label that leaves the message', '[5]abc', 12],
    ['a name without end', '[1]a', 12],
    ['a label of the obsolete type 01', '[65]a[0]', 12],
  ])('refuses %s', (_what, text, at) => {
    expect(skip(text, at)).toBe(-1);
  });

  test('a name may have 255 bytes and no more, whatever its pointers', () => {
    const label = `[63]${'x'.repeat(63)}`;
    const tail = `${label.repeat(3)}[0]`;
    expect(skip(`${tail}[61]${'y'.repeat(61)}[192][12]`, 205)).toBe(269);
    expect(skip(`${tail}[62]${'y'.repeat(62)}[192][12]`, 205)).toBe(-1);
  });

  test('a chain of pointers as long as a message can hold ends quickly', () => {
    const bytes = new Uint8Array(16_000);
    for (let at = 14; at < 15_998; at += 2) {
      bytes[at] = 0xc0 | ((at - 2) >> 8);
      bytes[at + 1] = (at - 2) & 255;
    }
    const started = performance.now();
    expect(skipName(bytes, 15_996, bytes.length)).toBe(15_998);
    expect(performance.now() - started).toBeLessThan(50);
  });
});

describe('names across pointers', () => {
  const bytes = bytesOf('[3]wWw[2]e.[3]com[0][3]Www[192][16]');

  test('expand to their labels, case kept', () => {
    const out = new Uint8Array(256);
    expect(Buffer.from(out.subarray(0, expandName(bytes, 24, out))).toString('latin1')).toBe(
      '\x03Www\x02e.\x03com\x00',
    );
  });

  test('are equal whatever their case, and differ when a label does', () => {
    expect(sameName(bytes, 12, bytes, 24)).toBe(true);
    expect(sameName(bytes, 16, bytes, 24)).toBe(false);
    expect(sameName(bytesOf('[3]a.b[0]'), 12, bytesOf('[1]a[1]b[0]'), 12)).toBe(false);
  });

  test('lie below an ancestor from a label on', () => {
    const name = Uint8Array.from([1, 97, 3, 87, 87, 87, 2, 101, 46, 3, 99, 111, 109, 0]);
    expect(suffixAt(name, bytes, 24)).toBe(2);
    expect(suffixAt(name, bytes, 16)).toBe(6);
    expect(suffixAt(name.subarray(2), bytes, 24)).toBe(0);
    expect(suffixAt(name.subarray(6), bytes, 24)).toBe(-1);
  });
});
