// A UDP client that asks many questions, a bounded number at once, and asks again what was not answered.

import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { readU16, writeU16 } from '../../src/base/bytes.ts';
import { type Answer, type Question, queryBytes, readAnswer } from './messages.ts';

/** Open questions at once: below what a server's socket buffer holds. */
const WINDOW = 64;
const TRIES = 5;
const ASK_AGAIN_MS = 5;
const LATE_MS = 3000;

export class Client {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, (answer?: Uint8Array) => void>();
  #id = 0;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (answer) => this.#waiting.get(readU16(answer, 0))?.(answer));
    socket.on('error', () => {}); // nobody listens yet: the question is asked again
  }

  static async open(port: number): Promise<Client> {
    const socket = createSocket({ type: 'udp4', recvBufferSize: 4 << 20 });
    await once(socket.bind(0, '127.0.0.1'), 'listening');
    socket.connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new Client(socket);
  }

  ask(question: Question, limitMs: number): Promise<Answer | undefined> {
    this.#id = (this.#id + 1) & 0xffff;
    const id = this.#id;
    const query = queryBytes(question);
    writeU16(query, 0, id);
    return new Promise((done) => {
      const end = (answer?: Uint8Array) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        done(answer && readAnswer(answer));
      };
      const timer = setTimeout(end, limitMs);
      this.#waiting.set(id, end);
      this.#socket.send(query);
    });
  }

  /** Answers in the order of the questions; undefined where none came. */
  async askAll(questions: readonly Question[], limitMs = 1000): Promise<(Answer | undefined)[]> {
    const answers: (Answer | undefined)[] = [];
    let next = 0;
    const worker = async () => {
      while (next < questions.length) {
        const i = next++;
        for (let tries = 0; tries < TRIES && answers[i] === undefined; tries++) {
          answers[i] = await this.ask(questions[i], limitMs);
        }
      }
    };
    await Promise.all(Array.from({ length: WINDOW }, worker));
    return answers;
  }

  close(): void {
    for (const end of [...this.#waiting.values()]) end();
    this.#socket.close();
  }
}

/**
 * Milliseconds from `since` until the question has an answer that will do. It is asked every few milliseconds, whether or not an answer to
 * the last time came: a server under load may answer late.
 */
export async function waitForAnswer(
  port: number,
  question: Question,
  will: (answer: Answer) => boolean,
  limits: { readonly since: number; readonly limitMs: number; readonly isRunning: () => boolean },
): Promise<number | undefined> {
  const client = await Client.open(port);
  let tookMs: number | undefined;
  let found = () => {};
  const isFound = new Promise<void>((done) => {
    found = done;
  });
  while (tookMs === undefined && performance.now() - limits.since < limits.limitMs && limits.isRunning()) {
    client.ask(question, LATE_MS).then((answer) => {
      if (answer === undefined || !will(answer)) return;
      tookMs ??= performance.now() - limits.since;
      found();
    });
    await Promise.race([isFound, new Promise((done) => setTimeout(done, ASK_AGAIN_MS))]);
  }
  client.close();
  return tookMs;
}
