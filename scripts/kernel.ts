/**
 * Compiles the packet kernel, src/capture/kernel/packets.as.ts, from AssemblyScript to the WebAssembly beside it:
 * `node scripts/kernel.ts`. What it writes is committed, so that the sources run as they are.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { compileKernel } from '../test/support/kernel.ts';

writeFileSync(
  fileURLToPath(new URL('../src/capture/kernel/packets.wasm', import.meta.url)),
  await compileKernel(),
);
