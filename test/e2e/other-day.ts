// Preloaded into an instance: its wall clock stands so many days ahead, in all its threads. Timers and the monotonic clock run as ever.

const AHEAD_MS = Number(process.env.TEST_DAYS_AHEAD ?? 0) * 86_400_000;
const RealDate = Date;
const now = () => RealDate.now() + AHEAD_MS;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  get: (target, key, receiver) => (key === 'now' ? now : Reflect.get(target, key, receiver)),
});
