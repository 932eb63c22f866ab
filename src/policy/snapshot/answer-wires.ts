// The settings of blocked answers as bytes that go on the wire unchanged.

import { parseAddress } from '../../base/addresses.ts';
import { parseName } from '../../base/names.ts';
import type { AnswerSettings } from '../model.ts';

export interface AnswerWires {
  /** 4 bytes; absent: this family is answered NODATA. */
  readonly sinkholeIPv4: Uint8Array | undefined;
  /** 16 bytes. */
  readonly sinkholeIPv6: Uint8Array | undefined;
  readonly ttlSeconds: number;
  /** Wire names of the SOA in negative answers. */
  readonly mname: Uint8Array;
  readonly rname: Uint8Array;
  /** The policy's generation. */
  readonly serial: number;
}

/** Undefined when a name or an address does not parse. */
export function answerWires(settings: AnswerSettings, serial: number): AnswerWires | undefined {
  const mname = parseName(settings.mname);
  const rname = parseName(settings.rname);
  const ipv4 = settings.sinkholeIPv4 === undefined ? undefined : parseAddress(settings.sinkholeIPv4);
  const ipv6 = settings.sinkholeIPv6 === undefined ? undefined : parseAddress(settings.sinkholeIPv6);
  if (typeof mname === 'string' || typeof rname === 'string') return undefined;
  if ((settings.sinkholeIPv4 !== undefined) !== (ipv4 !== undefined)) return undefined;
  if ((settings.sinkholeIPv6 !== undefined) !== (ipv6 !== undefined)) return undefined;
  return {
    sinkholeIPv4: ipv4?.slice(12),
    sinkholeIPv6: ipv6,
    ttlSeconds: settings.ttlSeconds,
    mname,
    rname,
    serial,
  };
}
