// The department that we serve under load: every feature on, nothing of its own files but what stands here.

import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ADDRESS_RULES, APPS, appNames, listedPrefixes, type Workload, writeNames } from './workload.ts';

export interface DepartmentOptions {
  readonly upstreamPort: number;
  readonly workers: number;
  readonly io: string;
  readonly listen: string;
  /** Bytes as the config writes them. */
  readonly cache?: string;
}

const EVIDENCE = 'confidence: high, evidence: ["survey@2026-01-01"]';
const DAY_MS = 86_400_000;

export function writeDepartment(folder: string, workload: Workload, options: DepartmentOptions): void {
  const apps = Array.from({ length: APPS - 1 }, (_, i) => i + 1);
  const files: Record<string, string> = {
    'config/interdict.yaml': config(options),
    'config/exemptions/EXM-1.yaml': exemption(),
    'blocklists/feeds/bulk.yaml':
      'id: bulk\nname: Bulk\nsource: { file: ../lists/bulk.hosts, max_bytes: 1GiB }\nformat: hosts\nmatch: domain\n',
    'blocklists/directives/order.yaml': directive('order', ['bulk', ...apps.filter((app) => app % 2 === 1).map(idOf)]),
    'blocklists/directives/advice.yaml': directive('advice', apps.filter((app) => app % 2 === 0).map(idOf)),
    'blocklists/cdn-zones.yaml': `zones:\n${workload.cdnZones.map((zone) => `  - { zone: ${zone}, operator: Bench, evidence: ["survey@2026-01-01"] }\n`).join('')}`,
    'blocklists/sources.yaml':
      'sources:\n  - { id: survey, title: Survey, url: "https://example.com/", licence: CC0-1.0, carry: yes }\n',
  };
  for (const app of apps) files[`blocklists/apps/${idOf(app)}.yaml`] = appFile(app);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text, { mode: 0o640 });
  }
  writeBulk(bulkList(folder), workload.listed);
}

export const bulkList = (folder: string): string => join(folder, 'blocklists/lists/bulk.hosts');

/** The feed's list; the names of the apps stand in their own files. */
export function writeBulk(file: string, listed: number, seed = 1): void {
  mkdirSync(dirname(file), { recursive: true });
  writeNames(file, { head: '', line: (name) => (name.endsWith('.example') ? '' : `0.0.0.0 ${name}\n`) }, listed, seed);
}

function config({ upstreamPort, workers, io, listen, cache = '64MiB' }: DepartmentOptions): string {
  return `operator: Bench
dns: { listen: ["${listen}"], io: ${io}, workers: ${workers} }
upstreams: ["127.0.0.1:${upstreamPort}"]
cache: { max_bytes: ${cache} }
blocklists: ../blocklists
state: ../state
sinkhole: { ipv4: 127.0.0.1, ipv6: "::1" }
admin: { listen: "127.0.0.1:0" }
reload: { max_shrink: 1 }
policy_max_bytes: 512MiB
segments:
  - { id: office, kind: corporate, jurisdiction: ZZ, clients: [127.0.0.0/16, "::1"], answer: nxdomain, enforce: [order, advice] }
  - { id: trial, kind: corporate, jurisdiction: ZZ, clients: [127.1.0.0/16], enforce: [{ directive: order, mode: monitor }] }
  - { id: guests, kind: guest, jurisdiction: ZZ, clients: [127.2.0.0/16] }
exemptions: { folder: exemptions }
protected: [gov.uk, parliament.uk]
`;
}

function directive(id: string, apps: readonly string[]): string {
  return `id: ${id}
title: Policy of the bench
instrument: order
authority: Bench
jurisdiction: ZZ
issued: 2026-01-01
status: in-force
binding: mandatory
binds: { devices: [corporate], networks: [corporate] }
demands: [block-traffic]
scope: app
apps: [${apps.map((app) => `{ app: ${app}, basis: named }`).join(', ')}]
exemptions: { classes: [operational], longest: 12 months }
source: { kind: secondary, url: "https://example.com/order", retrieved: 2026-01-02 }
ede: blocked
review_by: 2099-01-01
`;
}

function exemption(): string {
  const day = (offset: number) => new Date(Date.now() + offset * DAY_MS).toISOString().slice(0, 10);
  return `segment: office
clients: [127.0.200.1/32]
under: [order]
apps: [app1]
class: operational
requested_by: one
approved_by: two
approved_on: ${day(-2)}
ticket: T-1
justification: The bench has one.
from: ${day(-1)}
until: ${day(60)}
`;
}

const idOf = (app: number) => `app${app}`;

/** App 1 holds the address rules as well. */
function appFile(app: number): string {
  const names = appNames(app);
  const recheck = new Date(Date.now() + 60 * DAY_MS).toISOString().slice(0, 10);
  const rules = names.map((name) => `  - { domain: ${name}, role: web, ${EVIDENCE}, recheck_by: 2099-01-01 }`);
  const prefixes = app === 1 ? listedPrefixes() : [];
  if (app === 1 && prefixes.length !== ADDRESS_RULES) throw new Error(`${prefixes.length} address rules`);
  rules.push(
    ...prefixes.map((at) => `  - { address: "${at}", role: cdn, asn: 64496, ${EVIDENCE}, recheck_by: ${recheck} }`),
  );
  return `id: ${idOf(app)}
name: App ${app} of the bench
operator: { name: Bench Ltd., as_of: 2026-01-01 }
rules:
${rules.join('\n')}
tests: { blocked: [${names[0]}], free: [free.example.org] }
`;
}
