/**
 * Ends a run with what was skipped and why, how to get what is missing, and one line of counts.
 * A file that cannot even be loaded counts as one failure.
 */
import type { Reporter, SerializedError, TestCase, TestModule, TestSuite } from 'vitest/node';
import type { Kind, Missing } from './needs.ts';

export class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly SerializedError[]): void {
    const counts = { passed: 0, failed: unhandled.length, skipped: 0 };
    const missing: Record<Kind, Map<string, number>> = {
      program: new Map(),
      data: new Map(),
      full: new Map(),
    };
    for (const module of modules) {
      const before = counts.failed;
      for (const test of module.children.allTests()) {
        const { state } = test.result();
        counts[state === 'pending' ? 'skipped' : state]++;
        if (state !== 'skipped') continue;
        for (const { kind, name } of missingOf(test)) {
          missing[kind].set(name, (missing[kind].get(name) ?? 0) + 1);
        }
      }
      if (module.state() === 'failed' && counts.failed === before) counts.failed++;
    }

    if (missing.program.size > 0) {
      console.log(`Skipped for missing programs: ${list(missing.program)}. To install them:`);
      console.log(
        `  apt-get install --no-install-recommends ${[...missing.program.keys()].join(' ')}`,
      );
    }
    if (missing.data.size > 0) {
      console.log(`Skipped for absent data (FLEETWARD_DATA): ${list(missing.data)}.`);
    }
    if (missing.full.size > 0) {
      console.log(`Left to npm run test:full: ${list(missing.full)}.`);
    }
    const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : '';
    console.log(`${counts.passed} passed, ${counts.failed} failed${skipped}`);
  }
}

/** A test inherits what its suites need. */
function missingOf(test: TestCase): readonly Missing[] {
  const own = test.meta().missing;
  if (own) return own;
  for (let at: TestSuite | TestModule = test.parent; at.type === 'suite'; at = at.parent) {
    const inherited = at.meta().missing;
    if (inherited) return inherited;
  }
  return [];
}

function list(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([name, count]) => `${name} (${count})`).join(', ');
}
