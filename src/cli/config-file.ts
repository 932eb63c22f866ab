// Which configuration a verb works on.

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConfigChoice } from '../config/config.ts';
import { PACKAGE_ROOT } from '../package-root.ts';

/** --config, else config/interdict.yaml in the working folder, else the demo inside the package. */
export function chooseConfig(given: string | undefined): ConfigChoice {
  if (given !== undefined) return { file: resolve(given) };
  const here = resolve('config/interdict.yaml');
  if (existsSync(here)) return { file: here };
  const demo = fileURLToPath(new URL('config/interdict.yaml', PACKAGE_ROOT));
  return { file: demo, state: resolve('interdict-state') };
}
