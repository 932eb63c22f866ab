// What is kept of a packet that made us throw. The log gets the error and nothing of the packet: its bytes hold what somebody asked for,
// perhaps by whom (client subnet options). They go into STATE/faults.ndjson, mode 0600, for whoever reports the fault, until that file is
// full. The client's address is in neither.

import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { errorText } from '../base/error-text.ts';

/** Some 20 samples, each with a stack; the first ones tell most. */
const MAX_FILE_BYTES = 64 << 10;
const MAX_STACK = 2000;
/** Of the packet: whoever reports one may hand over all of it. */
const SAMPLE_BYTES = 512;
/** One packet a client can send again at will: the log says so ten times a minute, the counter always. */
const LINES_A_MINUTE = 10;
const MINUTE_MS = 60_000;
/** Never through a link that somebody laid there. */
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;

export interface FaultLogOptions {
  readonly file: string;
  readonly nowMs: () => number;
  readonly log: (error: unknown, message: string) => void;
}

export class FaultLog {
  readonly #o: FaultLogOptions;
  #minute = 0;
  #lines = 0;
  #writing: Promise<void> | undefined;

  constructor(options: FaultLogOptions) {
    this.#o = options;
  }

  /** Never throws and never waits: of faults that come while one is written no sample is kept. */
  report({ error, sample }: { readonly error: unknown; readonly sample: Uint8Array }): void {
    const { file, nowMs, log } = this.#o;
    if (this.#mayLog(nowMs())) log(error, `a packet made us throw; please report it, with its sample in ${file}`);
    this.#writing ??= this.#write(error, sample)
      .catch((failure: Error) => log(failure, `the sample of a fault could not be written to ${file}`))
      .finally(() => {
        this.#writing = undefined;
      });
  }

  /** Settles when no sample is being written. */
  async settled(): Promise<void> {
    await this.#writing;
  }

  #mayLog(nowMs: number): boolean {
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute !== this.#minute) this.#lines = 0;
    this.#minute = minute;
    return ++this.#lines <= LINES_A_MINUTE;
  }

  async #write(error: unknown, sample: Uint8Array): Promise<void> {
    const stack = errorText(error).slice(0, MAX_STACK);
    const packet = Buffer.from(sample.subarray(0, SAMPLE_BYTES)).toString('hex');
    const time = new Date(this.#o.nowMs()).toISOString();
    const line = `${JSON.stringify({ time, error: stack, packet })}\n`;
    const handle = await open(this.#o.file, APPEND, 0o600);
    try {
      const { size } = await handle.stat();
      if (size + line.length <= MAX_FILE_BYTES) await handle.appendFile(line);
    } finally {
      await handle.close();
    }
  }
}
