#!/usr/bin/env node
/**
 * The entry: refuses an old Node with a sentence, answers `--version` at once, and loads the rest
 * only then. No static import but Node's own, so that an old Node gets as far as the sentence.
 */
import { readFileSync } from 'node:fs';
import * as nodeModule from 'node:module';
import { join } from 'node:path';

/** The first Node that says how a certificate was signed (X509Certificate.signatureAlgorithm). */
const NODE_MIN = [24, 9] as const;
const args = process.argv.slice(2);

if (!isNewEnough(process.versions.node)) {
  process.stderr.write(
    `fleetward: Node.js ${NODE_MIN.join('.')} or newer is needed, and this is ${process.versions.node}: install it, then run this again.\n`,
  );
  process.exitCode = 4;
} else if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  process.stdout.write(`${version()}\n`);
} else {
  const cache = compileCache();
  if (cache) nodeModule.enableCompileCache(cache);
  dropExperimentalWarnings();
  const { runProcess } = await import('./process.ts');
  await runProcess(args, version());
}

function isNewEnough(node: string): boolean {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  return major > NODE_MIN[0] || (major === NODE_MIN[0] && minor >= NODE_MIN[1]);
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/**
 * Where Node keeps compiled code between starts, which halves them. In the user's own cache and not
 * in Node's default below /tmp, where another user could leave code for us. One that cannot be
 * written is no reason to fail, and NODE_COMPILE_CACHE, which the launcher sets, wins.
 */
function compileCache(): string | undefined {
  const { XDG_CACHE_HOME: caches, HOME: home } = process.env;
  const base = caches || (home && join(home, '.cache'));
  return base && join(base, 'fleetward', 'node');
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
