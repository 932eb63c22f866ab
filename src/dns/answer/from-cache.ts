// A hit: the answer is in shared memory, and with it what its content matches under the present policy. The first query after a swap or a
// writing judges it anew and leaves the memo for all others. The outcome is that of answerByName and answerFromMemory one after the other.

import type { Packet } from '../../base/packet.ts';
import { protectedVerdict, verdictForFacts, verdictForName, verdictOfWinner } from '../../policy/decide/decide.ts';
import { weighFindings } from '../../policy/decide/judge.ts';
import type { Snapshot } from '../../policy/snapshot/snapshot.ts';
import { actionOf, BLOCKED, FREE, matchedOf, PROTECTED } from '../../policy/verdict.ts';
import { HEADER_SIZE } from '../wire/message.ts';
import { answerBlocked } from './blocked.ts';
import { countCacheHit } from './counting/counters.ts';
import type { FastPath } from './fast-path.ts';
import { answerJudged } from './from-memory.ts';
import { MISS } from './outcome.ts';
import { loadMemo, NO_MEMO, storeMemo, storeProtected } from './response-cache/memo.ts';
import { type CacheReader, loadFacts, lookUp, lookUpHashed } from './response-cache/reader.ts';
import { takeRefresh, touch } from './response-cache/slot.ts';

/** From this part of an answer's life on, the next hit has it asked for again. */
const REFRESH_FROM = 0.9;

/** The answer's length, DROP, or MISS when there is no fresh answer: then the packet's bytes are as they came. */
export function answerFromCache(path: FastPath, snapshot: Snapshot, packet: Packet, cache: CacheReader): number {
  const isThere =
    packet.keyed === 1 ? lookUpHashed(cache, packet, packet.keyBucket, packet.keyTag) : lookUp(cache, packet);
  if (!isThere || path.nowSeconds >= cache.kept.expiresAt) return MISS;
  const { kept } = cache;
  const labels = loadMemo(cache.shared, cache.copy, snapshot.generation, snapshot.findings);
  if (labels === NO_MEMO) return answerAnew(path, snapshot, packet, cache);
  if (labels > 0) {
    packet.verdict = protectedVerdict(snapshot, labels, HEADER_SIZE, 0);
  } else {
    const winner = weighFindings(snapshot, packet.segment);
    // Who matched something needs to say where: the subjects too must be this very answer's.
    if (winner >= 0 && !loadFacts(cache)) return MISS;
    packet.verdict = winner < 0 ? FREE : verdictOfWinner(snapshot, packet.segment, winner, kept.bytes, kept.factsAt);
  }
  return give(path, snapshot, packet, cache);
}

function answerAnew(path: FastPath, snapshot: Snapshot, packet: Packet, cache: CacheReader): number {
  const { generation, findings } = snapshot;
  const { bytes, factsAt } = cache.kept;
  const byName = verdictForName(snapshot, packet.segment, packet.qname, 0);
  packet.verdict = byName;
  if (actionOf(byName) === BLOCKED) return answerBlocked(path, snapshot, packet, packet.qname);
  if (!loadFacts(cache)) return MISS;
  packet.verdict = verdictForFacts(snapshot, packet.segment, byName, bytes, factsAt);
  if (actionOf(byName) === PROTECTED) storeProtected(cache.shared, cache.copy, generation, matchedOf(byName));
  else storeMemo(cache.shared, cache.copy, generation, findings);
  return give(path, snapshot, packet, cache);
}

function give(path: FastPath, snapshot: Snapshot, packet: Packet, cache: CacheReader): number {
  if (actionOf(packet.verdict) !== BLOCKED) noteHit(path, packet, cache);
  return answerJudged(path, snapshot, packet, cache.kept, false);
}

/** Counts it, keeps it from being evicted, and near its end has it asked for again. */
function noteHit(path: FastPath, packet: Packet, { shared, copy, kept }: CacheReader): void {
  countCacheHit(path.counters);
  touch(shared, copy.slot, path.nowSeconds | 0);
  const ageSeconds = path.nowSeconds - kept.insertedAt;
  if (ageSeconds < REFRESH_FROM * (kept.expiresAt - kept.insertedAt)) return;
  if (takeRefresh(shared, copy.slot)) packet.refresh = 1;
}
