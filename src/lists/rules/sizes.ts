// `64MiB`: sizes as people write them. Units of 1,024 only, so that nobody has to wonder.

const UNITS: Record<string, number> = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 };

/** Bytes; a number stands for itself. Undefined for anything else. */
export function parseSize(size: string | number): number | undefined {
  if (typeof size === 'number') return Number.isSafeInteger(size) && size > 0 ? size : undefined;
  const match = /^([1-9]\d{0,9}) ?(B|KiB|MiB|GiB)$/.exec(size);
  return match === null ? undefined : Number(match[1]) * UNITS[match[2]];
}
