// Sends what a table of messages holds, to the end: sendmmsg stops at the first message that fails, and one peer's failure is nobody
// else's. What cannot be sent is counted by errno and dropped; its client asks again.

import type { Libc } from './libc.ts';
import { C, MMSGHDR, POLLFD } from './struct-layout.ts';

/** A full send buffer (4 MiB) empties in less on any network that can carry our answers; longer, and questions pile up behind answers. */
const MAX_WAIT_MS = 10;
/** Such waits a call: the buffer may fill again while the rest goes out. */
const MAX_WAITS = 2;
/** Above Linux's largest errno (133). */
const ERRNOS = 134;

/** Failures by errno. */
export type ErrnoCounts = Float64Array;

export function newErrnoCounts(): ErrnoCounts {
  return new Float64Array(ERRNOS);
}

/** Gives how many could not be sent. */
export function sendMessages(libc: Libc, fd: number, headers: number, count: number, errors: ErrnoCounts): number {
  let failures = 0;
  let waits = 0;
  let done = 0;
  while (done < count) {
    const sent = libc.sendmmsg(fd, headers + done * MMSGHDR.size, count - done, C.MSG_DONTWAIT);
    if (sent > 0) {
      done += sent;
      continue;
    }
    const errno = libc.errno();
    if (errno === C.EAGAIN && waits++ < MAX_WAITS && isSoonWritable(libc, fd)) continue;
    // Still full: what is left would fail the same way. Anything else is this one packet's.
    const lost = errno === C.EAGAIN ? count - done : 1;
    errors[errno] += lost;
    failures += lost;
    done += lost;
  }
  return failures;
}

function isSoonWritable(libc: Libc, fd: number): boolean {
  const { words, address } = libc.scratch;
  words[POLLFD.fd >> 2] = fd;
  words[POLLFD.events >> 2] = C.POLLOUT;
  return libc.poll(address, 1, MAX_WAIT_MS) > 0;
}
