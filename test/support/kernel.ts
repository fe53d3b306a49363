/** Compiles the packet kernel from its source: for scripts/kernel.ts, and for the test that the two agree. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { main } from 'assemblyscript/asc';

const OPTIONS = ['--runtime', 'stub', '--importMemory', '--zeroFilledMemory', '-O3', '--noAssert'];

/** @throws Error with the compiler's messages. */
export async function compileKernel(): Promise<Uint8Array> {
  const folder = fileURLToPath(new URL('../../src/capture/kernel/', import.meta.url));
  let compiled: Uint8Array | undefined;
  const { error, stderr } = await main(
    ['packets.as.ts', '--outFile', 'packets.wasm', '--converge', ...OPTIONS],
    {
      readFile: (name) => read(`${folder}${name}`),
      writeFile: (_name, contents) => {
        compiled = contents as Uint8Array;
      },
      listFiles: () => [],
    },
  );
  if (error || !compiled) throw new Error(`${stderr}`, { cause: error });
  return compiled;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
