// Public lists kept beside the repository, as lines without comments; undefined where they are not.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

export function corpus(file: string): string[] | undefined {
  const path = fileURLToPath(new URL(`../../../shared/corpora/${file}`, import.meta.url));
  if (!existsSync(path)) return undefined;
  const bytes = readFileSync(path);
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));
}
