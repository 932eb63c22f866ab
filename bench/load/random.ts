// Chance from a seed: the same numbers on every machine.

/** Whole numbers below a limit. */
export function randomFrom(seed: number): (below: number) => number {
  const fraction = fractionsFrom(seed);
  return (below) => Math.floor(fraction() * below);
}

/** mulberry32: from 0 up to 1. */
export function fractionsFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function word(random: (below: number) => number, shortest: number, longest: number): string {
  let text = '';
  for (let left = shortest + random(longest - shortest + 1); left > 0; left--) {
    text += String.fromCharCode(97 + random(26));
  }
  return text;
}
