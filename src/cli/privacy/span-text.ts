// `7 days`, `1 month`: spans as people read them.

import type { Span } from '../../policy/model.ts';

export function formatSpan({ amount, unit }: Span): string {
  return `${amount} ${amount === 1 ? unit.slice(0, -1) : unit}`;
}
