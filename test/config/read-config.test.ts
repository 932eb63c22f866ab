import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { formatProblem, hasErrors } from '../../src/base/problems.ts';
import { loadSources } from '../../src/config/load.ts';
import { readConfig } from '../../src/config/read-config.ts';
import { memoryDisk } from '../lists/memory-disk.ts';

const NOW = Date.parse('2026-11-24T12:00:00Z') as Instant;
const FILE = '/etc/interdict/interdict.yaml';

function read(text: string, more: Record<string, string> = {}, mode = 0o640) {
  const reading = readConfig(FILE, { now: NOW }, memoryDisk({ [FILE]: text, ...more }, mode));
  return {
    ...reading,
    lines: reading.problems.map(({ code, severity, where }) => `${severity} ${code} ${where.line}:${where.column}`),
  };
}

const SEGMENT = 'segments: [{ id: a, kind: corporate, clients: [10.0.0.0/8], enforce: [law] }]\n';
const EXEMPTION = `segment: a
clients: [10.0.0.0/28]
under: [law]
apps: [app]
class: operational
requested_by: A
approved_by: B
approved_on: 2026-10-28
ticket: T
justification: J
from: 2026-11-01
until: 2027-04-30
`;

describe('an almost empty file', () => {
  const { config, lines } = read('operator: A department\n');

  it('is complete by its defaults, listens on loopback alone, and says that nobody may ask', () => {
    expect(lines).toEqual(['warning no-segments 1:1']);
    expect(config).toMatchObject({
      file: FILE,
      dns: {
        io: 'auto',
        workers: 'auto',
        maxUdpSize: 1232,
        forward: [],
        allowNonRecursive: false,
        tcpIdleMs: 10_000,
        deadlineMs: 5000,
        case0x20: false,
      },
      upstreams: 'system',
      cache: { maxBytes: 64 * 2 ** 20, maxTtlSeconds: 3600, negativeMaxTtlSeconds: 300 },
      blocklists: '/etc/blocklists',
      state: '/etc/state',
      policyMaxBytes: 512 * 2 ** 20,
      reload: { maxShrink: 0.2 },
      events: { file: true, maxPerSecond: 1000 },
      metrics: { maxSeries: 20_000 },
      log: { level: 'info' },
      department: { operator: 'A department', timeZone: 'UTC', segments: [], exemptions: [], protectedNames: [] },
    });
    expect(config?.dns.listen.map(({ host, port }) => `${host} ${port}`)).toEqual(['127.0.0.1 5300', '::1 5300']);
    expect(config?.admin.listen).toMatchObject({ host: '127.0.0.1', port: 9353 });
    expect(config?.department.exemptionLimits).toEqual({
      longest: { amount: 12, unit: 'months' },
      maxShare: 0.05,
      maxIPv4: 256,
      maxIPv6Subnets: 16,
    });
    expect(config?.department.answers).toEqual({
      ttlSeconds: 60,
      mname: 'interdict.invalid',
      rname: 'hostmaster.interdict.invalid',
    });
    expect(config).not.toHaveProperty('exemptionsFolder');
  });

  it('takes no key that nothing uses yet', () => {
    expect(read('operator: A\nproxy: {}\nblock_page: {}\n').lines).toEqual([
      'error unknown-key 2:1',
      'error unknown-key 3:1',
    ]);
  });
});

describe('a file that cannot be used', () => {
  it.each([
    ['that is not there', undefined, ['error file-unreadable 1:1']],
    ['of no text', '', ['error empty-file 1:1']],
    ['that is a list', '- a\n', ['error wrong-type 1:1']],
    ['without an operator', 'dns: {}\n', ['error missing-key 1:1']],
  ])('%s gives a problem and no config', (_what, text, lines) => {
    const disk = memoryDisk(text === undefined ? {} : { [FILE]: text });
    const { config, problems, watched } = readConfig(FILE, { now: NOW }, disk);
    expect(config).toBeUndefined();
    expect(problems.map(({ code, severity, where }) => `${severity} ${code} ${where.line}:${where.column}`)).toEqual(
      lines,
    );
    expect(watched).toContain(FILE);
  });
});

