// Chance from a seed: the same numbers on every machine.

/** mulberry32: gives whole numbers below a limit. */
export function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

export function word(random: (below: number) => number, shortest: number, longest: number): string {
  let text = '';
  for (let left = shortest + random(longest - shortest + 1); left > 0; left--) {
    text += String.fromCharCode(97 + random(26));
  }
  return text;
}
