// What overrides do to a decision, as cases of precedence.ts. An override is as in test/policy/world.ts.

import type { WorldText } from '../policy/world.ts';
import type { PrecedenceCase } from './precedence.ts';

const one = (...rules: string[]): WorldText => ({ apps: { tiktok: [...rules, 'domain else.example'] } });
const two = (a: string[], b: string[]): WorldText => ({ apps: { tiktok: a, wechat: b } });
const released = (world: WorldText, ...what: string[]): WorldText => ({
  ...world,
  overrides: Object.fromEntries(what.map((text, i) => [`OVR-${i + 7}`, text])),
});

const NAMES: PrecedenceCase[] = [
  {
    name: 'a released name is free',
    world: released(one('domain tiktok.com'), 'exact www.tiktok.com'),
    ask: ['www.tiktok.com'],
    expect: 'released:OVR-7:gov/tiktok/tiktok.com',
  },
  {
    name: 'a release of the name alone leaves names below it blocked',
    world: released(one('domain tiktok.com'), 'exact www.tiktok.com'),
    ask: ['a.www.tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
    isOpen: false,
  },
  {
    name: 'a release of the domain frees names below it',
    world: released(one('domain tiktok.com'), 'domain www.tiktok.com'),
    ask: ['a.b.www.tiktok.com'],
    expect: 'released:OVR-7:gov/tiktok/tiktok.com',
  },
  {
    name: 'the name beside a released one stays blocked',
    world: released(one('domain tiktok.com'), 'domain www.tiktok.com'),
    ask: ['m.tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
    isOpen: false,
  },
  {
    name: 'the name above a released one stays blocked, and is no NXDOMAIN',
    world: released(one('domain tiktok.com'), 'exact www.tiktok.com'),
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
    isOpen: true,
  },
  {
    name: 'a deeper rule still blocks below a released name',
    world: released(one('domain tiktok.com', 'domain v.www.tiktok.com'), 'domain www.tiktok.com'),
    ask: ['a.v.www.tiktok.com'],
    expect: 'gov/tiktok/v.www.tiktok.com',
  },
  {
    name: 'at its own name a release beats an exact rule',
    world: released(one('exact tiktok.com', 'domain tiktok.com'), 'exact tiktok.com'),
    ask: ['tiktok.com'],
    expect: 'released:OVR-7:gov/tiktok/=tiktok.com',
  },
  {
    name: 'a release of a name is about every app',
    world: released(two(['domain tiktok.com'], ['domain www.tiktok.com']), 'exact www.tiktok.com'),
    ask: ['www.tiktok.com'],
    expect: 'released:OVR-7:gov/wechat/www.tiktok.com',
  },
  {
    name: 'a released name that no rule holds is not listed',
    world: released(one('domain tiktok.com'), 'domain example.com'),
    ask: ['www.example.com'],
    expect: 'free: not-listed',
  },
  {
    name: 'a released name is free whatever its answer holds',
    world: released(one('domain tiktok.com', 'address 192.0.2.0/24'), 'exact a.example'),
    ask: ['a.example', '192.0.2.9'],
    expect: 'released:OVR-7:gov/tiktok/192.0.2.0/24',
  },
  {
    name: 'another name with the same address stays blocked',
    world: released(one('domain tiktok.com', 'address 192.0.2.0/24'), 'exact a.example'),
    ask: ['b.example', '192.0.2.9'],
    expect: 'gov/tiktok/192.0.2.0/24',
  },
  {
    name: 'a released target frees what comes behind it, for every app',
    world: released(two(['domain tiktok.com'], ['address 192.0.2.0/24']), 'exact cdn.example'),
    ask: ['a.example', 'cdn.example', 'www.tiktok.com', '192.0.2.9'],
    expect: 'released:OVR-7:gov/tiktok/tiktok.com',
  },
  {
    name: 'what comes before a released target is blocked',
    world: released(one('domain tiktok.com'), 'exact cdn.example'),
    ask: ['www.tiktok.com', 'cdn.example'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'a release holds through a CDN zone',
    world: released({ ...one('domain tiktok.com'), zones: ['edgekey.net'] }, 'exact www.tiktok.com'),
    ask: ['www.tiktok.com.edgekey.net'],
    expect: 'released:OVR-7:gov/tiktok/tiktok.com',
  },
  {
    name: 'a release in front of a CDN zone frees what the zone would show',
    world: released({ ...one('domain tiktok.com'), zones: ['edgekey.net'] }, 'domain tiktok.com.edgekey.net'),
    ask: ['www.tiktok.com.edgekey.net'],
    expect: 'released:OVR-7:gov/tiktok/tiktok.com',
  },
  {
    name: 'underscore labels are passed over',
    world: released(one('domain tiktok.com'), 'exact www.tiktok.com'),
    ask: ['_443._tcp.www.tiktok.com'],
    expect: 'released:OVR-7:gov/tiktok/tiktok.com',
  },
  {
    name: 'an except says so, release or not',
    world: released(one('domain tiktok.com', 'except ads.tiktok.com'), 'domain tiktok.com'),
    ask: ['ads.tiktok.com'],
    expect: 'free: excepted',
  },
  {
    name: 'a protected name is protected, release or not',
    world: released({ ...one('domain tiktok.com'), protected: ['gov.uk'] }, 'domain a.gov.uk'),
    ask: ['a.gov.uk', 'tiktok.com'],
    expect: 'protected:gov.uk',
  },
  {
    name: 'of nested releases the deeper one is named',
    world: released(one('domain tiktok.com'), 'domain tiktok.com', 'domain www.tiktok.com'),
    ask: ['a.www.tiktok.com'],
    expect: 'released:OVR-8:gov/tiktok/tiktok.com',
  },
  {
    name: 'an inner release of the name alone leaves the outer one below it',
    world: released(one('domain tiktok.com'), 'domain tiktok.com', 'exact www.tiktok.com'),
    ask: ['a.www.tiktok.com'],
    expect: 'released:OVR-7:gov/tiktok/tiktok.com',
  },
  {
    name: 'of two releases of one name the first is named',
    world: released(one('domain tiktok.com'), 'domain www.tiktok.com', 'exact www.tiktok.com'),
    ask: ['www.tiktok.com'],
    expect: 'released:OVR-7:gov/tiktok/tiktok.com',
  },
];

const RULES: PrecedenceCase[] = [
  {
    name: 'a released rule frees what it matches',
    world: released(one('domain tiktok.com'), 'rule tiktok/tiktok.com'),
    ask: ['a.tiktok.com'],
    expect: 'released:OVR-7:gov/tiktok/tiktok.com',
  },
  {
    name: 'another rule of the app stays',
    world: released(one('domain tiktok.com', 'domain tiktokv.com'), 'rule tiktok/tiktok.com'),
    ask: ['a.tiktokv.com'],
    expect: 'gov/tiktok/tiktokv.com',
  },
  {
    name: 'a deeper rule than the released one blocks',
    world: released(one('domain tiktok.com', 'exact www.tiktok.com'), 'rule tiktok/tiktok.com'),
    ask: ['www.tiktok.com'],
    expect: 'gov/tiktok/=www.tiktok.com',
  },
  {
    name: 'a released rule frees its matches from the rules above it',
    world: released(one('domain tiktok.com', 'domain www.tiktok.com'), 'rule tiktok/www.tiktok.com'),
    ask: ['a.www.tiktok.com'],
    expect: 'released:OVR-7:gov/tiktok/www.tiktok.com',
  },
  {
    name: 'a released rule frees its own name beside an exact rule',
    world: released(one('domain tiktok.com', 'exact tiktok.com'), 'rule tiktok/tiktok.com'),
    ask: ['tiktok.com'],
    expect: 'released:OVR-7:gov/tiktok/tiktok.com',
  },
  {
    name: 'a released exact rule leaves names below to the domain rule',
    world: released(one('domain tiktok.com', 'exact tiktok.com'), 'rule tiktok/=tiktok.com'),
    ask: ['a.tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'a released wildcard frees its matches beside the domain rule',
    world: released(one('domain tiktok.com', 'wildcard tiktok.com'), 'rule tiktok/*.tiktok.com'),
    ask: ['a.tiktok.com'],
    expect: 'released:OVR-7:gov/tiktok/*.tiktok.com',
  },
  {
    name: 'a released wildcard leaves its own name blocked',
    world: released(one('domain tiktok.com', 'wildcard tiktok.com'), 'rule tiktok/*.tiktok.com'),
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'a released rule is that of its app alone',
    world: released(two(['domain shared.com also=wechat'], ['domain shared.com']), 'rule tiktok/shared.com'),
    ask: ['shared.com'],
    expect: 'gov/wechat/shared.com',
  },
  {
    name: 'a released rule does not free what the answer holds of another app',
    world: released(two(['domain tiktok.com'], ['address 192.0.2.0/24']), 'rule tiktok/tiktok.com'),
    ask: ['tiktok.com', '192.0.2.9'],
    expect: 'gov/wechat/192.0.2.0/24',
  },
  {
    name: 'a released rule settles its app for the whole answer',
    world: released(one('domain tiktok.com', 'address 192.0.2.0/24'), 'rule tiktok/tiktok.com'),
    ask: ['tiktok.com', '192.0.2.9'],
    expect: 'released:OVR-7:gov/tiktok/tiktok.com',
  },
  {
    name: 'a released prefix is free',
    world: released(one('address 192.0.2.0/24', 'address 192.0.2.128/25'), 'rule tiktok/192.0.2.128/25'),
    ask: ['a.example', '192.0.2.200'],
    expect: 'released:OVR-7:gov/tiktok/192.0.2.128/25',
  },
  {
    name: 'around a released prefix the shorter one blocks',
    world: released(one('address 192.0.2.0/24', 'address 192.0.2.128/25'), 'rule tiktok/192.0.2.128/25'),
    ask: ['a.example', '192.0.2.1'],
    expect: 'gov/tiktok/192.0.2.0/24',
  },
  {
    name: 'inside a released prefix a longer one blocks',
    world: released(one('address 2001:db8:1::/48', 'address 2001:db8:1:2::/64'), 'rule tiktok/2001:db8:1::/48'),
    ask: ['a.example', '2001:db8:1:2::9'],
    expect: 'gov/tiktok/2001:db8:1:2::/64',
  },
  {
    name: "a feed's rule is released by its id",
    world: released({ ...one('exact a.tiktok.com'), feeds: ['tiktok'] }, 'rule tiktok/feed:=a.tiktok.com'),
    ask: ['a.tiktok.com'],
    expect: 'released:OVR-7:gov/tiktok/feed:=a.tiktok.com',
  },
  {
    name: 'a release of a rule that is not there does nothing',
    world: released(one('domain tiktok.com'), 'rule tiktok/=tiktok.com'),
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'a release of a rule of no app does nothing',
    world: released(one('domain tiktok.com'), 'rule viber/tiktok.com'),
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
  },
];

const both = { gov: { apps: ['tiktok'] }, local: { apps: ['tiktok'] } };
const EMERGENCY = { clients: ['10.4.9.0/28'], under: ['gov'], apps: ['tiktok'] };

const SEGMENTS: PrecedenceCase[] = [
  {
    name: 'a release holds for an exempt client too',
    world: {
      ...released(one('domain tiktok.com'), 'exact www.tiktok.com'),
      exemptions: { 'EXM-1': { clients: ['10.4.9.0/28'], under: ['gov'], apps: ['tiktok'] } },
    },
    client: '10.4.9.3',
    ask: ['www.tiktok.com'],
    expect: 'released:OVR-7:gov/tiktok/tiktok.com',
  },
  {
    name: 'beside a release an exempt client is exempt',
    world: {
      ...released(one('domain tiktok.com'), 'exact www.tiktok.com'),
      exemptions: { 'EXM-1': { clients: ['10.4.9.0/28'], under: ['gov'], apps: ['tiktok'] } },
    },
    client: '10.4.9.3',
    ask: ['tiktok.com'],
    expect: 'exempt:EXM-1:gov/tiktok/tiktok.com',
  },
  {
    name: 'what is only monitored is released too: it is no match to count',
    world: {
      ...released(one('domain tiktok.com'), 'exact www.tiktok.com'),
      segments: { devices: { clients: ['10.0.0.0/8'], enforce: ['gov:monitor'] } },
    },
    ask: ['www.tiktok.com'],
    expect: 'released:OVR-7:gov/tiktok/tiktok.com',
  },
  {
    name: 'what the segment does not enforce is no release',
    world: {
      ...released(one('domain tiktok.com'), 'exact www.tiktok.com'),
      segments: { devices: { clients: ['10.0.0.0/8'], enforce: [] } },
    },
    ask: ['www.tiktok.com'],
    expect: 'free: not-enforced',
  },
  {
    name: 'a fallback monitors what its directive would block',
    world: released(one('domain tiktok.com'), 'fallback gov in devices'),
    ask: ['tiktok.com'],
    expect: 'monitored:gov/tiktok/tiktok.com',
  },
  {
    name: 'a fallback in one segment leaves the other enforced',
    world: {
      ...released(one('domain tiktok.com'), 'fallback gov in devices'),
      segments: {
        devices: { clients: ['10.0.0.0/8'], enforce: ['gov'] },
        guest: { clients: ['10.9.0.0/16'], enforce: ['gov'] },
      },
    },
    client: '10.9.0.1',
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'another directive that names the app blocks under a fallback',
    world: { ...released(one('domain tiktok.com'), 'fallback gov in devices'), directives: both },
    ask: ['tiktok.com'],
    expect: 'local/tiktok/tiktok.com',
  },
  {
    name: 'a fallback of a directive that is not enforced there does nothing',
    world: { ...released(one('domain tiktok.com'), 'fallback other in devices') },
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'an exempt client stays exempt under a fallback',
    world: {
      ...released(one('domain tiktok.com'), 'fallback gov in devices'),
      exemptions: { 'EXM-1': { clients: ['10.4.9.0/28'], under: ['gov'], apps: ['tiktok'] } },
    },
    client: '10.4.9.3',
    ask: ['tiktok.com'],
    expect: 'exempt:EXM-1:gov/tiktok/tiktok.com',
  },
  {
    name: 'an emergency exemption lets its clients through',
    world: { ...one('domain tiktok.com'), overrides: { 'OVR-9': EMERGENCY } },
    client: '10.4.9.3',
    ask: ['tiktok.com'],
    expect: 'exempt:OVR-9:gov/tiktok/tiktok.com',
  },
  {
    name: 'the client beside an emergency exemption is blocked',
    world: { ...one('domain tiktok.com'), overrides: { 'OVR-9': EMERGENCY } },
    client: '10.4.9.16',
    ask: ['tiktok.com'],
    expect: 'gov/tiktok/tiktok.com',
  },
  {
    name: 'an app named by two directives stays blocked under an emergency exemption from one, which names the other',
    world: { ...one('domain tiktok.com'), directives: both, overrides: { 'OVR-9': EMERGENCY } },
    client: '10.4.9.3',
    ask: ['tiktok.com'],
    expect: 'local/tiktok/tiktok.com',
  },
  {
    name: 'an emergency exemption and one from a file lift two directives',
    world: {
      ...one('domain tiktok.com'),
      directives: both,
      exemptions: { 'EXM-1': { clients: ['10.4.9.0/28'], under: ['local'], apps: ['tiktok'] } },
      overrides: { 'OVR-9': EMERGENCY },
    },
    client: '10.4.9.3',
    ask: ['tiktok.com'],
    expect: 'exempt:OVR-9:gov/tiktok/tiktok.com',
  },
];

export const OVERRIDES: readonly PrecedenceCase[] = [...NAMES, ...RULES, ...SEGMENTS];
