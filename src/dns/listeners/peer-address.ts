// A peer's address as Node gives it (the kernel's own text: dotted quad, RFC 5952, mapped, `%zone` behind link-local) as 16 bytes. One
// pass over the characters, nothing allocated: it runs for every datagram.

const DOT = 0x2e;
const COLON = 0x3a;
const PERCENT = 0x25;

/** Writes the 16 bytes, IPv4 mapped, into `out`. False when the text is no address; `out` then holds nothing of use. */
export function readPeerAddress(text: string, out: Uint8Array): boolean {
  out.fill(0);
  return text.includes(':') ? readIPv6(text, out) : readMapped(text, 0, text.length, out);
}

function readMapped(text: string, from: number, end: number, out: Uint8Array): boolean {
  out[10] = 0xff;
  out[11] = 0xff;
  return readQuad(text, from, end, out, 12);
}

function readQuad(text: string, from: number, end: number, out: Uint8Array, at: number): boolean {
  let part = 0;
  let digits = 0;
  let value = 0;
  for (let i = from; i <= end; i++) {
    const code = i === end ? DOT : text.charCodeAt(i);
    if (code === DOT) {
      if (digits === 0 || value > 255 || part > 3) return false;
      out[at + part++] = value;
      digits = 0;
      value = 0;
    } else {
      if (code < 48 || code > 57 || ++digits > 3) return false;
      value = value * 10 + code - 48;
    }
  }
  return part === 4;
}

function readIPv6(text: string, out: Uint8Array): boolean {
  const zone = text.indexOf('%');
  const end = zone < 0 ? text.length : zone;
  let at = 0;
  // Where `::` stands; what follows it is moved to the end.
  let gap = -1;
  let i = 0;
  while (i < end) {
    if (text.charCodeAt(i) === COLON) {
      const isDouble = text.charCodeAt(i + 1) === COLON;
      if (isDouble && gap >= 0) return false;
      if (isDouble) gap = at;
      else if (at === 0) return false;
      i += isDouble ? 2 : 1;
      if (i === end) break;
    }
    const groupEnd = endOfGroup(text, i, end);
    if (at > 14 || groupEnd === i) return false;
    if (text.charCodeAt(groupEnd) === DOT) {
      if (at > 12 || !readQuad(text, i, end, out, at)) return false;
      at += 4;
      break;
    }
    const value = readHex(text, i, groupEnd);
    if (value < 0) return false;
    out[at++] = value >> 8;
    out[at++] = value;
    i = groupEnd;
  }
  if (gap < 0) return at === 16;
  out.copyWithin(16 - (at - gap), gap, at);
  out.fill(0, gap, 16 - (at - gap));
  return at < 16;
}

function endOfGroup(text: string, from: number, end: number): number {
  let i = from;
  while (i < end) {
    const code = text.charCodeAt(i);
    if (code === COLON || code === DOT || code === PERCENT) break;
    i++;
  }
  return i;
}

function readHex(text: string, from: number, end: number): number {
  if (end - from > 4) return -1;
  let value = 0;
  for (let i = from; i < end; i++) {
    const code = text.charCodeAt(i) | 0x20;
    if (code >= 0x30 && code <= 0x39) value = value * 16 + code - 0x30;
    else if (code >= 0x61 && code <= 0x66) value = value * 16 + code - 0x57;
    else return -1;
  }
  return value;
}
