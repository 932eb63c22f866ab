// Who wins, as cases: rules, what is asked for, what must come out. `expect` is the decision id with its prefix, or why nothing is done:
// `free: not-listed | excepted | not-enforced`, `refused`. Absent keys: world.ts.

import type { WorldText } from '../policy/world.ts';

export interface PrecedenceCase {
  /** A sentence that can be false. */
  readonly name: string;
  readonly world: WorldText;
  /** Absent: 10.0.0.1 of the segment `devices`. */
  readonly client?: string;
  /** First what is asked for; then chain targets, addresses, hints. */
  readonly ask: readonly string[];
  readonly expect: string;
  /** Whether free names may lie below a blocked name; absent: not looked at. */
  readonly isOpen?: boolean;
  readonly answer?: string;
}

const one = (...rules: string[]): WorldText => ({ apps: { tiktok: rules } });
const two = (a: string[], b: string[]): WorldText => ({ apps: { tiktok: a, wechat: b } });

const KINDS: PrecedenceCase[] = [
  {
    name: 'a name that no rule holds is free',
    world: one('domain tiktok.com'),
    ask: ['gov.uk'],
    expect: 'free: not-listed',
  },
  {
    name: 'domain holds the name itself',
    world: one('domain tiktok.com'),
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
    isOpen: false,
  },
  {
    name: 'domain holds names below',
    world: one('domain tiktok.com'),
    ask: ['a.b.tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
    isOpen: false,
  },
  {
    name: 'domain does not hold a name that merely ends alike',
    world: one('domain tiktok.com'),
    ask: ['nottiktok.com'],
    expect: 'free: not-listed',
  },
  {
    name: 'domain does not hold its parent',
    world: one('domain tiktok.com'),
    ask: ['com'],
    expect: 'free: not-listed',
  },
  { name: 'the root matches nothing', world: one('domain tiktok.com'), ask: ['.'], expect: 'free: not-listed' },
  {
    name: 'exact holds the name and leaves names below free, so it is open',
    world: one('exact a.tiktok.com'),
    ask: ['a.tiktok.com'],
    expect: 'gov/tiktok/=a.tiktok.com',
    isOpen: true,
  },
  {
    name: 'exact does not hold names below',
    world: one('exact a.tiktok.com'),
    ask: ['b.a.tiktok.com'],
    expect: 'free: not-listed',
  },
  {
    name: 'wildcard holds names below',
    world: one('wildcard tiktok.com'),
    ask: ['a.tiktok.com'],
    expect: 'gov/tiktok/*.tiktok.com',
  },
  {
    name: 'wildcard does not hold the name itself',
    world: one('wildcard tiktok.com'),
    ask: ['tiktok.com'],
    expect: 'free: not-listed',
  },
  {
    name: 'a rule of a single label holds what is below it',
    world: one('domain com'),
    ask: ['x.com'],
    expect: 'gov/tiktok/com',
  },
  {
    name: 'a name of four labels meets a rule in its middle',
    world: one('domain b.c.d'),
    ask: ['a.b.c.d'],
    expect: 'gov/tiktok/b.c.d',
  },
];

const DEPTH: PrecedenceCase[] = [
  {
    name: 'the deeper of two domains is named',
    world: one('domain tiktok.com', 'domain v.tiktok.com'),
    ask: ['a.v.tiktok.com'],
    expect: 'gov/tiktok/v.tiktok.com',
  },
  {
    name: 'exact beats domain at equal depth',
    world: one('domain a.tiktok.com', 'exact a.tiktok.com'),
    ask: ['a.tiktok.com'],
    expect: 'gov/tiktok/=a.tiktok.com',
  },
  {
    name: 'domain beats wildcard at equal depth',
    world: one('wildcard tiktok.com', 'domain tiktok.com'),
    ask: ['a.tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'a deeper wildcard beats a shallower domain',
    world: one('domain tiktok.com', 'wildcard v.tiktok.com'),
    ask: ['a.v.tiktok.com'],
    expect: 'gov/tiktok/*.v.tiktok.com',
  },
  {
    name: 'an except frees what lies below it',
    world: one('domain tiktok.com', 'except ads.tiktok.com'),
    ask: ['x.ads.tiktok.com'],
    expect: 'free: excepted',
  },
  {
    name: 'an except frees the name itself',
    world: one('domain tiktok.com', 'except ads.tiktok.com'),
    ask: ['ads.tiktok.com'],
    expect: 'free: excepted',
  },
  {
    name: 'a name above an except is blocked and open',
    world: one('domain tiktok.com', 'except ads.tiktok.com'),
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
    isOpen: true,
  },
  {
    name: 'a name far above an except is open too',
    world: one('domain tiktok.com', 'except a.b.c.tiktok.com'),
    ask: ['c.tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
    isOpen: true,
  },
  {
    name: 'a name beside an except is not open',
    world: one('domain tiktok.com', 'except ads.tiktok.com'),
    ask: ['www.tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
    isOpen: false,
  },
  {
    name: 'a deeper domain beats an except',
    world: one('domain tiktok.com', 'except ads.tiktok.com', 'domain x.ads.tiktok.com'),
    ask: ['x.ads.tiktok.com'],
    expect: 'gov/tiktok/x.ads.tiktok.com',
  },
  {
    name: 'except beats domain at equal depth',
    world: one('domain tiktok.com', 'except tiktok.com'),
    ask: ['a.tiktok.com'],
    expect: 'free: excepted',
  },
  {
    name: 'except beats exact at equal depth',
    world: one('exact tiktok.com', 'except tiktok.com'),
    ask: ['tiktok.com'],
    expect: 'free: excepted',
  },
  {
    name: 'an except of one app leaves another blocked',
    world: two(['domain tiktok.com', 'except ads.tiktok.com'], ['domain ads.tiktok.com']),
    ask: ['ads.tiktok.com'],
    expect: 'gov/wechat/ads.tiktok.com',
  },
  {
    name: 'an except that no rule needs is told apart from nothing',
    world: one('except ads.tiktok.com'),
    ask: ['ads.tiktok.com'],
    expect: 'free: excepted',
  },
  {
    name: 'rules in the other order give the same',
    world: one('except ads.tiktok.com', 'domain tiktok.com'),
    ask: ['ads.tiktok.com'],
    expect: 'free: excepted',
  },
];

const ZONES: PrecedenceCase[] = [
  {
    name: 'a rule is met through a CDN zone',
    world: { ...one('domain tiktok.com'), zones: ['edgekey.net'] },
    ask: ['www.tiktok.com.edgekey.net'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'without the zone it is not',
    world: one('domain tiktok.com'),
    ask: ['www.tiktok.com.edgekey.net'],
    expect: 'free: not-listed',
  },
  {
    name: 'two zones are taken off one after the other',
    world: { ...one('domain tiktok.com'), zones: ['edgekey.net', 'akadns.net'] },
    ask: ['www.tiktok.com.edgekey.net.akadns.net'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'four zones are taken off',
    world: { ...one('domain tiktok.com'), zones: ['z.net'] },
    ask: ['tiktok.com.z.net.z.net.z.net.z.net'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'a fifth zone is not',
    world: { ...one('domain tiktok.com'), zones: ['z.net'] },
    ask: ['tiktok.com.z.net.z.net.z.net.z.net.z.net'],
    expect: 'free: not-listed',
  },
  {
    name: 'the deepest zone is the one taken off',
    world: { ...one('domain tiktok.com'), zones: ['net', 'b.net'] },
    ask: ['tiktok.com.b.net'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'a single label that remains is not judged',
    world: { ...one('domain com'), zones: ['edgekey.net'] },
    ask: ['com.edgekey.net'],
    expect: 'free: not-listed',
  },
  {
    name: 'the zone itself is not judged',
    world: { ...one('domain tiktok.com'), zones: ['edgekey.net'] },
    ask: ['edgekey.net'],
    expect: 'free: not-listed',
  },
  {
    name: 'a literal rule beats a deeper one through the zone',
    world: { ...one('domain a.edgekey.net', 'domain www.tiktok.com'), zones: ['edgekey.net'] },
    ask: ['www.tiktok.com.a.edgekey.net'],
    expect: 'gov/tiktok/a.edgekey.net',
  },
  {
    name: 'a literal except beats a rule through the zone',
    world: { ...one('domain tiktok.com', 'except tiktok.com.edgekey.net'), zones: ['edgekey.net'] },
    ask: ['www.tiktok.com.edgekey.net'],
    expect: 'free: excepted',
  },
  {
    name: 'an except through the zone frees',
    world: { ...one('domain tiktok.com', 'except ads.tiktok.com'), zones: ['edgekey.net'] },
    ask: ['ads.tiktok.com.edgekey.net'],
    expect: 'free: excepted',
  },
  {
    name: 'a literal except of one app leaves another to the zone',
    world: { ...two(['except x.edgekey.net'], ['domain wechat.com']), zones: ['edgekey.net'] },
    ask: ['wechat.com.edgekey.net'],
    expect: 'gov/wechat/wechat.com',
  },
  {
    name: 'an except below the stripped name makes the blocked one open',
    world: { ...one('domain tiktok.com', 'except ads.tiktok.com'), zones: ['edgekey.net'] },
    ask: ['tiktok.com.edgekey.net'],
    expect: 'gov/tiktok/tiktok.com',
    isOpen: true,
  },
  {
    name: 'an except below the literal name makes it open too',
    world: { ...one('domain tiktok.com', 'except a.tiktok.com.edgekey.net'), zones: ['edgekey.net'] },
    ask: ['tiktok.com.edgekey.net'],
    expect: 'gov/tiktok/tiktok.com',
    isOpen: true,
  },
  {
    name: 'a carrier is a rule of its app',
    world: two(['carrier ttcdn.com'], ['domain wechat.com']),
    ask: ['x.ttcdn.com'],
    expect: 'gov/tiktok/ttcdn.com',
  },
  {
    name: 'a carrier that is not enforced lets other apps be judged',
    world: { ...two(['carrier ttcdn.com'], ['domain wechat.com']), directives: { gov: { apps: ['wechat'] } } },
    ask: ['www.wechat.com.ttcdn.com'],
    expect: 'gov/wechat/wechat.com',
  },
  {
    name: 'an exact rule is met through a zone',
    world: { ...one('exact a.tiktok.com'), zones: ['edgekey.net'] },
    ask: ['a.tiktok.com.edgekey.net'],
    expect: 'gov/tiktok/=a.tiktok.com',
    isOpen: true,
  },
];

const UNDERSCORES: PrecedenceCase[] = [
  {
    name: 'leading underscore labels are passed over',
    world: one('exact tiktok.com'),
    ask: ['_8443._https.tiktok.com'],
    expect: 'gov/tiktok/=tiktok.com',
  },
  {
    name: 'an underscore behind another label is a label like any other',
    world: one('exact tiktok.com'),
    ask: ['a._tcp.tiktok.com'],
    expect: 'free: not-listed',
  },
  {
    name: 'underscores are passed over before zones are taken off',
    world: { ...one('domain tiktok.com'), zones: ['edgekey.net'] },
    ask: ['_dmarc.tiktok.com.edgekey.net'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'labels left after zone and underscores must be two',
    world: { ...one('domain tiktok.com'), zones: ['edgekey.net'] },
    ask: ['_a._b.com.edgekey.net'],
    expect: 'free: not-listed',
  },
  {
    name: 'a wildcard does not hold a name that only underscores precede',
    world: one('wildcard tiktok.com'),
    ask: ['_tcp.tiktok.com'],
    expect: 'free: not-listed',
  },
];

const PROTECTED: PrecedenceCase[] = [
  {
    name: 'a protected name is free whatever its targets',
    world: { ...one('domain tiktok.com'), protected: ['gov.uk'] },
    ask: ['www.gov.uk', 'www.tiktok.com'],
    expect: 'protected:gov.uk',
  },
  {
    name: 'a protected name is free whatever its addresses',
    world: { ...one('address 192.0.2.0/24'), protected: ['gov.uk'] },
    ask: ['gov.uk', '192.0.2.1'],
    expect: 'protected:gov.uk',
  },
  {
    name: 'a target that is protected does not help a blocked name',
    world: { ...one('domain tiktok.com'), protected: ['gov.uk'] },
    ask: ['www.tiktok.com', 'www.gov.uk'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'a protected target hides no later subject',
    world: { ...one('domain tiktok.com'), protected: ['gov.uk'] },
    ask: ['a.example', 'www.gov.uk', 'www.tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'a protected name counts not through a CDN zone',
    world: { ...one('domain uk.edgekey.net'), protected: ['gov.uk'], zones: ['edgekey.net'] },
    ask: ['www.gov.uk.edgekey.net'],
    expect: 'gov/tiktok/uk.edgekey.net',
  },
  {
    name: 'a rule above a protected name stops at it',
    world: { ...one('domain example.com'), protected: ['safe.example.com'] },
    ask: ['a.safe.example.com'],
    expect: 'protected:safe.example.com',
  },
  {
    name: 'a name above a protected one is open',
    world: { ...one('domain example.com'), protected: ['safe.example.com'] },
    ask: ['example.com'],
    expect: 'gov/tiktok/example.com',
    isOpen: true,
  },
  {
    name: 'the deepest protected name is named',
    world: { ...one('domain tiktok.com'), protected: ['gov.uk', 'service.gov.uk'] },
    ask: ['a.service.gov.uk'],
    expect: 'protected:service.gov.uk',
  },
  {
    name: 'underscore labels do not take protection away',
    world: { ...one('domain tiktok.com'), protected: ['gov.uk'] },
    ask: ['_sip._tcp.gov.uk'],
    expect: 'protected:gov.uk',
  },
];

const CONTENT: PrecedenceCase[] = [
  {
    name: 'a chain target blocks, and the name is open',
    world: one('domain tiktok.com'),
    ask: ['a.example', 'b.example', 'www.tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
    isOpen: true,
  },
  {
    name: 'the query name is judged before its target',
    world: one('domain tiktok.com', 'domain tiktokv.com'),
    ask: ['www.tiktok.com', 'a.tiktokv.com'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'an except on the query name settles the app for the whole answer',
    world: one('domain tiktok.com', 'except ads.tiktok.com'),
    ask: ['ads.tiktok.com', 'www.tiktok.com'],
    expect: 'free: excepted',
  },
  {
    name: 'an except on an earlier target frees a later one',
    world: one('domain tiktok.com', 'except ok.example'),
    ask: ['a.example', 'ok.example', 'www.tiktok.com'],
    expect: 'free: excepted',
  },
  {
    name: 'an except of one app does not free another along the chain',
    world: two(['domain tiktok.com', 'except a.example'], ['domain wechat.com']),
    ask: ['a.example', 'www.wechat.com'],
    expect: 'gov/wechat/wechat.com',
  },
  {
    name: 'a target is judged through a CDN zone',
    world: { ...one('domain tiktok.com'), zones: ['edgekey.net'] },
    ask: ['a.example', 'www.tiktok.com.edgekey.net'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'an address of the answer blocks',
    world: one('address 192.0.2.0/24'),
    ask: ['a.example', '192.0.2.9'],
    expect: 'gov/tiktok/192.0.2.0/24',
    isOpen: true,
  },
  {
    name: 'a name of the app is named before an address',
    world: one('domain tiktok.com', 'address 192.0.2.0/24'),
    ask: ['www.tiktok.com', '192.0.2.9'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'the longer of nested prefixes is named',
    world: one('address 192.0.2.0/24', 'address 192.0.2.128/25'),
    ask: ['a.example', '192.0.2.200'],
    expect: 'gov/tiktok/192.0.2.128/25',
  },
  {
    name: 'the shorter prefix holds beside the longer',
    world: one('address 192.0.2.0/24', 'address 192.0.2.128/25'),
    ask: ['a.example', '192.0.2.100'],
    expect: 'gov/tiktok/192.0.2.0/24',
  },
  {
    name: 'an except inside a prefix frees it',
    world: one('address 192.0.2.0/24', 'except 192.0.2.128/25'),
    ask: ['a.example', '192.0.2.200'],
    expect: 'free: excepted',
  },
  {
    name: 'except beats address at equal length',
    world: one('address 192.0.2.0/24', 'except 192.0.2.0/24'),
    ask: ['a.example', '192.0.2.200'],
    expect: 'free: excepted',
  },
  {
    name: 'a longer prefix inside an excepted one blocks again',
    world: one('address 192.0.2.0/24', 'except 192.0.2.128/25', 'address 192.0.2.200/32'),
    ask: ['a.example', '192.0.2.200'],
    expect: 'gov/tiktok/192.0.2.200/32',
  },
  {
    name: 'an IPv6 address of the answer blocks',
    world: one('address 2001:db8:1::/48'),
    ask: ['a.example', '2001:db8:1::9'],
    expect: 'gov/tiktok/2001:db8:1::/48',
  },
  {
    name: 'nested IPv6 prefixes: the longer is named',
    world: one('address 2001:db8::/32', 'address 2001:db8:1:2::/64'),
    ask: ['a.example', '2001:db8:1:2::9'],
    expect: 'gov/tiktok/2001:db8:1:2::/64',
  },
  {
    name: 'an IPv6 prefix over the mapped range holds no IPv4 address',
    world: one('address ::/0'),
    ask: ['a.example', '192.0.2.1'],
    expect: 'free: not-listed',
  },
  {
    name: 'a mapped IPv6 address is judged as IPv4',
    world: one('address 192.0.2.0/24'),
    ask: ['a.example', '::ffff:192.0.2.1'],
    expect: 'gov/tiktok/192.0.2.0/24',
  },
  {
    name: 'the whole of IPv4 is a prefix like any other',
    world: one('address 0.0.0.0/0'),
    ask: ['a.example', '203.0.113.7'],
    expect: 'gov/tiktok/0.0.0.0/0',
  },
  {
    name: 'an except on the query name frees the address too',
    world: one('except a.example', 'address 192.0.2.0/24'),
    ask: ['a.example', '192.0.2.9'],
    expect: 'free: excepted',
  },
];

const APPS: PrecedenceCase[] = [
  {
    name: 'an app that the segment does not enforce is free',
    world: { ...one('domain tiktok.com'), directives: { gov: { apps: [] } } },
    ask: ['tiktok.com'],
    expect: 'free: not-enforced',
  },
  {
    name: 'an app behind it that is enforced blocks',
    world: {
      ...two(['domain shared.com also=wechat'], ['domain shared.com']),
      directives: { gov: { apps: ['wechat'] } },
    },
    ask: ['shared.com'],
    expect: 'gov/wechat/shared.com',
  },
  {
    name: 'of two blocked apps the deeper rule is named',
    world: two(['domain shared.com'], ['domain a.shared.com']),
    ask: ['a.shared.com'],
    expect: 'gov/wechat/a.shared.com',
  },
  {
    name: 'of two blocked apps at equal depth the first app is named',
    world: two(['domain shared.com also=wechat'], ['domain shared.com']),
    ask: ['shared.com'],
    expect: 'gov/tiktok/shared.com',
  },
  {
    name: 'blocked by content beats monitored by name',
    world: {
      ...two(['domain tiktok.com'], ['domain wechat.com']),
      directives: { watch: { apps: ['tiktok'], binding: 'advisory' }, gov: { apps: ['wechat'] } },
    },
    ask: ['www.tiktok.com', 'www.wechat.com'],
    expect: 'gov/wechat/wechat.com',
  },
  {
    name: 'blocked through a zone beats monitored literally',
    world: {
      ...two(['domain edge.net'], ['domain wechat.com']),
      zones: ['z.edge.net'],
      directives: { watch: { apps: ['tiktok'], binding: 'advisory' }, gov: { apps: ['wechat'] } },
    },
    ask: ['wechat.com.z.edge.net'],
    expect: 'gov/wechat/wechat.com',
  },
  {
    name: 'of two blocked apps the earlier subject is named',
    world: two(['domain tiktok.com'], ['domain wechat.com']),
    ask: ['www.wechat.com', 'www.tiktok.com'],
    expect: 'gov/wechat/wechat.com',
  },
  {
    name: 'of two blocked apps the literal walk is named before a zone',
    world: { ...two(['domain tiktok.com'], ['domain z.net']), zones: ['a.z.net'] },
    ask: ['tiktok.com.a.z.net'],
    expect: 'gov/wechat/z.net',
  },
  {
    name: 'monitored beats free',
    world: {
      ...two(['domain a.com'], ['domain x.a.com']),
      directives: { watch: { apps: ['tiktok'], binding: 'advisory' } },
    },
    ask: ['x.a.com'],
    expect: 'monitored:watch/tiktok/a.com',
  },
  {
    name: 'five apps along a chain: the blocked one is found behind the memo',
    world: {
      apps: { a: ['domain a.com'], b: ['domain b.com'], c: ['domain c.com'], d: ['domain d.com'], e: ['domain e.com'] },
      directives: { gov: { apps: ['e'] } },
    },
    ask: ['x.a.com', 'x.b.com', 'x.c.com', 'x.d.com', 'x.e.com'],
    expect: 'gov/e/e.com',
  },
  {
    name: "a rule's own answer beats the segment's",
    world: one('domain tiktok.com answer=nodata'),
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
    answer: 'nodata',
  },
  {
    name: "the segment's answer holds where the rule has none",
    world: one('domain tiktok.com'),
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
    answer: 'nxdomain',
  },
  {
    name: 'rules of a feed are called feed',
    world: { ...one('exact a.tiktok.com'), feeds: ['tiktok'] },
    ask: ['a.tiktok.com'],
    expect: 'gov/tiktok/feed:=a.tiktok.com',
  },
];

const DIRECTIVES: PrecedenceCase[] = [
  {
    name: 'the first directive that enforces is named',
    world: { ...one('domain tiktok.com'), directives: { first: { apps: ['tiktok'] }, second: { apps: ['tiktok'] } } },
    ask: ['tiktok.com'],
    expect: 'first/tiktok/tiktok.com',
  },
  {
    name: 'one that enforces is named before an earlier one that monitors',
    world: {
      ...one('domain tiktok.com'),
      directives: { watch: { apps: ['tiktok'], binding: 'advisory' }, gov: { apps: ['tiktok'] } },
    },
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'a segment may ask for less',
    world: {
      ...one('domain tiktok.com'),
      segments: { devices: { clients: ['10.0.0.0/8'], enforce: ['gov:monitor'] } },
    },
    ask: ['tiktok.com'],
    expect: 'monitored:gov/tiktok/tiktok.com',
  },
  {
    name: 'a repealed directive does nothing',
    world: { ...one('domain tiktok.com'), directives: { gov: { apps: ['tiktok'], status: 'repealed' } } },
    ask: ['tiktok.com'],
    expect: 'free: not-enforced',
  },
  {
    name: 'a suspended directive monitors',
    world: { ...one('domain tiktok.com'), directives: { gov: { apps: ['tiktok'], status: 'suspended' } } },
    ask: ['tiktok.com'],
    expect: 'monitored:gov/tiktok/tiktok.com',
  },
  {
    name: 'a directive under review monitors',
    world: { ...one('domain tiktok.com'), directives: { gov: { apps: ['tiktok'], status: 'under-review' } } },
    ask: ['tiktok.com'],
    expect: 'monitored:gov/tiktok/tiktok.com',
  },
];

const EXEMPTION = { clients: ['10.4.9.0/28'], under: ['gov'], apps: ['tiktok'] };
const both = { gov: { apps: ['tiktok'] }, local: { apps: ['tiktok'] } };

const EXEMPTIONS: PrecedenceCase[] = [
  {
    name: 'an exempt client is let through',
    world: { ...one('domain tiktok.com'), exemptions: { 'EXM-1': EXEMPTION } },
    client: '10.4.9.3',
    ask: ['tiktok.com'],
    expect: 'exempt:EXM-1:gov/tiktok/tiktok.com',
  },
  {
    name: 'the client beside it is not',
    world: { ...one('domain tiktok.com'), exemptions: { 'EXM-1': EXEMPTION } },
    client: '10.4.9.16',
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'another directive that names the app keeps blocking',
    world: { ...one('domain tiktok.com'), directives: both, exemptions: { 'EXM-1': EXEMPTION } },
    client: '10.4.9.3',
    ask: ['tiktok.com'],
    expect: 'local/tiktok/tiktok.com',
  },
  {
    name: 'what remains monitoring is monitored, not exempt',
    world: {
      ...one('domain tiktok.com'),
      directives: { gov: { apps: ['tiktok'] }, local: { apps: ['tiktok'], binding: 'advisory' } },
      exemptions: { 'EXM-1': EXEMPTION },
    },
    client: '10.4.9.3',
    ask: ['tiktok.com'],
    expect: 'monitored:local/tiktok/tiktok.com',
  },
  {
    name: 'two exemptions lift two directives',
    world: {
      ...one('domain tiktok.com'),
      directives: both,
      exemptions: { 'EXM-1': EXEMPTION, 'EXM-2': { ...EXEMPTION, under: ['local'], clients: ['10.4.9.0/29'] } },
    },
    client: '10.4.9.3',
    ask: ['tiktok.com'],
    expect: 'exempt:EXM-1:gov/tiktok/tiktok.com',
  },
  {
    name: 'where only one of them reaches, the other directive blocks',
    world: {
      ...one('domain tiktok.com'),
      directives: both,
      exemptions: { 'EXM-1': EXEMPTION, 'EXM-2': { ...EXEMPTION, under: ['local'], clients: ['10.4.9.0/29'] } },
    },
    client: '10.4.9.9',
    ask: ['tiktok.com'],
    expect: 'local/tiktok/tiktok.com',
  },
  {
    name: 'another app stays blocked for an exempt client',
    world: { ...two(['domain tiktok.com'], ['domain wechat.com']), exemptions: { 'EXM-1': EXEMPTION } },
    client: '10.4.9.3',
    ask: ['wechat.com'],
    expect: 'gov/wechat/wechat.com',
  },
  {
    name: 'blocked by content beats exempt by name',
    world: { ...two(['domain tiktok.com'], ['domain wechat.com']), exemptions: { 'EXM-1': EXEMPTION } },
    client: '10.4.9.3',
    ask: ['tiktok.com', 'wechat.com'],
    expect: 'gov/wechat/wechat.com',
  },
  {
    name: 'an exemption that has not begun does nothing',
    world: {
      ...one('domain tiktok.com'),
      exemptions: { 'EXM-1': { ...EXEMPTION, from: 1.9e12 as never, until: 2e12 as never } },
    },
    client: '10.4.9.3',
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'an exemption straddling two segments counts in its own alone',
    world: {
      ...one('domain tiktok.com'),
      segments: {
        devices: { clients: ['10.0.0.0/8'], enforce: ['gov'] },
        guest: { clients: ['10.4.9.8/29'], enforce: ['gov'] },
      },
      exemptions: { 'EXM-1': EXEMPTION },
    },
    client: '10.4.9.9',
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'an exemption inside a nested prefix of its own segment counts',
    world: {
      ...one('domain tiktok.com'),
      segments: { devices: { clients: ['10.0.0.0/8', '10.4.9.8/29'], enforce: ['gov'] } },
      exemptions: { 'EXM-1': EXEMPTION },
    },
    client: '10.4.9.9',
    ask: ['tiktok.com'],
    expect: 'exempt:EXM-1:gov/tiktok/tiktok.com',
  },
  {
    name: 'an IPv6 client is exempt by its /64',
    world: { ...one('domain tiktok.com'), exemptions: { 'EXM-1': { ...EXEMPTION, clients: ['2001:db8:0:7::/64'] } } },
    client: '2001:db8:0:7::1',
    ask: ['tiktok.com'],
    expect: 'exempt:EXM-1:gov/tiktok/tiktok.com',
  },
];

const nested = {
  devices: { clients: ['10.0.0.0/8', '2001:db8::/32'], enforce: ['gov'] },
  guest: { clients: ['10.9.0.0/16', '2001:db8:9::/48'], enforce: [] },
  lab: { clients: ['10.9.9.0/24'], enforce: ['gov:monitor'] },
};

const SEGMENTS: PrecedenceCase[] = [
  {
    name: 'the longest prefix decides the segment',
    world: { ...one('domain tiktok.com'), segments: nested },
    client: '10.9.1.1',
    ask: ['tiktok.com'],
    expect: 'free: not-enforced',
  },
  {
    name: 'a prefix inside that one decides again',
    world: { ...one('domain tiktok.com'), segments: nested },
    client: '10.9.9.1',
    ask: ['tiktok.com'],
    expect: 'monitored:gov/tiktok/tiktok.com',
  },
  {
    name: 'outside of both the widest holds',
    world: { ...one('domain tiktok.com'), segments: nested },
    client: '10.8.1.1',
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'nested IPv6 segments: the longest decides',
    world: { ...one('domain tiktok.com'), segments: nested },
    client: '2001:db8:9::1',
    ask: ['tiktok.com'],
    expect: 'free: not-enforced',
  },
  {
    name: 'a client that no segment holds is refused',
    world: { ...one('domain tiktok.com'), segments: nested },
    client: '192.0.2.1',
    ask: ['tiktok.com'],
    expect: 'refused',
  },
  {
    name: 'an IPv6 segment over everything holds no IPv4 client',
    world: { ...one('domain tiktok.com'), segments: { all: { clients: ['::/0'], enforce: ['gov'] } } },
    client: '192.0.2.1',
    ask: ['tiktok.com'],
    expect: 'refused',
  },
];

export const PRECEDENCE: readonly PrecedenceCase[] = [
  ...KINDS,
  ...DEPTH,
  ...ZONES,
  ...UNDERSCORES,
  ...PROTECTED,
  ...CONTENT,
  ...APPS,
  ...DIRECTIVES,
  ...EXEMPTIONS,
  ...SEGMENTS,
];
