import { defineConfig } from 'vitest/config';

/**
 * Five projects. `npm test -- --project unit` runs one of them. A project with a
 * higher groupOrder starts when all of the lower ones have ended: an e2e test
 * has the machine for itself, since it listens to sound in real time.
 */
export default defineConfig({
  test: {
    passWithNoTests: false,
    // Real sockets and real time, on machines that others share: one that fails is looked at once more.
    retry: 1,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{protocol,opus,server,sip-dialin,recordings,scripts}/**/*.test.{ts,mjs}'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          // Many wait for a socket or a timer: three at a time also on two cores.
          maxWorkers: 3,
          // Some compute for long: how long, is the machine's to say.
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: './client/vite.config.ts',
        root: './client',
        test: {
          name: 'client',
          include: ['src/**/*.test.ts'],
          environment: 'happy-dom',
          testTimeout: 30_000,
          maxWorkers: 3,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'integration',
          include: ['tests/{integration,conformance,support}/**/*.test.ts'],
          // Mostly waiting for each other's sockets.
          maxWorkers: 3,
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'phones',
          include: ['tests/e2e/phones/**/*.test.ts'],
          // Mostly waiting, as phones do: two at a time take no sound from each other.
          maxWorkers: 2,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/*.test.ts'],
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