describe('segments', () => {
  it('keep canonical prefixes, the order of directives, and the places of both', () => {
    const { config, lines } = read(`operator: A
exemptions: { timezone: Europe/London }
segments:
  - id: devices
    kind: corporate
    clients: [10.0.0.0/8, "2001:DB8:10::/48", 192.0.2.7]
    enforce:
      - one
      - { directive: two, mode: monitor, until: 2026-12-14, then: enforce, own_measure: because }
`);
    expect(lines).toEqual([]);
    const [segment] = config?.department.segments ?? [];
    expect(segment).toMatchObject({
      clients: ['10.0.0.0/8', '2001:db8:10::/48', '192.0.2.7/32'],
      answer: 'nxdomain',
      publicName: 'devices',
    });
    expect(segment.enforce).toMatchObject([
      { directive: 'one', mode: 'enforce' },
      {
        directive: 'two',
        mode: 'monitor',
        until: Date.parse('2026-12-15T00:00:00Z'),
        // biome-ignore lint/suspicious/noThenProperty: the model's word
        then: 'enforce',
        ownMeasure: 'because',
      },
    ]);
    expect(segment.places['clients.1']).toMatchObject({ line: 6, column: 27 });
    expect(segment.enforce[0].places['']).toMatchObject({ line: 8, column: 9 });
    expect(segment.enforce[1].places.until).toMatchObject({ line: 9, column: 49 });
  });

  it.each([
    ['a mixed one without a reason', '{ id: a, kind: mixed, clients: [10.0.0.0/8] }', ['error missing-key']],
    ['host bits', '{ id: a, kind: guest, clients: [10.0.0.1/8] }', ['error host-bits']],
    ['no prefix', '{ id: a, kind: guest, clients: [office] }', ['error address-invalid']],
    ['no clients', '{ id: a, kind: guest, clients: [] }', ['error bad-value']],
    ['the same client twice', '{ id: a, kind: guest, clients: [10.0.0.1, 10.0.0.1/32] }', ['error duplicate-client']],
    [
      'the same directive twice',
      '{ id: a, kind: guest, clients: [10.0.0.1], enforce: [x, { directive: x }] }',
      ['error duplicate-directive'],
    ],
    [
      'until without then',
      '{ id: a, kind: guest, clients: [10.0.0.1], enforce: [{ directive: x, until: 2026-12-01 }] }',
      ['error missing-key'],
    ],
    [
      'an unknown mode',
      '{ id: a, kind: guest, clients: [10.0.0.1], enforce: [{ directive: x, mode: watch }] }',
      ['error bad-value'],
    ],
    ['the id none', '{ id: none, kind: guest, clients: [10.0.0.1] }', ['error segment-id']],
    [
      'the same id twice',
      '{ id: a, kind: guest, clients: [10.0.0.1] }, { id: a, kind: guest, clients: [10.0.0.2] }',
      ['error duplicate-id'],
    ],
  ])('%s is told', (_what, segments, expected) => {
    const { problems } = read(`operator: A\nsegments: [${segments}]\n`);
    expect(
      problems.filter(({ code }) => code !== 'nothing-enforced').map(({ code, severity }) => `${severity} ${code}`),
    ).toEqual(expected);
  });
});

