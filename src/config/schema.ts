// The shape of interdict.yaml: keys, words and defaults. What a text means (an address, a size, a name) is read by read-config.ts and its
// neighbours; what the policy means as a whole is checked by policy/.

import { z } from 'zod';
import { jurisdiction } from '../lists/schema/schema-directive.ts';
import { answer, id, moment, name, span, text } from '../lists/schema/schema-words.ts';
import { MODES, SEGMENT_KINDS } from '../policy/model.ts';
import { RETENTION_PROFILES } from './retention.ts';

const endpoint = z.string({ error: 'must be ADDRESS:PORT in quotes, such as "127.0.0.1:5300" or "[::1]:5300"' });
const size = z.union([z.int().min(1), z.string()], { error: 'must be a size such as 64MiB' });
const duration = z.union([z.int().min(0), z.string()], { error: 'must be a time such as 60 (seconds) or 5m' });
const share = z.number().min(0).max(1);
/** A text is no number and a number no text: whichever it was meant to be, the sentence is the same. */
const WORKERS = { error: 'must be auto, or a number from 1 to 64' };
const count = (most: number) => z.int().min(1).max(most);

const upstream = z.union([
  z.string(),
  z.strictObject({
    address: z.string().describe('ADDRESS[:PORT] or tls://HOST@ADDRESS.'),
    trusted: z
      .boolean()
      .default(false)
      .describe('Whether its AD bit is passed on: it validates, and the way to it is safe.'),
  }),
]);

const forwardZone = z.strictObject({
  zone: name.describe('The zone; the deepest one that fits a name wins.'),
  to: z.array(upstream).min(1).describe('Its resolvers. There is no way back to the public ones.'),
});

const dns = z.strictObject({
  listen: z
    .array(endpoint)
    .min(1)
    .default(['127.0.0.1:5300', '[::1]:5300'])
    .describe('Where queries are answered, over UDP and TCP.'),
  io: z
    .enum(['auto', 'batch', 'portable'])
    .default('auto')
    .describe(
      'How UDP is read: batch takes many packets a system call (Linux with glibc), portable one; auto takes batch where it works.',
    ),
  workers: z
    .union([z.literal('auto', WORKERS), count(64)], WORKERS)
    .default('auto')
    .describe('Threads that answer UDP from memory with batched calls; auto: one a core.'),
  max_udp_size: z
    .int()
    .min(512)
    .max(4096)
    .default(1232)
    .describe('Largest UDP answer in bytes; more is sent over TCP (RFC 9715).'),
  forward: z.array(forwardZone).default([]).describe('Zones that other resolvers answer.'),
  allow_non_recursive: z
    .boolean()
    .default(false)
    .describe('Answer queries without RD too. Off: nobody can look what is in the cache.'),
  deadline: duration.default('5s').describe('From the arrival of a query to SERVFAIL.'),
  case_0x20: z
    .boolean()
    .default(false)
    .describe('Mix the case of names sent upstream against spoofing; some servers cannot bear it.'),
  tcp: z
    .strictObject({
      idle: duration.default('10s').describe('An idle connection is closed after this.'),
      max_connections: count(65_535).default(1024).describe('Open connections at most.'),
      max_per_client: count(65_535).default(64).describe('Open connections of one address at most.'),
    })
    .prefault({})
    .describe('Limits of TCP connections.'),
});

const enforceEntry = z.union([
  id,
  z.strictObject({
    directive: id.describe('Id of a directive.'),
    mode: z.enum(MODES).default('enforce').describe('enforce, or monitor: decide, count and record, but let through.'),
    until: moment.optional().describe('To the end of this day the mode holds; then comes `then`.'),
    // biome-ignore lint/suspicious/noThenProperty: the key's name in the file; no function, so nothing takes it for a promise
    then: z.enum(MODES).optional().describe('The mode after `until`.'),
    own_measure: text
      .optional()
      .describe("Why this is enforced although the directive does not ask for it: the department's own measure."),
  }),
]);

const segment = z.strictObject({
  id: id.describe('A label of metrics and a word of events.'),
  kind: z.enum(SEGMENT_KINDS).describe('Whose devices these are; says which directives reach them.'),
  reason: text.optional().describe('Why the kind is mixed.'),
  jurisdiction: jurisdiction
    .optional()
    .describe("ISO 3166 code, EU, or the department's own id; says which directives reach it."),
  clients: z.array(z.string()).min(1).describe('Prefixes of its clients; the longest decides between segments.'),
  public_name: text.optional().describe('What people are told it is called. Default: the id.'),
  contact: text.optional().describe('Whom people may ask.'),
  answer: answer.default('nxdomain').describe('How names that are not allowed are answered.'),
  enforce: z.array(enforceEntry).default([]).describe('Directives in the order in which they are named to people.'),
});

