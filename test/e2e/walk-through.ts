// Pages that are run as they stand: each `$` command of a console block, its output compared with what the page shows; each diff block
// put into the files, as a person would do by hand. After an intended change INTERDICT_UPDATE_README=1 writes the real output into the page.

import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { newFolder } from '../peers/peer.ts';

export const ROOT = join(import.meta.dirname, '../..');
export const isUpdating = process.env.INTERDICT_UPDATE_README === '1';

/** As the program prints one. */
export const INSTANT = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;

export type Step =
  | { readonly kind: 'command'; readonly command: string; readonly output: string }
  | { readonly kind: 'change'; readonly diff: string };

/** In the order of the page. A command goes on behind a line that ends in a backslash. */
export function stepsOf(page: string): Step[] {
  return [...page.matchAll(/```(console|diff)\n([\s\S]*?)```/g)].flatMap(([, fence, block]): Step[] => {
    if (fence === 'diff') return [{ kind: 'change', diff: block }];
    return block
      .split(/^\$ /m)
      .slice(1)
      .map((step) => {
        const [command] = /^(?:.*\\\n)*.*/.exec(step) as RegExpExecArray;
        return { kind: 'command', command, output: step.slice(command.length + 1) };
      });
  });
}

export interface Stage {
  /** Where commands are run. */
  readonly folder: string;
  readonly dnsPort: number;
  readonly adminPort: number;
  /** Of what is written in the page to what holds here, and back. */
  readonly toReal?: (text: string) => string;
  readonly toPage?: (text: string) => string;
}

/** Runs a page to its end and gives its text, with real outputs where that is asked for. */
export async function runPage(page: string, stage: Stage): Promise<string> {
  const { folder, dnsPort, adminPort, toReal = same, toPage = same } = stage;
  let text = page;
  let at = 0;
  for (const step of stepsOf(page)) {
    if (step.kind === 'change') {
      const said = await run('git apply --recount -', folder, toReal(step.diff));
      expect(said, step.diff).toBe('');
      continue;
    }
    const command = step.command.replace('-p 5300', `-p ${dnsPort}`).replace(':9353/', `:${adminPort}/`);
    const real = toPage(await run(toReal(command), folder));
    if (isUpdating) {
      at = text.indexOf(`$ ${step.command}\n`, at) + step.command.length + 3;
      text = text.slice(0, at) + real + text.slice(at + step.output.length);
    } else expect(settled(real), step.command).toBe(settled(step.output));
  }
  return text;
}

const same = (text: string) => text;

export function run(command: string, folder: string, input = ''): Promise<string> {
  const env = { ...process.env, NO_COLOR: '1', PATH: `${join(folder, 'bin')}:${process.env.PATH}` };
  const child = spawn('sh', ['-c', `{ ${command}\n} 2>&1`], { cwd: folder, env });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  child.stdin.end(input);
  return new Promise((done) => child.once('close', () => done(output.replace(/^\n+/, '').replace(/\n+$/, '\n'))));
}

/** Without what differs from run to run: message ids, hash and counts of lists that move on, who was first to read a change, instants. */
function settled(text: string): string {
  return text
    .trim()
    .replaceAll(/id: \d+/g, 'id: N')
    .replaceAll(/generation \d+, [0-9a-f]+/g, 'generation N, HASH')
    .replaceAll(/(applied|unchanged): generation \d+/g, 'in force')
    .replaceAll(/\.yaml:\d+:\d+/g, '.yaml:L:C')
    .replaceAll(INSTANT, 'INSTANT');
}

/** The shipped demo; only ports and upstream are the test's own. */
export function demoOnFreePorts(upstreamPort: number): string {
  return readFileSync(join(ROOT, 'config/interdict.yaml'), 'utf8')
    .replace('listen: ["127.0.0.1:5300", "[::1]:5300"]', 'listen: ["127.0.0.1:0"]')
    .replace('listen: "127.0.0.1:9353"', 'listen: "127.0.0.1:0"')
    .replace('upstreams: [system]', `upstreams: ["127.0.0.1:${upstreamPort}"]`);
}

/** A checkout to write in: the demo with lists of its own, and `interdict` as a command. */
export function checkout(upstreamPort: number): string {
  const folder = newFolder('checkout');
  for (const name of ['config', 'blocklists']) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'config/interdict.yaml'), demoOnFreePorts(upstreamPort));
  mkdirSync(join(folder, 'bin'));
  const program = `#!/bin/sh\nexec "${process.execPath}" "${join(ROOT, 'src/main.ts')}" "$@"\n`;
  writeFileSync(join(folder, 'bin/interdict'), program, { mode: 0o755 });
  return folder;
}
