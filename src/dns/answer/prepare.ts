// Between reading a batch of packets and answering them: what their answers will read is fetched, all of it at once. One loop a kind of read: a
// loop that does little else has dozens of reads under way.
//
//   response cache: hash ─▶ bucket ─┬─ there ─▶ its slot
//                                   └─ not ───▶ policy: hash ─▶ slots ─▶ labels

import type { Packet } from '../../base/packet.ts';
import { prepareName, touchLabels, touchSlots } from '../../policy/decide/touch.ts';
import type { Snapshot } from '../../policy/snapshot/snapshot.ts';
import { FAULT_NONE } from '../wire/question.ts';
import type { FastPath } from './fast-path.ts';
import type { CacheReader } from './response-cache/reader.ts';
import { prepareKey, slotAhead, touchBucket, touchSlot } from './response-cache/touch.ts';

/** For packets[0 … count) that readPacket has read. */
export function touchBatch(path: FastPath, packets: readonly Packet[], count: number): void {
  const { snapshot, cache } = path;
  if (snapshot === undefined) return;
  path.touched = cache === undefined ? 0 : touchCache(cache, packets, count);
  path.touched ^= touchPolicy(path, snapshot, packets, count);
}

function touchCache(cache: CacheReader, packets: readonly Packet[], count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    if (packets[i].fault !== FAULT_NONE) continue;
    prepareKey(cache, packets[i]);
    packets[i].keyed = 1;
  }
  for (let i = 0; i < count; i++) if (packets[i].keyed === 1) sum ^= touchBucket(cache, packets[i]);
  return sum;
}

function touchPolicy({ cache }: FastPath, snapshot: Snapshot, packets: readonly Packet[], count: number): number {
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const packet = packets[i];
    if (packet.fault !== FAULT_NONE) continue;
    const slot = cache === undefined ? -1 : slotAhead(cache, packet);
    if (cache !== undefined && slot >= 0) {
      // Kept with what it matches: its name is not looked up.
      sum ^= touchSlot(cache, slot);
      continue;
    }
    prepareName(snapshot, packet);
    packet.hashed = 1;
  }
  for (let i = 0; i < count; i++) if (packets[i].hashed === 1) sum ^= touchSlots(snapshot, packets[i]);
  for (let i = 0; i < count; i++) if (packets[i].hashed === 1) sum ^= touchLabels(snapshot, packets[i]);
  return sum;
}
