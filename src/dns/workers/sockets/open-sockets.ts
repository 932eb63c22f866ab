// UDP sockets for the pool, which opens, owns and closes them; workers and the resolver only use their numbers. Each listen address has one
// socket a worker, all on one port (SO_REUSEPORT): the kernel picks the socket by a hash of both ends, so that a client stays with a worker.

import { isIPv4 } from '../../../base/addresses.ts';
import { readU16, writeU16 } from '../../../base/bytes.ts';
import { type Libc, SystemError } from './libc.ts';
import { C, SOCKADDR_IN, SOCKADDR_IN6, TIMEVAL } from './struct-layout.ts';

/** A receive ends after so long, for a look at the stop word: what a stop takes at worst when its wake-up was lost. */
const RECEIVE_TIMEOUT_MS = 250;

export interface UdpEndpoint {
  /** 16 bytes, IPv4 mapped. All zero: the wildcard, IPv4 too unless `ipv6Only`. */
  readonly address: Uint8Array;
  /** 0: the system picks one. */
  readonly port: number;
  readonly ipv6Only: boolean;
  readonly bufferBytes: number;
}

export interface UdpSocket {
  readonly fd: number;
  readonly port: number;
}

/**
 * `count` sockets on one address and port, or the system's error and none. The first one binds alone, so that a port that another program has,
 * or another instance of this one, is EADDRINUSE and not shared with it; then it opens its port to the others.
 */
export function openUdpSockets(libc: Libc, endpoint: UdpEndpoint, count: number): UdpSocket[] | SystemError {
  const open: UdpSocket[] = [];
  try {
    const first = openUdpSocket(libc, endpoint, false);
    open.push(first);
    setOption(libc, first.fd, C.SOL_SOCKET, C.SO_REUSEPORT, 1);
    while (open.length < count) open.push(openUdpSocket(libc, { ...endpoint, port: first.port }, true));
    return open;
  } catch (error) {
    for (const { fd } of open) closeSocket(libc, fd);
    if (error instanceof SystemError) return error;
    throw error;
  }
}

/** Wakes whoever waits in it; nothing is received any more. What was answered can still be sent. */
export function shutdownSocket(libc: Libc, fd: number): void {
  // ENOTCONN is what an unconnected socket says; it is shut all the same.
  libc.shutdown(fd, C.SHUT_RD);
}

export function closeSocket(libc: Libc, fd: number): void {
  libc.close(fd);
}

/** Throws SystemError. */
function openUdpSocket(libc: Libc, endpoint: UdpEndpoint, isShared: boolean): UdpSocket {
  const family = isIPv4(endpoint.address) ? C.AF_INET : C.AF_INET6;
  const fd = checked(libc, 'socket', libc.socket(family, C.SOCK_DGRAM | C.SOCK_CLOEXEC, 0));
  try {
    setOptions(libc, fd, family, endpoint);
    if (isShared) setOption(libc, fd, C.SOL_SOCKET, C.SO_REUSEPORT, 1);
    return { fd, port: bind(libc, fd, family, endpoint) };
  } catch (error) {
    closeSocket(libc, fd);
    throw error;
  }
}

function setOptions(libc: Libc, fd: number, family: number, endpoint: UdpEndpoint): void {
  // The kernel caps the plain options at net.core.rmem_max; the others need CAP_NET_ADMIN.
  if (!tryOption(libc, fd, C.SOL_SOCKET, C.SO_RCVBUFFORCE, endpoint.bufferBytes)) {
    tryOption(libc, fd, C.SOL_SOCKET, C.SO_RCVBUF, endpoint.bufferBytes);
  }
  if (!tryOption(libc, fd, C.SOL_SOCKET, C.SO_SNDBUFFORCE, endpoint.bufferBytes)) {
    tryOption(libc, fd, C.SOL_SOCKET, C.SO_SNDBUF, endpoint.bufferBytes);
  }
  tryOption(libc, fd, C.SOL_SOCKET, C.SO_RXQ_OVFL, 1);
  // Path MTU news can be forged to make us send fragments, which can be replaced (RFC 9715 §3.1): they are not listened to.
  tryOption(libc, fd, C.IPPROTO_IP, C.IP_MTU_DISCOVER, C.IP_PMTUDISC_OMIT);
  if (family === C.AF_INET6) {
    tryOption(libc, fd, C.IPPROTO_IPV6, C.IPV6_MTU_DISCOVER, C.IPV6_PMTUDISC_OMIT);
    setOption(libc, fd, C.IPPROTO_IPV6, C.IPV6_V6ONLY, endpoint.ipv6Only ? 1 : 0);
  }
  if (isWildcard(endpoint.address)) askForPacketInfo(libc, fd, family);
  setReceiveTimeout(libc, fd);
}

/** The address that was asked, to answer from it. A dual-stack socket with IP_PKTINFO too fails to answer IPv4 (EINVAL, measured). */
function askForPacketInfo(libc: Libc, fd: number, family: number): void {
  if (family === C.AF_INET6) setOption(libc, fd, C.IPPROTO_IPV6, C.IPV6_RECVPKTINFO, 1);
  else setOption(libc, fd, C.IPPROTO_IP, C.IP_PKTINFO, 1);
}

function isWildcard(address: Uint8Array): boolean {
  const from = isIPv4(address) ? 12 : 0;
  return address.subarray(from, 16).every((byte) => byte === 0);
}

function setReceiveTimeout(libc: Libc, fd: number): void {
  const { words, address } = libc.scratch;
  words.fill(0);
  words[TIMEVAL.microseconds >> 2] = RECEIVE_TIMEOUT_MS * 1000;
  checked(libc, 'setsockopt', libc.setsockopt(fd, C.SOL_SOCKET, C.SO_RCVTIMEO, address, TIMEVAL.size));
}

/** Gives the port that it got. */
function bind(libc: Libc, fd: number, family: number, endpoint: UdpEndpoint): number {
  const { bytes: name, words, address } = libc.scratch;
  const isFour = family === C.AF_INET;
  words.fill(0);
  name[SOCKADDR_IN.family] = family;
  writeU16(name, SOCKADDR_IN.port, endpoint.port);
  if (isFour) name.set(endpoint.address.subarray(12), SOCKADDR_IN.address);
  else name.set(endpoint.address, SOCKADDR_IN6.address);
  checked(libc, 'bind', libc.bind(fd, address, isFour ? SOCKADDR_IN.size : SOCKADDR_IN6.size));
  // getsockname reads and writes the length, which stands behind the name.
  words[SOCKADDR_IN6.size >> 2] = SOCKADDR_IN6.size;
  checked(libc, 'getsockname', libc.getsockname(fd, address, address + SOCKADDR_IN6.size));
  return readU16(name, SOCKADDR_IN.port);
}

function tryOption(libc: Libc, fd: number, level: number, option: number, value: number): boolean {
  libc.scratch.words[0] = value;
  return libc.setsockopt(fd, level, option, libc.scratch.address, 4) === 0;
}

function setOption(libc: Libc, fd: number, level: number, option: number, value: number): void {
  checked(libc, 'setsockopt', tryOption(libc, fd, level, option, value) ? 0 : -1);
}

/** The value of an int option; 0 when the socket has none. */
export function readOption(libc: Libc, fd: number, level: number, option: number): number {
  const { words, address } = libc.scratch;
  words[1] = 4;
  return libc.getsockopt(fd, level, option, address, address + 4) === 0 ? words[0] : 0;
}

function checked(libc: Libc, call: string, result: number): number {
  if (result < 0) throw new SystemError(call, libc.errno());
  return result;
}
