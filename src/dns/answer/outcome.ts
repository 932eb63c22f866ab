// What answerQuery says besides a length.

/** Not to be answered from here: ask the resolver. */
export const MISS = -1;
/** Send nothing. */
export const DROP = -2;
