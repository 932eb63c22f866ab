// What happens to one app in one derived segment (POLICY.md §5.5), as one u32:
//
//   bits 17–31 exemption │ 3–16 directive │ 0–2 action         FREE is 0: no directive of the segment names the app

/** 14 and 15 bits of an outcome. */
export const MAX_DIRECTIVES = 1 << 14;
export const MAX_EXEMPTIONS = 1 << 15;

export function packOutcome(action: number, directive: number, exemption: number): number {
  return (action | (directive << 3) | (exemption << 17)) >>> 0;
}
export function outcomeAction(outcome: number): number {
  return outcome & 7;
}
export function outcomeDirective(outcome: number): number {
  return (outcome >>> 3) & 0x3fff;
}
export function outcomeExemption(outcome: number): number {
  return outcome >>> 17;
}
