// TTLs of a kept answer as a client sees them: fallen by its age, never above the configured limit.

/**
 * Rewrites the TTL fields of a copied answer: min(TTL, cap) − age, never below 0. `outAt` is the message's first byte in `out`. A started
 * second counts as a whole one, so that no answer outlives the one it was made of: the caller rounds up. Offsets end at the array's end
 * or at a 0, where no TTL can be.
 */
export function ageInto(
  out: DataView,
  outAt: number,
  ttlOffsets: Uint16Array,
  ageSeconds: number,
  capSeconds: number,
): void {
  for (let i = 0; i < ttlOffsets.length && ttlOffsets[i] !== 0; i++) {
    const at = outAt + ttlOffsets[i];
    const left = Math.min(out.getUint32(at), capSeconds) - ageSeconds;
    out.setUint32(at, Math.max(left, 0));
  }
}

/** Gives every TTL field the same value: a stale answer's 30 s (RFC 8767 §4). */
export function setTtls(out: DataView, outAt: number, ttlOffsets: Uint16Array, ttlSeconds: number): void {
  for (let i = 0; i < ttlOffsets.length && ttlOffsets[i] !== 0; i++) out.setUint32(outAt + ttlOffsets[i], ttlSeconds);
}
