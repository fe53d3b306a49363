/** The kernel that is committed is the one that its source compiles to. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compileKernel } from '../../test/support/kernel.ts';

test('packets.wasm is what packets.as.ts compiles to (else run node scripts/kernel.ts)', async () => {
  const committed = readFileSync(new URL('./kernel/packets.wasm', import.meta.url));
  expect(Buffer.from(await compileKernel()).equals(committed)).toBe(true);
}, 60_000);