export const configSchema = z.strictObject({
  operator: text.describe('The department that runs this.'),
  dns: dns.prefault({}).describe('The resolver.'),
  upstreams: z
    .array(upstream)
    .min(1)
    .default(['system'])
    .describe('Resolvers that answer what is allowed: [system], or addresses, or tls://HOST@ADDRESS.'),
  cache: z
    .strictObject({
      max_bytes: size.default('64MiB').describe('Memory for answers.'),
      max_ttl: duration.default(3600).describe('Longest TTL shown to clients.'),
      negative_max_ttl: duration.default(300).describe('The same for answers that say no.'),
    })
    .prefault({})
    .describe('Answers kept in memory. Verdicts are never kept.'),
  blocklists: text.default('../blocklists').describe('Folder of apps, directives and feeds.'),
  state: text.default('../state').describe('Folder for what a running instance keeps: last good policy, events, keys.'),
  sinkhole: z
    .strictObject({
      ipv4: z.string().optional().describe('For A.'),
      ipv6: z.string().optional().describe('For AAAA.'),
    })
    .optional()
    .describe('Addresses for the answer sinkhole. Port 443 there must refuse at once.'),
  answer_ttl: duration.default(60).describe('TTL of answers that a directive makes.'),
  soa: z
    .strictObject({
      mname: name.default('interdict.invalid').describe('Name of the server.'),
      rname: z.string().default('hostmaster.interdict.invalid').describe('Whom to write to; a mail address will do.'),
    })
    .prefault({})
    .describe('SOA record of answers that say no.'),
  admin: z
    .strictObject({ listen: endpoint.default('127.0.0.1:9353').describe('Where /metrics, /healthz and /readyz are.') })
    .prefault({})
    .describe('For operators only.'),
  policy_max_bytes: size
    .default('512MiB')
    .describe('Room for one compiled policy; there are two. Memory is used as it fills.'),
  reload: z
    .strictObject({
      max_shrink: share.default(0.2).describe('A reload that loses more than this share of the rules is refused.'),
    })
    .prefault({})
    .describe('Guards of a reload.'),
  events: z
    .strictObject({
      file: z.boolean().default(true).describe('Write STATE/events/DATE.ndjson.'),
      max_per_second: count(1_000_000)
        .default(1000)
        .describe('Above it events are sampled; counters are always exact.'),
    })
    .prefault({})
    .describe('One line for each request that matched.'),
  privacy: z
    .strictObject({
      profile: z
        .enum(RETENTION_PROFILES)
        .default('default')
        .describe(
          'Whose numbers hold for the keys below that are not set; docs/privacy.md has them with their sources.',
        ),
      events: span
        .optional()
        .describe('How long event files and samples of faults are kept; a span of days or longer.'),
      pseudonym_keys: span
        .optional()
        .describe("How long a day's pseudonyms can be undone; then its key is destroyed, and identify fails."),
      journal: span.optional().describe('How long the journal is kept, records of identify included.'),
      smallest_group: count(1000)
        .default(5)
        .describe('Reports give no number of clients below it: a small group can be told apart.'),
    })
    .prefault({})
    .describe('How long what is stored of people is kept.'),
  history: z
    .strictObject({
      sources: span.default('400 days').describe('How long the text of the files of past policies is kept.'),
      sources_max_bytes: size
        .default('1GiB')
        .describe('Room for it, compressed; beyond, the text of the oldest policies goes.'),
    })
    .prefault({})
    .describe('What explain --at judges by.'),
  metrics: z
    .strictObject({
      max_series: count(1_000_000).default(20_000).describe('Above it apps of the largest segments share a series.'),
    })
    .prefault({})
    .describe('Limits of /metrics.'),
  log: z
    .strictObject({
      level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least severe line written.'),
    })
    .prefault({})
    .describe('The log on standard output.'),
  segments: z.array(segment).default([]).describe('Networks; a client of none is refused.'),
  exemptions: z
    .strictObject({
      folder: text.optional().describe('Folder of exemptions, one file each; never inside blocklists.'),
      timezone: text.default('UTC').describe('Time zone of every date, such as Europe/London.'),
      longest: span.default('12 months').describe('The longest an exemption may last; a directive may ask for less.'),
      max_share: share.default(0.05).describe('The largest share of a segment that one may cover.'),
      max_ipv4: count(65_536).default(256).describe('IPv4 addresses that one may cover.'),
      max_ipv6_64s: count(65_536).default(16).describe('IPv6 /64 networks that one may cover.'),
    })
    .prefault({})
    .describe('Exceptions, and their limits.'),
  protected: z.array(name).default([]).describe('Names that, with everything below them, no list may ever block.'),
});

export type ConfigText = z.output<typeof configSchema>;
export type SegmentText = ConfigText['segments'][number];
export type UpstreamText = ConfigText['upstreams'][number];
