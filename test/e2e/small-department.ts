// A department on loopback for end-to-end tests: what the demo is, with an upstream of the test's own and lists that the test writes.

/** Batched where it works, as an instance would choose by itself, and the portable way: what is promised holds for both. */
export const IO = ['auto', 'portable'] as const;

export interface SmallDepartment {
  readonly upstreamPort: number;
  /** YAML of `rules:` entries of the app `app`, one a line, without the leading dash. */
  readonly rules: readonly string[];
  readonly settings?: readonly string[];
  /** More keys of `dns`, as one line of YAML. */
  readonly dns?: string;
  /** Replaces the segments below. */
  readonly segments?: string;
}

const EVIDENCE = 'confidence: high, evidence: ["survey@2026-01-01"]';

/** 127.0.0.1 enforces, 127.0.1.x monitors, 127.0.2.x enforces nothing, 127.0.3.x enforces and answers by sinkhole; all else has no segment. */
const SEGMENTS = `segments:
  - { id: office, kind: corporate, jurisdiction: ZZ, clients: [127.0.0.0/24], answer: nxdomain, enforce: [order] }
  - { id: trial, kind: corporate, jurisdiction: ZZ, clients: [127.0.1.0/24], enforce: [{ directive: order, mode: monitor }] }
  - { id: guests, kind: guest, jurisdiction: ZZ, clients: [127.0.2.0/24] }
  - { id: sink, kind: corporate, jurisdiction: ZZ, clients: [127.0.3.0/24], answer: sinkhole, enforce: [order] }
`;

export const DIRECTIVE = `id: order
title: Order of the test
instrument: order
authority: Test Authority
jurisdiction: ZZ
issued: 2026-01-01
status: in-force
binding: mandatory
binds: { devices: [corporate], networks: [corporate] }
demands: [remove-app, block-traffic]
scope: app
apps: [{ app: app, basis: named }]
exemptions: { classes: [operational], longest: 12 months }
source: { kind: secondary, url: "https://example.com/order", retrieved: 2026-01-02 }
ede: blocked
review_by: 2099-01-01
`;

const SOURCES = `sources:
  - { id: survey, title: Survey of the test, url: "https://example.com/", licence: CC0-1.0, carry: yes }
`;

/** Files by path, for writeFiles. */
export function smallDepartment(options: SmallDepartment): Record<string, string> {
  return {
    'config/interdict.yaml': config(options),
    'blocklists/apps/app.yaml': appFile(options.rules),
    'blocklists/directives/order.yaml': DIRECTIVE,
    'blocklists/sources.yaml': SOURCES,
    'blocklists/cdn-zones.yaml':
      'zones:\n  - { zone: edge.example, operator: Test, evidence: ["survey@2026-01-01"] }\n',
  };
}

export function config({ upstreamPort, settings = [], dns, segments = SEGMENTS }: SmallDepartment): string {
  return `operator: Test department
dns: { listen: ["127.0.0.1:0"]${dns === undefined ? '' : `, ${dns}`} }
upstreams: ["127.0.0.1:${upstreamPort}"]
blocklists: ../blocklists
state: ../state
sinkhole: { ipv4: 127.0.0.1, ipv6: "::1" }
admin: { listen: "127.0.0.1:0" }
${segments}${settings.join('\n')}
`;
}

/** An app file; each rule is written as `domain: name` and gets its evidence. The first one must be on a name. */
export function appFile(rules: readonly string[]): string {
  const lines = rules.map((rule) => {
    const proof = rule.startsWith('except') ? '' : `, role: web, ${EVIDENCE}, recheck_by: 2099-01-01`;
    return `  - { ${rule}${proof} }`;
  });
  const blocked = rules[0].replace(/^\w+: /, '');
  return `id: app
name: App of the test
operator: { name: Example Ltd., as_of: 2026-01-01 }
rules:
${lines.join('\n')}
tests: { blocked: [${blocked}], free: [free.example.org] }
`;
}
