// Clients are personal data; what is stored of one is a pseudonym: its 16-byte address through one AES block under the key of the (UTC)
// day. The same client has the same pseudonym all day, another one tomorrow, and none that can be undone once the key is destroyed.

import { type Cipheriv, createCipheriv, createDecipheriv } from 'node:crypto';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export const KEY_BYTES = 16;

export type Pseudonym = (client: Uint8Array) => string;

/** UTC date of a moment, as it names key and event files: `2026-11-24`. */
export function dayOf(wallMs: number): string {
  return new Date(wallMs).toISOString().slice(0, 10);
}

/** Gives a day's pseudonyms, 32 hex digits each; makes STATE/keys/DAY.key (mode 0600) when it is not there. One key is kept at hand. */
export class Pseudonyms {
  readonly #folder: string;
  readonly #randomBytes: (count: number) => Uint8Array;
  #day = '';
  #pseudonym: Pseudonym = () => '';

  constructor(folder: string, randomBytes: (count: number) => Uint8Array) {
    this.#folder = folder;
    this.#randomBytes = randomBytes;
  }

  async ofDay(day: string): Promise<Pseudonym> {
    if (day !== this.#day) {
      this.#pseudonym = pseudonymOf(await this.#key(day));
      this.#day = day;
    }
    return this.#pseudonym;
  }

  /** The day's key is destroyed: it is not kept at hand either. */
  forget(day: string): void {
    if (day !== this.#day) return;
    this.#day = '';
    this.#pseudonym = () => '';
  }

  async #key(day: string): Promise<Uint8Array> {
    const path = join(this.#folder, `${day}.key`);
    const found = await readFile(path).catch(undefinedIfMissing);
    // A crash between creating and writing leaves a short file that nothing was encrypted under.
    if (found?.length === KEY_BYTES) return found;
    const key = this.#randomBytes(KEY_BYTES);
    const file = await open(path, 'w', 0o600);
    try {
      await file.write(key);
      await file.sync();
    } finally {
      await file.close();
    }
    return key;
  }
}

/** A key that is there and cannot be read is not made anew: what was written under it could not be undone any more. */
function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

/** One block a call: ECB without padding is the bare permutation, with no state between calls. */
export function pseudonymOf(key: Uint8Array): Pseudonym {
  const cipher: Cipheriv = createCipheriv('aes-128-ecb', key, null).setAutoPadding(false);
  return (client) => cipher.update(client).toString('hex');
}

/** The 16 bytes that became this pseudonym under the key; under another key 16 bytes that mean nothing. */
export function addressOf(key: Uint8Array, pseudonym: string): Uint8Array {
  return createDecipheriv('aes-128-ecb', key, null).setAutoPadding(false).update(pseudonym, 'hex');
}
