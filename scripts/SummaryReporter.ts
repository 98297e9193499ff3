import { writeFileSync } from 'node:fs';
import type { Reporter, TestModule } from 'vitest/node';

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}

/** The part of vitest's TestModule and TestSuite that is counted. */
export interface Countable {
  children: {
    allTests(): Iterable<{ result(): { state: string } }>;
    allSuites(): Iterable<{ errors(): readonly unknown[] }>;
  };
  errors(): readonly unknown[];
}

/**
 * Counts tests by how they ended. A file or suite that broke outside of its tests (an import, a
 * hook) counts as one failure, else its tests would merely not be there.
 */
export function countTests(modules: readonly Countable[]): Counts {
  const counts: Counts = { passed: 0, failed: 0, skipped: 0 };
  for (const module of modules) {
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (state === 'passed' || state === 'failed') counts[state] += 1;
      else counts.skipped += 1;
    }
    for (const unit of [module, ...module.children.allSuites()]) {
      if (unit.errors().length > 0) counts.failed += 1;
    }
  }
  return counts;
}

/** Writes the counts to the file that scripts/test.mjs names, for its last line. */
export default class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const file = process.env['SWITCHROOM_TEST_SUMMARY'];
    if (file) writeFileSync(file, JSON.stringify(countTests(modules)));
  }
}
