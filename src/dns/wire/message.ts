// The numbers of a DNS message (RFC 1035 §4.1, IANA "Domain Name System Parameters") that more than one file needs.

/** Header and question come first in every message; sections follow in this order. */
export const HEADER_SIZE = 12;
export const FLAGS_AT = 2;
export const QDCOUNT_AT = 4;
export const ANCOUNT_AT = 6;
export const NSCOUNT_AT = 8;
export const ARCOUNT_AT = 10;

export const FLAG_QR = 0x8000;
export const OPCODE_MASK = 0x7800;
export const FLAG_AA = 0x0400;
export const FLAG_TC = 0x0200;
export const FLAG_RD = 0x0100;
export const FLAG_RA = 0x0080;
export const FLAG_AD = 0x0020;
export const FLAG_CD = 0x0010;

export const RCODE_NOERROR = 0;
export const RCODE_FORMERR = 1;
export const RCODE_SERVFAIL = 2;
export const RCODE_NXDOMAIN = 3;
export const RCODE_NOTIMP = 4;
export const RCODE_REFUSED = 5;
/** An extended rcode: its upper eight bits travel in the OPT (RFC 6891 §6.1.3). */
export const RCODE_BADVERS = 16;

export const TYPE_A = 1;
export const TYPE_SOA = 6;
export const TYPE_AAAA = 28;
export const TYPE_OPT = 41;
export const TYPE_DS = 43;
export const TYPE_NXNAME = 128;
export const TYPE_TKEY = 249;
export const TYPE_TSIG = 250;
export const TYPE_IXFR = 251;
export const TYPE_AXFR = 252;
export const TYPE_MAILB = 253;
export const TYPE_MAILA = 254;
export const TYPE_ANY = 255;

export const CLASS_IN = 1;

/** Largest message a stream can frame (RFC 1035 §4.2.2). */
export const MAX_MESSAGE = 65_535;
/** What every UDP client takes (RFC 1035 §4.2.1). */
export const MIN_UDP_SIZE = 512;
