// What every verb ends with: scripts and CI go by it.

export const EXIT_FINE = 0;
export const EXIT_PROBLEMS = 1;
export const EXIT_USAGE = 2;
/** What a shell shows for a process that SIGPIPE ended. */
export const EXIT_BROKEN_PIPE = 141;
