// The subjects of an answer: the places inside a message that policy must see, found once when the answer comes in (dns/wire/scrub)
// and judged again under every new snapshot (policy/decide), in place, without the upstream.
//
//   message (messageLength bytes)            facts block at factsAt
//   ┌────────┬──────────┬──────────────┐┌──────┬───────┬────────────┬───────┬──────────────┬───────────────┐
//   │ header │ question │ sections …   ││ len  │ count │ generation │ memos │ 4 × memo (8) │ count × 4     │
//   └────────┴──────────┴──────────────┘└──────┴───────┴────────────┴───────┴──────────────┴───────────────┘
//   ▲ factsAt − messageLength            u16    u16     u32          u32                     kind u8, 0, offset u16
//
// All numbers in network order. A subject's offset counts from the first byte of the message; names may be compressed, pointers count
// from there too. Subject 0 is the qname. The memo is what the subjects match, one entry an app, whatever the segment; it holds for one
// generation only and is written by the thread that owns these bytes.

export const SUBJECT_QNAME = 0;
/** A CNAME or DNAME target, or the target of an SVCB or HTTPS record. */
export const SUBJECT_NAME = 1;
/** Four bytes: an A record or an ipv4hint. */
export const SUBJECT_IPV4 = 2;
/** Sixteen bytes: an AAAA record or an ipv6hint. */
export const SUBJECT_IPV6 = 3;

export const FACTS_LENGTH_AT = 0;
export const FACTS_COUNT_AT = 2;
export const FACTS_GENERATION_AT = 4;
export const FACTS_MEMO_COUNT_AT = 8;
export const FACTS_MEMOS_AT = 12;
export const FACTS_MEMO_SIZE = 8;
export const FACTS_MAX_MEMOS = 4;
/** In place of the count of memos: more apps match than the memo holds; judge the subjects. */
export const FACTS_MEMO_OVERFLOW = 0xffffffff;
export const FACTS_SUBJECTS_AT = FACTS_MEMOS_AT + FACTS_MAX_MEMOS * FACTS_MEMO_SIZE;
export const FACTS_SUBJECT_SIZE = 4;

/** Bytes of a facts block with `count` subjects. */
export function factsSize(count: number): number {
  return FACTS_SUBJECTS_AT + count * FACTS_SUBJECT_SIZE;
}
