// What loads but is likely not meant.

import { containsPrefix, parseAddress, parsePrefix } from '../base/addresses.ts';
import type { Config } from './config.ts';
import type { Finder } from './finder.ts';
import { isLoopback, isUnspecified } from './units.ts';

/** Nobody answers there (RFC 5737, RFC 3849, RFC 9637). */
const DOCUMENTATION = ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20'];

export function warnOfConfig(config: Config, finder: Finder): void {
  warnOfSinkhole(config, finder);
  const { admin, dns, department, state, blocklists } = config;
  if (!isLoopback(admin.listen.address)) {
    finder.warn(
      'admin-exposed',
      'the admin port has no sign-in and is open to the network; listen on 127.0.0.1, or guard the port',
      ['admin', 'listen'],
    );
  }
  if (dns.io === 'portable' && dns.workers !== 'auto') {
    finder.warn('workers-unused', 'workers answer with batched calls only: with io portable there are none', [
      'dns',
      'workers',
    ]);
  }
  if (department.segments.length === 0) {
    finder.warn('no-segments', 'without segments every client is refused; name your networks', ['segments']);
  } else if (department.segments.every(({ enforce }) => enforce.length === 0)) {
    finder.warn('nothing-enforced', 'no segment enforces a directive, so nothing is blocked', ['segments']);
  }
  if (dns.listen.some(({ address }) => isUnspecified(address)) && department.segments.length === 0) {
    finder.warn('listen-open', 'listening on every address without a segment; name the networks that may ask', [
      'dns',
      'listen',
    ]);
  }
  if (`${state}/`.startsWith(`${blocklists}/`)) {
    finder.warn(
      'state-folder',
      'the state folder lies inside the blocklists and would be published with them; move it out',
      ['state'],
    );
  }
}

function warnOfSinkhole({ department }: Config, finder: Finder): void {
  const asking = department.segments.findIndex(({ answer }) => answer === 'sinkhole');
  const { sinkholeIPv4, sinkholeIPv6 } = department.answers;
  if (asking >= 0 && sinkholeIPv4 === undefined && sinkholeIPv6 === undefined) {
    finder.error('sinkhole-missing', 'the answer sinkhole needs the key sinkhole with an address', [
      'segments',
      asking,
      'answer',
    ]);
    return;
  }
  for (const [family, text] of [
    ['ipv4', sinkholeIPv4],
    ['ipv6', sinkholeIPv6],
  ] as const) {
    if (text === undefined) {
      if (asking >= 0)
        finder.warn('sinkhole-family', `no ${family} address, so that family is answered with no data; add one`, [
          'sinkhole',
        ]);
      continue;
    }
    const address = parseAddress(text);
    if (address !== undefined && (isUnspecified(address) || isDocumentation(text))) {
      finder.warn('sinkhole-address', `${text} is no address where anything listens; name the block page's`, [
        'sinkhole',
        family,
      ]);
    }
  }
}

function isDocumentation(text: string): boolean {
  const host = parsePrefix(text);
  if (host === undefined || host === 'host-bits') return false;
  return DOCUMENTATION.some((range) => {
    const outer = parsePrefix(range);
    return outer !== undefined && outer !== 'host-bits' && containsPrefix(outer, host);
  });
}
