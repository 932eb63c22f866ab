// test/fixtures/broken: one file for each kind of fault, named by the code that it shows (code.yaml), and what `check` says of all of them.

import { readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Instant } from '../../src/base/brand.ts';
import { formatProblem, type Problem } from '../../src/base/problems.ts';
import { seenProblems } from '../../src/cli/print.ts';
import { runCompileJob } from '../../src/control/keeper/compile-job.ts';

const FOLDER = 'test/fixtures/broken';
const NOW = Date.parse('2026-11-24T12:00:00Z') as Instant;

async function problemsOf(configFile: string): Promise<Problem[]> {
  const into = new Uint8Array(4 * 1024 * 1024);
  const report = await runCompileJob(
    { origin: { kind: 'files', configFile }, now: NOW, generation: 1, overrides: [] },
    into,
    () => into,
  );
  expect(report.ok).toBe(false);
  // A checkout decides about modes, so they are tested where the mode is set.
  return seenProblems(
    report.problems.filter(({ code }) => code !== 'file-mode'),
    configFile,
  );
}

const all = await problemsOf(join(FOLDER, 'interdict.yaml'));

describe('a folder of broken files', () => {
  it('is listed whole: each file with its place, code and cure', async () => {
    const text = all.map((problem) => `${formatProblem(problem)}\n`).join('');
    await expect(text).toMatchFileSnapshot('../fixtures/broken/problems.txt');
  });

  const files = ['blocklists/apps', 'blocklists/directives', 'blocklists/feeds', 'exemptions'].flatMap((folder) =>
    readdirSync(join(FOLDER, folder), { withFileTypes: true })
      .filter((entry) => entry.isFile() && !/^good\.|-is-fine\./.test(entry.name))
      .map((entry) => join(FOLDER, folder, entry.name)),
  );

  it.each(files)('shows the fault that %s is named by', (file) => {
    const code = basename(file).replace(/\.ya?ml$/, '');
    const lists = code.startsWith('feed-') ? join(FOLDER, 'blocklists/feeds/lists') : file;
    expect(
      all.filter((problem) => problem.where.file.startsWith(lists) || problem.where.file === file).map((p) => p.code),
    ).toContain(code);
  });

  it('blames no file that is in order', () => {
    expect(all.filter(({ where }) => /\/good\.yaml|-is-fine/.test(where.file))).toEqual([]);
  });

  it('holds a line and a column that exist for every problem', async () => {
    const { readFileSync, existsSync } = await import('node:fs');
    for (const { where } of all.filter((problem) => existsSync(problem.where.file))) {
      const lines = readFileSync(where.file, 'latin1').split('\n');
      expect(where.line).toBeLessThanOrEqual(lines.length);
      expect(where.column).toBeLessThanOrEqual(lines[where.line - 1].length + 1);
    }
  });
});

describe('a configuration of the wrong shape', () => {
  it('tells every key, and the problems of the lists beside it', async () => {
    const problems = await problemsOf(join(FOLDER, 'shape.yaml'));
    const own = problems.filter(({ where }) => where.file.endsWith('shape.yaml'));
    expect(own.map(({ code, where }) => [where.line, where.column, code])).toEqual([
      [2, 1, 'missing-key'],
      [2, 1, 'unknown-key'],
      [3, 16, 'wrong-type'],
      [3, 41, 'wrong-type'],
      [4, 18, 'bad-value'],
      [4, 33, 'bad-value'],
      [4, 52, 'bad-value'],
      [4, 85, 'unknown-key'],
    ]);
  });
});
