// The field: each with its configuration of bench/peers, the same lists, the same upstream. They log nothing of single queries and keep no
// events, which we do.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../test/peers/peer.ts';
import { compileC } from './compile.ts';
import { startProgram } from './processes.ts';
import { ECHO, type Site, type Started, type Target } from './target.ts';
import { listedPrefixes, type Workload, writeNames } from './workload.ts';

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
  for (const list of peer.lists) words[list] = writeList(list, workload);
  for (const config of peer.configs) {
    const text = readFileSync(join(PEERS, config), 'utf8');
    writeFileSync(
      join(folder, config),
      text.replaceAll(/\{(\w+)\}/g, (found, word) => String(words[word] ?? found)),
    );
  }
  const since = performance.now();
  const program = startProgram(core, [peer.program, ...peer.args(folder, workers)], folder, join(folder, 'log'));
  const reload = async () => {
    program.child.kill('SIGHUP');
  };
  return { program, port, since, ...(peer.reloadsBySignal && { reload }) };
}

const RPZ_HEAD = `$ORIGIN rpz.bench.
$TTL 60
@ SOA localhost. hostmaster.localhost. 1 3600 600 86400 60
@ NS localhost.
`;

const LISTS = {
  names: { head: () => '', line: (name: string) => `${name}\n` },
  rpzNames: { head: () => RPZ_HEAD, line: (name: string) => `${name} CNAME .\n*.${name} CNAME .\n` },
  rpz: { head: () => RPZ_HEAD + addressTriggers(), line: (name: string) => `${name} CNAME .\n*.${name} CNAME .\n` },
  dnsmasqNames: { head: () => '', line: (name: string) => `local=/${name}/\n` },
} as const;

/** Written once a workload. */
function writeList(list: keyof typeof LISTS, workload: Workload): string {
  const path = join(workload.folder, list);
  const { head, line } = LISTS[list];
  if (!existsSync(path)) writeNames(path, head(), workload, line);
  return path;
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
