// Everything a policy is made of, from one configuration file: its own keys, the exemptions and the blocklists beside it.

import { dirname, resolve } from 'node:path';
import type { Instant } from '../base/brand.ts';
import type { Problem } from '../base/problems.ts';
import { type Disk, nodeDisk, rooted } from '../lists/disk.ts';
import { readLists } from '../lists/lists.ts';
import type { Model } from '../policy/model.ts';
import type { RuleSink } from '../policy/rules.ts';
import type { Config } from './config.ts';
import { named } from './paths.ts';
import { readConfig } from './read-config.ts';

export interface Sources {
  /** Absent when the configuration has not the right shape. */
  readonly config?: Config;
  readonly model?: Model;
  /** Pushes every rule; what the sink refuses is added to `problems`. */
  readonly rules: (sink: RuleSink) => void;
  /** Of all files; grows while `rules` runs, so look at it again behind that. */
  readonly problems: readonly Problem[];
  /** Of the configuration and the exemptions alone. */
  readonly configProblems: readonly Problem[];
  /** Ids of apps and directives whose files could not be read: they are not unknown. */
  readonly unread: readonly string[];
  /** Files and folders whose change asks for a reload. */
  readonly watched: readonly string[];
}

export function loadSources(configFile: string, now: Instant, disk: Disk = nodeDisk): Sources {
  const folder = dirname(resolve(configFile));
  const reading = readConfig(configFile, { now }, disk);
  const { config, problems: configProblems } = reading;
  const timeZone = config?.department.timeZone ?? 'UTC';
  const lists = readLists(named(reading.blocklists, configFile), { now, timeZone }, rooted(disk, folder));
  lists.problems.unshift(...configProblems);
  return {
    ...(config !== undefined && {
      config,
      model: { lists: lists.model, department: config.department, overrides: [] },
    }),
    rules: lists.rules,
    problems: lists.problems,
    configProblems,
    unread: lists.unread,
    watched: [...new Set([...reading.watched, ...lists.watched].map((path) => resolve(folder, path)))],
  };
}
