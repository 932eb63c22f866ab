// How glibc lays out what batched socket calls read and write, in bytes, as data. x64 and arm64 are both little-endian with 64-bit
// pointers and have the same layouts but one, and the same numbers (Linux's asm-generic ones); test/dns/workers/struct-layout.peers.test.ts compares
// every line with a C compiler's offsetof and with koffi's.
//
//   mmsghdr: name ▸ sockaddr of the peer      iov ▸ iovec ▸ the packet's room      control ▸ cmsghdr + packet info      length: bytes received

/** process.arch of the machines that the table holds for. */
export const ARCHITECTURES: readonly string[] = ['x64', 'arm64'];

/** A struct msghdr with the count of bytes received behind it. */
export const MMSGHDR = {
  size: 64,
  name: 0,
  nameLength: 8,
  iov: 16,
  iovCount: 24,
  control: 32,
  controlLength: 40,
  flags: 48,
  length: 56,
} as const;

export const IOVEC = { size: 16, base: 0, length: 8 } as const;

/** The head of a control message; its data follows at `size`, the next message at a multiple of 8. */
export const CMSGHDR = { size: 16, length: 0, level: 8, type: 12 } as const;

export const IN_PKTINFO = { size: 12, ifindex: 0, specDst: 4, address: 8 } as const;
export const IN6_PKTINFO = { size: 20, address: 0, ifindex: 16 } as const;

export const SOCKADDR_IN = { size: 16, family: 0, port: 2, address: 4 } as const;
export const SOCKADDR_IN6 = { size: 28, family: 0, port: 2, flowinfo: 4, address: 8, scopeId: 24 } as const;

export const POLLFD = { size: 8, fd: 0, events: 4, revents: 6 } as const;
/** The one struct of these that differs: packed on x64 alone. */
export const EPOLL_EVENT = { size: process.arch === 'x64' ? 12 : 16, events: 0, data: process.arch === 'x64' ? 4 : 8 };
/** Who is at the other end of a Unix socket. */
export const UCRED = { size: 12, pid: 0, uid: 4, gid: 8 } as const;
export const TIMEVAL = { size: 16, seconds: 0, microseconds: 8 } as const;

/** Bytes of a control message with so much data, padding included (CMSG_SPACE). */
export function controlSpace(dataBytes: number): number {
  return CMSGHDR.size + ((dataBytes + 7) & ~7);
}

/** The macros of sys/socket.h, netinet/in.h, poll.h and errno.h, by their C names. */
export const C = {
  AF_INET: 2,
  AF_INET6: 10,
  SOCK_DGRAM: 2,
  SOCK_CLOEXEC: 0x80000,
  SOCK_NONBLOCK: 0x800,
  SHUT_RD: 0,
  SOL_SOCKET: 1,
  SO_SNDBUF: 7,
  SO_RCVBUF: 8,
  SO_REUSEPORT: 15,
  SO_PEERCRED: 17,
  SO_RCVTIMEO: 20,
  SO_SNDBUFFORCE: 32,
  SO_RCVBUFFORCE: 33,
  SO_RXQ_OVFL: 40,
  IPPROTO_IP: 0,
  IP_PKTINFO: 8,
  IP_MTU_DISCOVER: 10,
  IP_PMTUDISC_OMIT: 5,
  IPPROTO_IPV6: 41,
  IPV6_MTU_DISCOVER: 23,
  IPV6_V6ONLY: 26,
  IPV6_RECVPKTINFO: 49,
  IPV6_PKTINFO: 50,
  IPV6_PMTUDISC_OMIT: 5,
  MSG_TRUNC: 0x20,
  MSG_DONTWAIT: 0x40,
  MSG_WAITFORONE: 0x10000,
  EPOLLIN: 1,
  EPOLL_CLOEXEC: 0x80000,
  EPOLL_CTL_ADD: 1,
  POLLIN: 1,
  POLLOUT: 4,
  EINTR: 4,
  EBADF: 9,
  EAGAIN: 11,
} as const;
