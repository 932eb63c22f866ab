import { defineConfig } from 'vitest/config';

// CI reads the count from a report of its own beside the usual output.
const report = process.env.INTERDICT_TEST_REPORT;

// Two suites: `unit` starts no process and opens no socket; `peers` talks to real programs on loopback, one file at a time.
export default defineConfig({
  test: {
    reporters: report === undefined ? ['default'] : ['default', ['json', { outputFile: report }]],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.peers.test.ts'],
          // Our modules keep no state, so files may share them: loading them anew for each file took half as long as the tests.
          pool: 'threads',
          isolate: false,
          maxWorkers: '100%',
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'peers',
          include: ['test/**/*.peers.test.ts'],
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
