/** Progress over several captures as one number: bytes read of all of them, and how many there are. */
import type { CaptureFile, Progress } from '../capture/index.ts';

/** @param total - undefined when an input's size is not known. */
export type ReadProgress = (bytesRead: number, total: number | undefined) => void | Promise<void>;

export function readProgress(
  files: readonly CaptureFile[],
  report: ReadProgress | undefined,
): Progress {
  const sizes = files.map((file) => file.size);
  const total = sizes.includes(undefined)
    ? undefined
    : sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  let finished = 0;
  let current: CaptureFile | undefined;
  return (file, bytes) => {
    if (file !== current) {
      finished += current?.size ?? 0;
      current = file;
    }
    return report?.(finished + bytes, total);
  };
}
