// A sum over words by which a copy is known to be of one piece: each word times a factor of its own, so that words in other places, or
// from another writing, give another sum. One addition is all that a word waits for, so that the processor works on several at once. It is no
// defence against an author: the memory is our own.

/** Added to the factor from word to word; even times anything plus odd stays odd, and odd factors lose no bit. */
export const SUM_STEP = 0x9e3779b2 | 0;

export function beginSum(version: number): number {
  return (Math.imul(version, 0x85ebca6b) + 0x165667b1) | 0;
}

/** The fold brings a word's upper half down, so that the top bits of two words cannot cancel. */
export function sumWord(sum: number, word: number, step: number): number {
  return (sum + Math.imul(word ^ (word >>> 16), step | 1)) | 0;
}

export function sumWords(words: Int32Array, at: number, count: number, sumBefore: number, firstStep: number): number {
  let sum = sumBefore;
  let step = firstStep;
  for (let i = 0; i < count; i++) {
    sum = sumWord(sum, words[at + i], step);
    step = (step + SUM_STEP) | 0;
  }
  return sum;
}
