// interdict.yaml → Config: defaults filled in, paths absolute, sizes in bytes, times in the unit of their name. Every problem is told;
// a config is given whenever the file has the right shape, so that what hangs on it can be checked too. It is good to use only when
// none of the problems is an error.

import { dirname, resolve } from 'node:path';
import { formatAddress, isIPv4, parseAddress } from '../base/addresses.ts';
import type { Instant } from '../base/brand.ts';
import { isTimeZone } from '../base/dates.ts';
import { formatName } from '../base/names.ts';
import type { Problem } from '../base/problems.ts';
import { type Disk, nodeDisk, readWhole, rooted } from '../lists/disk.ts';
import { present } from '../lists/present.ts';
import { readName } from '../lists/rules/names.ts';
import { parseSize } from '../lists/rules/sizes.ts';
import { parseSpan } from '../lists/rules/spans.ts';
import { type Path, readYaml, valueAt } from '../lists/yaml/document.ts';
import { quote, shapeOf } from '../lists/yaml/shape.ts';
import { MAX_YAML_BYTES } from '../lists/yaml/text.ts';
import type { AnswerSettings, DepartmentModel, PlacedName, Span } from '../policy/model.ts';
import type { Config } from './config.ts';
import { type Finder, newFinder } from './finder.ts';
import { named } from './paths.ts';
import { readExemptions } from './read-exemptions.ts';
import { readEndpoint, readForward, readListen, readSoaName, readUpstreams } from './read-network.ts';
import { readPrivacy } from './read-privacy.ts';
import { readSegments } from './read-segments.ts';
import { type ConfigText, configSchema } from './schema.ts';
import { parseDuration } from './units.ts';
import { warnOfConfig } from './warnings.ts';

/** Clients keep an answer that long; a release must reach them within the hour. */
const MAX_ANSWER_TTL = 3600;
const MAX_POLICY_BYTES = 2 ** 31;
const MAX_CACHE_BYTES = 2 ** 34;
const MAX_HISTORY_BYTES = 2 ** 40;
const MAX_TTL = 86_400;
const MAX_WAIT_MS = 120_000;

export interface ConfigReading {
  readonly config?: Config;
  readonly problems: Problem[];
  /** Files and folders whose change asks for a reload. */
  readonly watched: readonly string[];
  /** Where the blocklists are, as far as that can be told of a file with faults. */
  readonly blocklists: string;
}

export function readConfig(file: string, options: { readonly now: Instant }, disk: Disk = nodeDisk): ConfigReading {
  const path = resolve(file);
  const name = named(path, path);
  const otherwise = { watched: [path], blocklists: resolve(dirname(path), '../blocklists') };
  const read = readWhole(disk, path, MAX_YAML_BYTES);
  if (read === undefined || 'fault' in read) {
    const message = `the configuration cannot be read: ${read?.fault ?? 'there is none'}; name another with --config`;
    return {
      ...otherwise,
      problems: [{ code: 'file-unreadable', severity: 'error', message, where: { file: name, line: 1, column: 1 } }],
    };
  }
  const { document, problems } = readYaml(name, read.bytes);
  if (document === undefined) return { ...otherwise, problems };
  const shaped = shapeOf(configSchema, document);
  problems.push(...shaped.problems);
  if (shaped.value === undefined) {
    const given = valueAt(document.value, ['blocklists']);
    const blocklists = typeof given === 'string' ? resolve(dirname(path), given) : otherwise.blocklists;
    return { problems, watched: [path, blocklists], blocklists };
  }
  const finder = newFinder(document, problems);
  const config = configOf(path, shaped.value, finder, { path, now: options.now, disk });
  warnOfConfig(config, finder);
  const folders = [config.blocklists, ...(config.exemptionsFolder === undefined ? [] : [config.exemptionsFolder])];
  return { config, problems, watched: [path, ...folders], blocklists: config.blocklists };
}

/** What is not in the file. */
interface World {
  /** Absolute, of the configuration. */
  readonly path: string;
  readonly now: Instant;
  readonly disk: Disk;
}

function configOf(file: string, text: ConfigText, finder: Finder, world: World): Config {
  const from = (path: string) => resolve(dirname(file), path);
  const listen = readListen(text.dns.listen, finder);
  const blocklists = from(text.blocklists);
  const { folder } = text.exemptions;
  const exemptionsFolder = folder === undefined ? undefined : from(folder);
  return present({
    file,
    dns: dnsOf(text, listen, finder),
    upstreams: readUpstreams(text.upstreams, listen, finder),
    cache: {
      maxBytes: size(text.cache.max_bytes, MAX_CACHE_BYTES, ['cache', 'max_bytes'], finder),
      maxTtlSeconds: seconds(text.cache.max_ttl, 0, MAX_TTL, ['cache', 'max_ttl'], finder),
      negativeMaxTtlSeconds: seconds(text.cache.negative_max_ttl, 0, MAX_TTL, ['cache', 'negative_max_ttl'], finder),
    },
    blocklists,
    state: from(text.state),
    exemptionsFolder,
    // The schema's default parses; in place of one that does not, a problem has been told.
    admin: { listen: readEndpoint(text.admin.listen, ['admin', 'listen'], finder) ?? NOWHERE },
    policyMaxBytes: size(text.policy_max_bytes, MAX_POLICY_BYTES, ['policy_max_bytes'], finder),
    reload: { maxShrink: text.reload.max_shrink },
    events: { file: text.events.file, maxPerSecond: text.events.max_per_second },
    privacy: readPrivacy(text.privacy, finder),
    history: {
      // The schema's `span` lets nothing through that is none.
      kept: parseSpan(text.history.sources) as Span,
      maxBytes: size(text.history.sources_max_bytes, MAX_HISTORY_BYTES, ['history', 'sources_max_bytes'], finder),
    },
    metrics: { maxSeries: text.metrics.max_series },
    log: text.log,
    department: departmentOf(text, exemptionsFolder, blocklists, finder, world),
  });
}