describe('exemptions', () => {
  const CONFIG = `operator: A\n${SEGMENT}exemptions: { folder: exemptions, timezone: Europe/London }\n`;
  const withFile = (name: string, text: string, mode?: number) =>
    read(CONFIG, { [`/etc/interdict/exemptions/${name}`]: text }, mode);

  it('take their id from the file, and their days in the time zone to the end', () => {
    const { config, lines } = withFile('EXM-2026-014.yaml', EXEMPTION);
    expect(lines).toEqual([]);
    expect(config?.exemptionsFolder).toBe('/etc/interdict/exemptions');
    expect(config?.department.exemptions).toMatchObject([
      {
        id: 'EXM-2026-014',
        class: 'operational',
        from: Date.parse('2026-11-01T00:00:00Z'),
        until: Date.parse('2027-04-30T23:00:00Z'),
      },
    ]);
  });

  it('load without a word when they have ended', () => {
    const { config, lines } = withFile(
      'OLD.yaml',
      EXEMPTION.replace('2026-11-01', '2025-11-01').replace('2027-04-30', '2026-04-30'),
    );
    expect(lines).toEqual([]);
    expect(config?.department.exemptions).toHaveLength(1);
  });

  it.each([
    ['readable for others', 0o644, EXEMPTION, 'X.yaml', ['warning file-mode 1:1']],
    ['writable for the group', 0o660, EXEMPTION, 'X.yaml', ['warning file-mode 1:1']],
    ['readable for the owner alone', 0o600, EXEMPTION, 'X.yaml', []],
    ['with a name that is no id', 0o640, EXEMPTION, 'a:b.yaml', ['error id-file 1:1']],
    [
      'approved tomorrow',
      0o640,
      EXEMPTION.replace('2026-10-28', '2026-11-25'),
      'X.yaml',
      ['error approved-future 8:14'],
    ],
    ['without an end', 0o640, EXEMPTION.replace(/until.*\n/, ''), 'X.yaml', ['error missing-key 1:1']],
    ['for nobody', 0o640, EXEMPTION.replace('[10.0.0.0/28]', '[]'), 'X.yaml', ['error bad-value 2:10']],
    [
      'of a class that is no word',
      0o640,
      EXEMPTION.replace('operational', 'Our own'),
      'X.yaml',
      ['error bad-value 5:8'],
    ],
  ])('%s', (_what, mode, text, name, expected) => {
    const { problems } = withFile(name, text, mode);
    expect(problems.map(({ code, severity, where }) => `${severity} ${code} ${where.line}:${where.column}`)).toEqual(
      expected,
    );
  });

  it('need their folder, outside the blocklists', () => {
    expect(read(CONFIG).lines).toEqual(['error file-unreadable 1:1']);
    const inside = `operator: A\n${SEGMENT}blocklists: lists\nexemptions: { folder: lists/exemptions }\n`;
    expect(read(inside, { '/etc/interdict/lists/exemptions/X.yaml': EXEMPTION }).lines).toEqual([
      'error exemptions-folder 4:23',
    ]);
  });
});

describe('what is likely not meant', () => {
  it.each([
    ['sinkhole: { ipv4: 127.0.0.1 }', 'answer: sinkhole', ['warning sinkhole-family 3:11']],
    ['sinkhole: { ipv6: "::1" }', 'answer: sinkhole', ['warning sinkhole-family 3:11']],
    ['sinkhole: { ipv4: 127.0.0.1, ipv6: "::1" }', 'answer: sinkhole', []],
    ['sinkhole: { ipv4: 127.0.0.1 }', 'answer: nxdomain', []],
    [
      'sinkhole: { ipv4: 192.0.2.1, ipv6: "2001:db8::1" }',
      'answer: sinkhole',
      ['warning sinkhole-address 3:19', 'warning sinkhole-address 3:36'],
    ],
    [
      'sinkhole: { ipv4: 0.0.0.0, ipv6: "::" }',
      'answer: sinkhole',
      ['warning sinkhole-address 3:19', 'warning sinkhole-address 3:34'],
    ],
    [
      'sinkhole: { ipv4: "::1", ipv6: 127.0.0.1 }',
      'answer: nxdomain',
      ['error address-invalid 3:19', 'error address-invalid 3:32'],
    ],
    ['answer_ttl: 60', 'answer: sinkhole', ['error sinkhole-missing 2:69']],
    ['admin: { listen: "0.0.0.0:9353" }', 'answer: nxdomain', ['warning admin-exposed 3:18']],
    ['dns: { io: batch, workers: 4 }', 'answer: nxdomain', []],
    ['dns: { io: portable, workers: 1 }', 'answer: nxdomain', ['warning workers-unused 3:31']],
    ['state: ../blocklists/state', 'answer: nxdomain', ['warning state-folder 3:8']],
    ['state: ../blocklists-state', 'answer: nxdomain', []],
  ])('%s with %s', (key, answer, expected) => {
    const segment = `segments: [{ id: a, kind: corporate, clients: [10.0.0.0/8], ${answer}, enforce: [law] }]`;
    expect(read(`operator: A\n${segment}\n${key}\n`).lines).toEqual(expected);
  });

  it('is an open door', () => {
    expect(read('operator: A\ndns: { listen: ["0.0.0.0:53"] }\n').lines).toEqual([
      'warning no-segments 1:1',
      'warning listen-open 2:16',
    ]);
  });
});

