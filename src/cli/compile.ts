// `interdict compile`: what the files compile to, and the snapshot itself with --out.

import { writeFileSync } from 'node:fs';
import type { Instant } from '../base/brand.ts';
import type { CompileReport } from '../control/keeper/compile-job.ts';
import { compileHere } from './compile-here.ts';
import { chooseConfig } from './config-file.ts';
import { EXIT_FINE, EXIT_PROBLEMS } from './exit-codes.ts';
import { count, printJson, printLine, printProblems, seenProblems } from './print.ts';

export async function compile(options: { config?: string; out?: string; json?: true }): Promise<number> {
  const { file } = chooseConfig(options.config);
  const { report, bytes, tookMs } = await compileHere(file, Date.now() as Instant);
  if (report.ok && options.out !== undefined) {
    const fault = write(options.out, bytes);
    if (fault !== undefined) {
      process.stderr.write(`${fault}\n`);
      return EXIT_PROBLEMS;
    }
  }
  if (options.json) printJson({ ...dataOf(report, tookMs), problems: seenProblems(report.problems, file) });
  else {
    printProblems(report.problems, file);
    if (report.ok) show(report, tookMs);
  }
  return report.ok ? EXIT_FINE : EXIT_PROBLEMS;
}

/** A sentence when it cannot be done. */
function write(path: string, bytes: Uint8Array): string | undefined {
  try {
    writeFileSync(path, Uint8Array.from(bytes)); // A copy: fs takes no shared memory.
    return undefined;
  } catch (error) {
    return `cannot write ${path} (${(error as NodeJS.ErrnoException).code}); name another file with --out`;
  }
}

function dataOf(report: CompileReport, tookMs: number): object {
  if (!report.ok) return { ok: false };
  const { hash, length: bytes, rules } = report;
  return {
    ok: true,
    hash,
    bytes,
    validUntil: dateOf(report.validUntil),
    rules,
    milliseconds: Math.round(tookMs),
  };
}

function show({ hash, length, rules, validUntil }: CompileReport & { ok: true }, tookMs: number): void {
  const total = rules.reduce((sum, app) => sum + app.rules, 0);
  printLine(`policy       ${hash}`);
  printLine(`rules        ${total.toLocaleString('en')}`);
  for (const app of rules) printLine(`  ${app.rules.toLocaleString('en').padStart(10)} ${app.app}`);
  printLine(`snapshot     ${count(length, 'byte')}, compiled in ${Math.round(tookMs)} ms`);
  printLine(`valid until  ${dateOf(validUntil) ?? 'nothing known begins or ends'}`);
}

function dateOf(at: number): string | null {
  return Number.isFinite(at) ? new Date(at).toISOString() : null;
}
