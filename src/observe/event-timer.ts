// When main drains the events' rings: often enough that they do not fill, in slices between which everything else has its turn.

/** Forty times a second; the rings hold five times as much as comes in between. */
const EVERY_MS = 25;

/** Calls `drain`, again at once after other work while it says that there is more. Gives the function that ends it. */
export function drainOften(drain: () => boolean): () => void {
  let again: NodeJS.Immediate | undefined;
  const slice = () => {
    again = drain() ? setImmediate(slice) : undefined;
  };
  const timer = setInterval(() => again ?? slice(), EVERY_MS);
  return () => {
    clearInterval(timer);
    clearImmediate(again);
  };
}
