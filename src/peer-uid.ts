// Whose process is at the other end of the control socket, as the kernel says (SO_PEERCRED). Here because it lends control the C library
// that the DNS workers call.

import { batchIoFault, Libc } from './dns/workers/sockets/libc.ts';
import { C, UCRED } from './dns/workers/sockets/struct-layout.ts';

/** Of a connected Unix socket, by its descriptor. Undefined for all where the library is missing. */
export function peerUidReader(): (fd: number) => number | undefined {
  if (batchIoFault() !== undefined) return () => undefined;
  const libc = new Libc();
  return (fd) => {
    const { words, address } = libc.scratch;
    const lengthAt = UCRED.size >> 2;
    words[lengthAt] = UCRED.size;
    const result = libc.getsockopt(fd, C.SOL_SOCKET, C.SO_PEERCRED, address, address + UCRED.size);
    return result === 0 && words[lengthAt] === UCRED.size ? words[UCRED.uid >> 2] : undefined;
  };
}
