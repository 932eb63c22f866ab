// What answerQuery says besides a length.

/** Not to be answered from here: ask the resolver. */
export const MISS = -1;
/** Send nothing. */
export const DROP = -2;
/** It is this process's own question whether the listener answers: send the packet back as it lies there, and count nothing. */
export const PROBE = -3;
