// How files are called in problems and in the model: as seen from the folder of the configuration. So two checkouts of one policy say the
// same, whatever folder a verb is run in; verbs turn a name into a path of the working folder when they show it.

import { dirname, relative, resolve } from 'node:path';

export function named(path: string, configFile: string): string {
  return relative(dirname(resolve(configFile)), path);
}
