// One query to one listener, from a socket like any client's: does it answer?

import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { isIPv4, parseAddress } from '../../base/addresses.ts';
import { readU16, writeU16 } from '../../base/bytes.ts';

/** Where to ask, and how. */
export interface ListenerAddress {
  readonly transport: 'udp' | 'tcp';
  readonly host: string;
  readonly port: number;
}

export interface ListenerQuestion {
  readonly message: Uint8Array;
  readonly isReply: (reply: Uint8Array) => boolean;
}

/** An answer takes microseconds, and tens of milliseconds behind a full buffer. */
const WAIT_MS = 1_000;
/** A datagram may be lost when the machine is busy. */
const UDP_TRIES = 3;
const FRAME_HEAD = 2;

export async function answers(listener: ListenerAddress, question: ListenerQuestion): Promise<boolean> {
  if (listener.transport === 'tcp') return overTcp(listener, question);
  for (let tries = 0; tries < UDP_TRIES; tries++) if (await overUdp(listener, question)) return true;
  return false;
}

/** From a new port each time: the kernel spreads ports over the workers, so that each has its turn. */
function overUdp({ host, port }: ListenerAddress, { message, isReply }: ListenerQuestion): Promise<boolean> {
  const address = parseAddress(host);
  const socket = createSocket(address !== undefined && isIPv4(address) ? 'udp4' : 'udp6');
  return new Promise((done) => {
    const end = (isWell: boolean) => {
      clearTimeout(timer);
      socket.off('message', onMessage).close();
      done(isWell);
    };
    const onMessage = (reply: Uint8Array) => {
      if (isReply(reply)) end(true);
    };
    const timer = setTimeout(() => end(false), WAIT_MS);
    socket.on('message', onMessage);
    socket.once('error', () => end(false));
    // Connected, so that a closed port is told at once and nobody else's datagrams come in.
    socket.connect(port, host, () => socket.send(message));
  });
}

function overTcp({ host, port }: ListenerAddress, { message, isReply }: ListenerQuestion): Promise<boolean> {
  const frame = new Uint8Array(FRAME_HEAD + message.length);
  writeU16(frame, 0, message.length);
  frame.set(message, FRAME_HEAD);
  const socket = connect({ host, port, noDelay: true });
  let got = Buffer.alloc(0);
  return new Promise((done) => {
    const end = (isWell: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      done(isWell);
    };
    const timer = setTimeout(() => end(false), WAIT_MS);
    socket.on('connect', () => socket.write(frame));
    socket.on('error', () => end(false));
    socket.on('close', () => end(false));
    socket.on('data', (chunk) => {
      got = Buffer.concat([got, chunk]);
      if (got.length < frame.length) return;
      end(readU16(got, 0) === message.length && isReply(got.subarray(FRAME_HEAD)));
    });
  });
}
