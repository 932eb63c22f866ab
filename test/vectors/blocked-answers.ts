// DNS.md §2 as a table: kind of answer × type × transport → rcode, records, EDE. Read with test/dns/answer/blocked.test.ts.

export interface BlockedRow {
  readonly kind: 'sinkhole' | 'null' | 'nxdomain' | 'nodata' | 'refused' | 'drop' | 'tcp-only';
  readonly type: string;
  readonly transport: 'udp' | 'tcp';
  readonly rcode?: number | 'drop';
  readonly answers?: readonly string[];
  /** Owner of the SOA in the authority section; none when absent. */
  readonly soa?: string;
  readonly tc?: boolean;
  /** EDE codes; the last one carries the decision id. */
  readonly edes?: readonly number[];
}

/** Every row asks for this name, blocked by the rule `tiktok.com`. */
export const BLOCKED_NAME = 'www.tiktok.com';
const SELF = BLOCKED_NAME;
const PARENT = 'tiktok.com';
const A = (address: string) => `${SELF} 60 A ${address}`;
const AAAA = (address: string) => `${SELF} 60 AAAA ${address}`;
const OTHER_TYPES = ['NS', 'CNAME', 'SOA', 'MX', 'TXT', 'SRV', 'DS', 'HTTPS'];
const ALL_TYPES = ['A', 'AAAA', 'ANY', ...OTHER_TYPES];

type Row = Omit<BlockedRow, 'transport'> & Partial<Pick<BlockedRow, 'transport'>>;

const rows = (types: readonly string[], row: Omit<Row, 'type'>): Row[] => types.map((type) => ({ ...row, type }));

const ROWS: readonly Row[] = [
  { kind: 'sinkhole', type: 'A', answers: [A('192.0.2.53')], edes: [4, 15] },
  { kind: 'sinkhole', type: 'AAAA', answers: [AAAA('2001:db8::53')], edes: [4, 15] },
  { kind: 'sinkhole', type: 'ANY', answers: [A('192.0.2.53'), AAAA('2001:db8::53')], edes: [4, 15] },
  ...rows(OTHER_TYPES, { kind: 'sinkhole', soa: SELF, edes: [15] }),
  { kind: 'null', type: 'A', answers: [A('0.0.0.0')], edes: [4, 15] },
  { kind: 'null', type: 'AAAA', answers: [AAAA('::')], edes: [4, 15] },
  { kind: 'null', type: 'ANY', answers: [A('0.0.0.0'), AAAA('::')], edes: [4, 15] },
  ...rows(OTHER_TYPES, { kind: 'null', soa: SELF, edes: [15] }),
  ...rows(ALL_TYPES, { kind: 'nxdomain', rcode: 3, soa: PARENT, edes: [15] }),
  ...rows(ALL_TYPES, { kind: 'nodata', soa: SELF, edes: [15] }),
  ...rows(ALL_TYPES, { kind: 'refused', rcode: 5, edes: [15] }),
  ...rows(ALL_TYPES, { kind: 'drop', rcode: 'drop' }),
  ...rows(ALL_TYPES, { kind: 'tcp-only', tc: true, edes: [15] }),
  ...rows(ALL_TYPES, { kind: 'tcp-only', transport: 'tcp', rcode: 3, soa: PARENT, edes: [15] }),
  { kind: 'sinkhole', type: 'A', transport: 'tcp', answers: [A('192.0.2.53')], edes: [4, 15] },
  { kind: 'drop', type: 'A', transport: 'tcp', rcode: 'drop' },
];

export const BLOCKED: readonly BlockedRow[] = ROWS.map((row) => ({ transport: 'udp', ...row }));
