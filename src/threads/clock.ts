// One monotonic clock for all threads. performance.now() counts from each thread's own start; ages of cached answers are compared across
// threads, so every thread adds what it lacks to the system's own count once.

/** Seconds since the machine's start, the same in every thread to a few microseconds; nothing is allocated by asking. */
export function sharedMonotonic(): () => number {
  const offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  return () => (performance.now() + offsetMs) / 1000;
}