describe('names and addresses', () => {
  it.each([
    ['dns: { listen: ["127.0.0.1:53", "127.0.0.1:53"] }', ['error duplicate-listen']],
    ['dns: { listen: ["127.0.0.1:0", "127.0.0.1:0"] }', []],
    ['upstreams: [system, 9.9.9.9]', ['error upstream-system']],
    ['upstreams: ["https://dns.example/dns-query"]', ['error upstream-unsupported']],
    ['upstreams: ["127.0.0.1:5300"]', ['error upstream-loop']],
    ['upstreams: ["127.0.0.1:53"]', []],
    ['upstreams: [{ address: 9.9.9.9, trusted: true }]', []],
    ['upstreams: [{ adress: 9.9.9.9 }]', ['error missing-key', 'error unknown-key']],
    [
      'dns: { forward: [{ zone: Internal.Example., to: [10.0.0.53] }, { zone: internal.example, to: [10.0.0.54] }] }',
      ['error duplicate-zone'],
    ],
    ['dns: { forward: [{ zone: a b, to: [10.0.0.53] }] }', ['error name-invalid']],
    ['protected: [gov.uk, GOV.UK, bücher.example]', []],
    ['protected: ["*.gov.uk"]', ['error name-invalid']],
    ['protected: ["."]', ['error protected-root']],
    ['soa: { rname: it.help@example.gov.uk }', []],
    ['soa: { rname: "a b@@c" }', ['error name-invalid']],
    ['answer_ttl: 0', ['error bad-value']],
    ['answer_ttl: 2h', ['error bad-value']],
    ['answer_ttl: 500ms', ['error bad-value']],
    ['cache: { max_bytes: 64MB }', ['error bad-value']],
    ['policy_max_bytes: 4GiB', ['error bad-value']],
    ['reload: { max_shrink: 2 }', ['error bad-value']],
    ['exemptions: { timezone: Mars/Olympus }', ['error timezone']],
    ['exemptions: { longest: forever }', ['error bad-value']],
  ])('%s: %j', (key, expected) => {
    const { problems } = read(`operator: A\n${SEGMENT}${key}\n`);
    expect(problems.map(({ code, severity }) => `${severity} ${code}`)).toEqual(expected);
  });

  it('come out normalised', () => {
    const { config } = read(
      `operator: A\n${SEGMENT}protected: [GOV.UK.]\nsoa: { rname: it.help@example.gov.uk }\ndns: { forward: [{ zone: Internal.Example., to: [{ address: 10.0.0.53, trusted: true }] }] }\nupstreams: ["tls://dns.example@9.9.9.9"]\n`,
    );
    expect(config?.department.protectedNames).toMatchObject([{ name: 'gov.uk', where: { line: 3, column: 13 } }]);
    expect(config?.department.answers.rname).toBe('it\\.help.example.gov.uk');
    expect(config?.dns.forward).toMatchObject([
      { zone: 'internal.example', to: [{ trusted: true, transport: 'udp' }] },
    ]);
    expect(config?.upstreams).toMatchObject([
      { name: 'tls://dns.example@9.9.9.9', serverName: 'dns.example', trusted: false },
    ]);
  });
});

describe('the shipped demo', () => {
  const { config, problems, model, watched } = loadSources('config/interdict.yaml', NOW);

  it('loads without a problem of its own, listens on loopback and needs no root', () => {
    expect(problems.map(formatProblem)).toEqual([]);
    expect(
      config?.dns.listen.every(({ host, port }) => (host.startsWith('127.') || host === '::1') && port > 1024),
    ).toBe(true);
    expect(config?.admin.listen.host).toBe('127.0.0.1');
    expect(watched).toEqual([resolve('config/interdict.yaml'), resolve('blocklists')]);
  });

  it('has a segment that enforces, one that watches and one that does neither', () => {
    const modes = model?.department.segments.map(({ id, enforce }) => [
      id,
      [...new Set(enforce.map(({ mode }) => mode))],
    ]);
    expect(modes).toEqual([
      ['demo', ['enforce']],
      ['monitor-demo', ['monitor']],
      ['guest', []],
    ]);
  });
});

describe('sources', () => {
  it('are read although the configuration is of the wrong shape, so that all problems come at once', () => {
    const disk = memoryDisk({ [FILE]: 'blocklists: lists\n', '/etc/interdict/lists/apps/a.yaml': 'id: [\n' });
    const { config, problems, configProblems } = loadSources(FILE, NOW, disk);
    expect(config).toBeUndefined();
    expect(hasErrors(configProblems)).toBe(true);
    expect(configProblems.map(({ code }) => code)).toEqual(['missing-key']);
    expect(problems.map(({ code }) => code)).toContain('yaml-syntax');
  });
});
