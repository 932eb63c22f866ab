// The field: each with its configuration of bench/peers, the same lists, the same upstream. They log nothing of single queries and keep no
// events, which we do.

import { existsSync, linkSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../test/peers/peer.ts';
import { compileC } from './compile.ts';
import { startProgram } from './processes.ts';
import { ECHO, type Site, type Started, type Target } from './target.ts';
import { listedPrefixes, type NameFormat, type Workload, writeNames } from './workload.ts';

const PEERS = join(import.meta.dirname, '../peers');

interface Peer {
  readonly name: string;
  readonly program: string;
  readonly does: string;
  readonly version: NonNullable<Target['version']>;
  /** Templates of bench/peers: {port}, {folder}, {upstream}, {workers} and lists are filled in. */
  readonly configs: readonly string[];
  readonly lists: readonly (keyof typeof LISTS)[];
  readonly args: (folder: string, workers: number) => readonly string[];
  /** Has it read its lists anew by SIGHUP. */
  readonly reloadsBySignal?: true;
}

const PROGRAMS: readonly Peer[] = [
  {
    name: 'dnsdist',
    program: 'dnsdist',
    does: 'suffix match, packet cache',
    version: { args: ['--version'], pattern: /dnsdist (\S+)/ },
    configs: ['dnsdist.conf'],
    lists: ['names'],
    args: (folder) => ['--supervised', '--disable-syslog', '-C', join(folder, 'dnsdist.conf')],
  },
  {
    name: 'unbound',
    program: 'unbound',
    does: 'RPZ with address rules, EDE',
    version: { args: ['-V'], pattern: /Version (\S+)/ },
    configs: ['unbound.conf'],
    lists: ['rpz'],
    args: (folder) => ['-d', '-p', '-c', join(folder, 'unbound.conf')],
    reloadsBySignal: true,
  },
  {
    name: 'recursor',
    program: 'pdns_recursor',
    does: 'RPZ with address rules, packet cache',
    version: { args: ['--version'], pattern: /Recursor (\S+)/ },
    configs: ['recursor.conf', 'recursor.lua'],
    lists: ['rpz'],
    args: (folder) => [`--config-dir=${folder}`],
  },
  {
    name: 'knot',
    program: 'kresd',
    does: 'RPZ, names alone',
    version: { args: ['--version'], pattern: /version (\S+)/ },
    configs: ['kresd.conf'],
    lists: ['rpzNames'],
    args: (folder) => ['-n', '-c', join(folder, 'kresd.conf'), folder],
  },
  {
    name: 'bind',
    program: 'named',
    does: 'RPZ with address rules',
    version: { args: ['-v'], pattern: /BIND (\S+?)-/ },
    configs: ['named.conf'],
    lists: ['rpz'],
    args: (folder, workers) => ['-f', '-n', String(workers), '-c', join(folder, 'named.conf')],
    reloadsBySignal: true,
  },
  {
    name: 'dnsmasq',
    program: 'dnsmasq',
    does: 'names alone',
    version: { args: ['--version'], pattern: /version (\S+)/ },
    configs: ['dnsmasq.conf'],
    lists: ['dnsmasqNames'],
    args: (folder) => ['-C', join(folder, 'dnsmasq.conf')],
  },
];

const limit: Target = {
  name: ECHO,
  program: 'cc',
  does: 'nothing: sends each packet back',
  start: async ({ folder, core }) => {
    const echo = compileC('echo', folder);
    const port = await freePort();
    const since = performance.now();
    return { program: startProgram(core, [echo, String(port)], folder, join(folder, 'log')), port, since };
  },
};

export const PEER_TARGETS: readonly Target[] = [limit, ...PROGRAMS.map(targetOf)];

function targetOf(peer: Peer): Target {
  const { name, program, does, version } = peer;
  return { name, program, does, version, start: (site) => startPeer(peer, site) };
}

async function startPeer(peer: Peer, site: Site): Promise<Started> {
  const { folder, workload, upstreamPort, workers, core } = site;
  const port = await freePort();
  const words: Record<string, string | number> = { port, folder, upstream: upstreamPort, workers };
  for (const list of peer.lists) words[list] = listOf(list, workload, folder);
  for (const config of peer.configs) {
    const text = readFileSync(join(PEERS, config), 'utf8');
    writeFileSync(
      join(folder, config),
      text.replaceAll(/\{(\w+)\}/g, (found, word) => String(words[word] ?? found)),
    );
  }
  const since = performance.now();
  const program = startProgram(core, [peer.program, ...peer.args(folder, workers)], folder, join(folder, 'log'));
  const prepareReload = (seed: number) => {
    for (const list of peer.lists) writeNames(join(folder, `${list}.new`), LISTS[list](seed), workload.listed, seed);
    return async () => {
      for (const list of peer.lists) renameSync(join(folder, `${list}.new`), join(folder, list));
      program.child.kill('SIGHUP');
    };
  };
  return { program, port, since, ...(peer.reloadsBySignal && { prepareReload }) };
}

const rpzHead = (serial: number) => `$ORIGIN rpz.bench.
$TTL 60
@ SOA localhost. hostmaster.localhost. ${serial} 3600 600 86400 60
@ NS localhost.
`;
const rpzLine = (name: string) => `${name} CNAME .\n*.${name} CNAME .\n`;

/** By the word in a template; the seed is a zone's serial as well. */
const LISTS = {
  names: () => ({ head: '', line: (name) => `${name}\n` }),
  rpzNames: (seed) => ({ head: rpzHead(seed), line: rpzLine }),
  rpz: (seed) => ({ head: rpzHead(seed) + addressTriggers(), line: rpzLine }),
  dnsmasqNames: () => ({ head: '', line: (name) => `local=/${name}/\n` }),
} satisfies Record<string, (seed: number) => NameFormat>;

/** Written once a workload; each server has a name for it in its own folder, which a reload may put another file under. */
function listOf(list: keyof typeof LISTS, workload: Workload, folder: string): string {
  const written = join(workload.folder, list);
  if (!existsSync(written)) writeNames(written, LISTS[list](1), workload.listed);
  const own = join(folder, list);
  linkSync(written, own);
  return own;
}

function addressTriggers(): string {
  return listedPrefixes()
    .map((prefix) => {
      const [address, bits] = prefix.split('/');
      const groups = address.includes(':') ? address.replace('::', ':zz').split(':') : address.split('.');
      return `${bits}.${groups.reverse().join('.')}.rpz-ip CNAME .\n`;
    })
    .join('');
}
