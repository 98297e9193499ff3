import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Tests that wait for long: the others are to run beside them, not before them. */
const LONG = [
  'storedRecordings',
  's3Store',
  'verifyBucket',
  'press-one',
  'pin-throttling',
  'faults',
  'screens/accessibility',
  'screens/compliance',
];

class LongOnesFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification): boolean =>
      LONG.some((name) => moduleId.endsWith(`/${name}.test.ts`));
    const [long, others] = [files.filter(isLong), files.filter((file) => !isLong(file))];
    return [...(await super.sort(long)), ...(await super.sort(others))];
  }
}

/**
 * Six projects. `npm test -- --project unit` runs one of them. Those that listen to sound in real time have the
 * machine for themselves: a project with a higher groupOrder starts when all of the lower ones have ended.
 */
export default defineConfig({
  test: {
    passWithNoTests: false,
    // Real sockets and real time, on machines that others share: one that fails is looked at once more.
    retry: 1,
    // A worker loads a module once for all of its files, which takes half of the time: none of ours keeps a state
    // that one test could leave to the next.
    isolate: false,
    sequence: { sequencer: LongOnesFirst },
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
          include: ['tests/{integration,support}/**/*.test.ts'],
          // Mostly waiting for each other's sockets: beside those that compute.
          maxWorkers: 3,
          testTimeout: 30_000,
          hookTimeout: 30_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'screens',
          include: ['tests/e2e/screens/**/*.test.ts'],
          maxWorkers: 3,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'phones',
          include: ['tests/e2e/phones/**/*.test.ts'],
          // Mostly waiting, as phones do: three at a time take no sound from each other.
          maxWorkers: 3,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['tests/e2e/*.test.ts'],
          // Browsers take both cores: two meetings of them at a time disturb each other.
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