const NOWHERE = { address: new Uint8Array(16) as Config['admin']['listen']['address'], host: '::', port: 0 };

function dnsOf(text: ConfigText, listen: Config['dns']['listen'], finder: Finder): Config['dns'] {
  const { dns } = text;
  return {
    listen,
    io: dns.io,
    workers: dns.workers,
    maxUdpSize: dns.max_udp_size,
    forward: readForward(dns.forward, listen, finder),
    allowNonRecursive: dns.allow_non_recursive,
    tcpIdleMs: wait(dns.tcp.idle, ['dns', 'tcp', 'idle'], finder),
    tcpMaxConnections: dns.tcp.max_connections,
    tcpMaxPerClient: dns.tcp.max_per_client,
    deadlineMs: wait(dns.deadline, ['dns', 'deadline'], finder),
    case0x20: dns.case_0x20,
  };
}

function departmentOf(
  text: ConfigText,
  folder: string | undefined,
  blocklists: string,
  finder: Finder,
  world: World,
): DepartmentModel {
  const { timezone, longest, max_share, max_ipv4, max_ipv6_64s } = text.exemptions;
  const isKnown = isTimeZone(timezone);
  if (!isKnown)
    finder.error('timezone', `${quote(timezone)} is no time zone; write one such as Europe/London`, [
      'exemptions',
      'timezone',
    ]);
  const timeZone = isKnown ? timezone : 'UTC';
  if (folder !== undefined && `${folder}/`.startsWith(`${blocklists}/`)) {
    finder.error(
      'exemptions-folder',
      'exemptions lie inside the blocklists and would be published with them; move them out',
      ['exemptions', 'folder'],
    );
  }
  const read =
    folder === undefined
      ? { exemptions: [], problems: [] }
      : readExemptions(
          named(folder, world.path),
          { now: world.now, timeZone },
          rooted(world.disk, dirname(world.path)),
        );
  finder.problems.push(...read.problems);
  return {
    operator: text.operator,
    timeZone,
    segments: readSegments(text.segments, timeZone, finder),
    exemptions: read.exemptions,
    exemptionLimits: {
      // The schema's `span` lets nothing through that is none.
      longest: parseSpan(longest) as Span,
      maxShare: max_share,
      maxIPv4: max_ipv4,
      maxIPv6Subnets: max_ipv6_64s,
    },
    protectedNames: protectedOf(text.protected, finder),
    answers: answersOf(text, finder),
  };
}

function protectedOf(texts: readonly string[], finder: Finder): PlacedName[] {
  return texts.flatMap((text, i): PlacedName[] => {
    const path: Path = ['protected', i];
    const name = readName(text);
    if ('message' in name) finder.error(name.code, name.message, path);
    else if (name.length === 1)
      finder.error('protected-root', 'the root would protect every name; name your own zones', path);
    else return [{ name: formatName(name), where: finder.document.place(path) }];
    return [];
  });
}

function answersOf(text: ConfigText, finder: Finder): AnswerSettings {
  return present({
    sinkholeIPv4: sinkhole(text.sinkhole?.ipv4, 'ipv4', finder),
    sinkholeIPv6: sinkhole(text.sinkhole?.ipv6, 'ipv6', finder),
    ttlSeconds: seconds(text.answer_ttl, 1, MAX_ANSWER_TTL, ['answer_ttl'], finder),
    mname: readSoaName(text.soa.mname, ['soa', 'mname'], finder),
    rname: readSoaName(text.soa.rname, ['soa', 'rname'], finder),
  });
}

function sinkhole(text: string | undefined, family: 'ipv4' | 'ipv6', finder: Finder): string | undefined {
  if (text === undefined) return undefined;
  const address = parseAddress(text);
  if (address !== undefined && isIPv4(address) === (family === 'ipv4')) return formatAddress(address);
  finder.error('address-invalid', `${quote(text)} is no ${family === 'ipv4' ? 'IPv4' : 'IPv6'} address`, [
    'sinkhole',
    family,
  ]);
  return undefined;
}

function size(text: string | number, most: number, path: Path, finder: Finder): number {
  const bytes = parseSize(text);
  if (bytes !== undefined && bytes >= 2 ** 20 && bytes <= most) return bytes;
  finder.error('bad-value', `${quote(text)} is no size between 1MiB and ${most / 2 ** 20}MiB; write it as 64MiB`, path);
  return most;
}

function seconds(text: string | number, least: number, most: number, path: Path, finder: Finder): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms % 1000 === 0 && ms >= least * 1000 && ms <= most * 1000) return ms / 1000;
  finder.error(
    'bad-value',
    `${quote(text)} is no time of ${least} to ${most} whole seconds; write it as 60 or 5m`,
    path,
  );
  return least;
}

function wait(text: string | number, path: Path, finder: Finder): number {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 100 && ms <= MAX_WAIT_MS) return ms;
  finder.error(
    'bad-value',
    `${quote(text)} is no time between 100ms and ${MAX_WAIT_MS / 1000}s; write it as 10s`,
    path,
  );
  return MAX_WAIT_MS;
}
