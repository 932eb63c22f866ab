// Between reading a batch of packets and answering them: what their answers will read is fetched, all of it at once.
//
//   response cache: hash ─▶ bucket ─┬─ there ─▶ its slot
//                                   └─ not ───▶ policy: hash ─▶ slots ─▶ labels

import type { Packet } from '../../base/packet.ts';
import { noteSlots, prepareName, type ReadAhead, touchNoted } from '../../policy/decide/touch.ts';
import { FAULT_NONE } from '../wire/question.ts';
import type { FastPath } from './fast-path.ts';
import type { CacheReader } from './response-cache/reader.ts';
import { prepareKey, SLOT_LINES, slotAhead, touchWords } from './response-cache/touch.ts';

/** For packets[0 … count) that readPacket has read. */
export function touchBatch(path: FastPath, packets: readonly Packet[], count: number): void {
  const { snapshot, cache, ahead } = path;
  if (snapshot === undefined) return;
  let sum = cache === undefined ? 0 : touchCache(ahead, cache, packets, count);
  ahead.count = 0;
  for (let i = 0; i < count; i++) {
    const packet = packets[i];
    // With a slot the name is not looked up: what it matches is kept with the answer.
    if (packet.fault !== FAULT_NONE || packet.slot >= 0) continue;
    prepareName(snapshot, packet);
    packet.hashed = 1;
    noteSlots(ahead, snapshot, packet);
  }
  sum ^= touchNoted(ahead, snapshot);
  path.touched = sum;
}

/** Leaves each packet's question hashed, and the slot where its answer seems to be. */
function touchCache({ at }: ReadAhead, cache: CacheReader, packets: readonly Packet[], count: number): number {
  const most = Math.min(count, at.length);
  for (let i = 0; i < most; i++) {
    at[i] = 0;
    if (packets[i].fault !== FAULT_NONE) continue;
    at[i] = prepareKey(cache, packets[i]);
    packets[i].keyed = 1;
  }
  let sum = touchWords(cache, at, most, 1);
  let found = 0;
  for (let i = 0; i < most; i++) {
    if (packets[i].keyed === 0) continue;
    packets[i].slot = slotAhead(cache, packets[i]);
    if (packets[i].slot >= 0) at[found++] = packets[i].slot;
  }
  sum ^= touchWords(cache, at, found, SLOT_LINES);
  return sum;
}
