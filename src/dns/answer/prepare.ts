// Between reading a batch of packets and answering them: everything that their answers will read is fetched, all of it at once.

import type { Packet } from '../../base/packet.ts';
import { prepareName, touchLabels, touchSlots } from '../../policy/decide/touch.ts';
import { FAULT_NONE } from '../wire/question.ts';
import type { FastPath } from './fast-path.ts';

/** For packets[0 … count) that readPacket has read. One loop a kind of read: a loop that does little else has dozens of them under way. */
export function touchBatch(path: FastPath, packets: readonly Packet[], count: number): void {
  const { snapshot } = path;
  if (snapshot === undefined) return;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    if (packets[i].fault !== FAULT_NONE) continue;
    prepareName(snapshot, packets[i]);
    packets[i].hashed = 1;
  }
  for (let i = 0; i < count; i++) if (packets[i].hashed === 1) sum ^= touchSlots(snapshot, packets[i]);
  for (let i = 0; i < count; i++) if (packets[i].hashed === 1) sum ^= touchLabels(snapshot, packets[i]);
  path.touched = sum;
}
