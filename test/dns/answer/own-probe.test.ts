import { expect, test } from 'vitest';
import type { FastPath } from '../../../src/dns/answer/fast-path.ts';
import { PROBE } from '../../../src/dns/answer/outcome.ts';
import { isProbeReply, PROBE_KEY_BYTES, probeMessage } from '../../../src/dns/answer/own-probe.ts';
import { ask, newPath } from './asking.ts';
import { CLIENTS, smallPolicy } from './small-policy.ts';

const KEY = Uint8Array.from({ length: PROBE_KEY_BYTES }, (_, i) => i * 15 + 3);
const OTHER_KEY = KEY.map((byte) => byte ^ 0x80);

/** Everything that the path has counted, and the events it has written. */
const counted = ({ counters, events }: FastPath) =>
  [...counters.fixed, ...counters.rows].reduce((sum, value) => sum + value, 0) + events.head;

test.each([
  ['a segment', CLIENTS.nxdomain],
  ['no segment', CLIENTS.stranger],
])('the own probe from %s comes back with QR, and nothing is counted', (_, client) => {
  for (const policy of [smallPolicy(), undefined]) {
    const path = newPath(policy, { probeKey: KEY });
    const message = probeMessage(KEY, 0xbeef);
    const { result, packet } = ask(path, message, { client });
    expect(result).toBe(PROBE);
    const reply = packet.bytes.slice(packet.at, packet.at + packet.length);
    expect(isProbeReply(message, reply)).toBe(true);
    expect(counted(path)).toBe(0);
  }
});

test.each<[string, Uint8Array | undefined, (message: Uint8Array) => Uint8Array]>([
  ['of another process', OTHER_KEY, (message) => message],
  ['where no key is known', undefined, (message) => message],
  ['a byte too long', KEY, (message) => Uint8Array.of(...message, 0)],
  ['a byte too short', KEY, (message) => message.subarray(0, message.length - 1)],
  ['with another opcode', KEY, (message) => message.with(2, 0x70)],
])('a probe %s is any client’s message: counted, and not implemented', (_, probeKey, change) => {
  const path = newPath(smallPolicy(), probeKey === undefined ? {} : { probeKey });
  const { bytes } = ask(path, change(probeMessage(KEY, 1)), { client: CLIENTS.nxdomain });
  expect(bytes[3] & 15).toBe(4);
  expect(counted(path)).toBe(2);
});

test('each byte of the key counts', () => {
  const path = newPath(smallPolicy(), { probeKey: KEY });
  const message = probeMessage(KEY, 1);
  for (let i = message.length - PROBE_KEY_BYTES; i < message.length; i++) {
    expect(ask(path, message.with(i, message[i] ^ 1), { client: CLIENTS.nxdomain }).result).not.toBe(PROBE);
  }
});

test('what was asked is no reply to it, nor is a reply to another question', () => {
  const message = probeMessage(KEY, 1);
  const reply = message.with(2, message[2] | 0x80);
  expect(isProbeReply(message, reply)).toBe(true);
  expect(isProbeReply(message, message)).toBe(false);
  expect(isProbeReply(message, reply.with(1, 2))).toBe(false);
  expect(isProbeReply(message, reply.subarray(1))).toBe(false);
});
