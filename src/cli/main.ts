#!/usr/bin/env node
/**
 * The entry: refuses an old Node with a sentence, answers `--version` at once, and loads the rest
 * only then. No static import but Node's own, so that an old Node gets as far as the sentence.
 */
import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';

const NODE_MAJOR_MIN = 24;
const args = process.argv.slice(2);

if (Number.parseInt(process.versions.node, 10) < NODE_MAJOR_MIN) {
  process.stderr.write(
    `fleetward: Node.js ${NODE_MAJOR_MIN} or newer is needed, and this is ${process.versions.node}: install it, then run this again.\n`,
  );
  process.exitCode = 4;
} else if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${version()}\n`);
} else {
  // Halves the start of later runs; a cache that cannot be written is no reason to fail.
  nodeModule.enableCompileCache();
  dropExperimentalWarnings();
  const { runProcess } = await import('./process.ts');
  await runProcess(args, version());
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/**
 * Keeps Node's notes on its own unfinished parts (node:sqlite) off the user's terminal, and every
 * other warning on it. The launcher does it by an option; an installed bin has no place for one.
 */
function dropExperimentalWarnings(): void {
  const printers = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (warning.name === 'ExperimentalWarning') return;
    for (const print of printers) print(warning);
  });
}
