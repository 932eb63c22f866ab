// The parts of interdict.yaml that name addresses: where we listen, whom we ask.

import { formatName, parseName } from '../base/names.ts';
import { readName } from '../lists/rules/names.ts';
import type { Path } from '../lists/yaml/document.ts';
import { quote } from '../lists/yaml/shape.ts';
import type { Config, Endpoint, ForwardZone, Upstream } from './config.ts';
import type { Finder } from './finder.ts';
import type { ConfigText, UpstreamText } from './schema.ts';
import { parseEndpoint, parseUpstream, type UpstreamFault } from './units.ts';

export function readEndpoint(text: string, path: Path, finder: Finder): Endpoint | undefined {
  const endpoint = parseEndpoint(text);
  if (endpoint === undefined) {
    finder.error(
      'endpoint-invalid',
      `${quote(text)} is no address with a port; write it as "127.0.0.1:5300" or "[::1]:5300"`,
      path,
    );
  }
  return endpoint;
}

export function readListen(texts: readonly string[], finder: Finder): Endpoint[] {
  const listen: Endpoint[] = [];
  for (const [i, text] of texts.entries()) {
    const path: Path = ['dns', 'listen', i];
    const endpoint = readEndpoint(text, path, finder);
    if (endpoint === undefined) continue;
    // Port 0 asks the system for a free one, so two of them do not collide.
    if (endpoint.port !== 0 && listen.some((other) => isSame(other, endpoint))) {
      finder.error('duplicate-listen', `${quote(text)} stands here twice; take one away`, path);
    } else listen.push(endpoint);
  }
  return listen;
}

export function readUpstreams(
  texts: readonly UpstreamText[],
  listen: readonly Endpoint[],
  finder: Finder,
): Config['upstreams'] {
  if (texts.length === 1 && texts[0] === 'system') return 'system';
  return texts.flatMap((text, i) => readUpstream(text, ['upstreams', i], listen, finder) ?? []);
}

function readUpstream(
  text: UpstreamText,
  path: Path,
  listen: readonly Endpoint[],
  finder: Finder,
): Upstream | undefined {
  const [address, trusted] = typeof text === 'string' ? [text, false] : [text.address, text.trusted];
  if (address === 'system') {
    finder.error(
      'upstream-system',
      'system stands alone, as upstreams: [system]; name addresses, or nothing but system',
      path,
    );
    return undefined;
  }
  const upstream = parseUpstream(address, trusted);
  if (typeof upstream === 'string') {
    const code = upstream === 'https' ? 'upstream-unsupported' : 'upstream-invalid';
    finder.error(code, `${quote(address)} ${FAULTS[upstream]}`, path);
    return undefined;
  }
  if (upstream.transport === 'udp' && listen.some((own) => isSame(own, upstream.endpoint))) {
    finder.error('upstream-loop', `${quote(address)} is where we listen ourselves; name another resolver`, path);
    return undefined;
  }
  return upstream;
}

const FAULTS: Record<UpstreamFault, string> = {
  https: 'asks for DNS over HTTPS, which is not supported yet; use tls://HOST@ADDRESS',
  scheme: 'has a scheme that is not known; write ADDRESS[:PORT] or tls://HOST@ADDRESS',
  'server-name': 'lacks its server name; write tls://HOST@ADDRESS, with the name in its certificate and its address',
  address: 'is no address of a resolver; write ADDRESS[:PORT] or tls://HOST@ADDRESS',
};

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.port === b.port && a.address.every((byte, i) => byte === b.address[i]);
}

export function readForward(
  texts: ConfigText['dns']['forward'],
  listen: readonly Endpoint[],
  finder: Finder,
): ForwardZone[] {
  const seen = new Set<string>();
  return texts.flatMap((text, i): ForwardZone[] => {
    const path: Path = ['dns', 'forward', i];
    const to = text.to.flatMap((entry, n) => readUpstream(entry, [...path, 'to', n], listen, finder) ?? []);
    const zone = readZone(text.zone, [...path, 'zone'], finder);
    if (zone === undefined) return [];
    if (seen.has(zone)) {
      finder.error('duplicate-zone', `${quote(zone)} is forwarded twice; merge the two`, [...path, 'zone']);
      return [];
    }
    seen.add(zone);
    return [{ zone, to }];
  });
}

function readZone(text: string, path: Path, finder: Finder): string | undefined {
  const name = readName(text);
  if ('message' in name) {
    finder.error(name.code, name.message, path);
    return undefined;
  }
  if (name.length === 1) {
    finder.error('zone-root', 'the root is what upstreams are for; name a zone', path);
    return undefined;
  }
  return formatName(name);
}

/** A name for the SOA record; a mail address stands for its name (RFC 1035 §3.3.13: the first label is the mailbox). */
export function readSoaName(text: string, path: Path, finder: Finder): string {
  const [mailbox, domain, ...rest] = text.split('@');
  const isMail = domain !== undefined && rest.length === 0;
  const name = parseName(isMail ? `${mailbox.replaceAll('.', '\\.')}.${domain}` : text);
  if (typeof name !== 'string' && !/[\s@]/.test(text.replace('@', ''))) return formatName(name);
  finder.error('name-invalid', `${quote(text)} is no name; write one such as hostmaster.example.org`, path);
  return 'invalid';
}
