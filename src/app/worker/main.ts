/**
 * The worker: reads one hostile capture, in a process that has neither the data folder, nor keys, nor the network. It
 * leaves a report and the packets of each finding in its own folder, and says on standard output how far it is.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { argv, exit, stdout } from 'node:process';
import { FleetwardError } from '../../base/index.ts';
import { scan } from '../scan.ts';
import {
  EVIDENCE_FOLDER,
  REPORT_FILE,
  type ScanTask,
  scanTaskSchema,
  type WorkerMessage,
} from './protocol.ts';

const say = (message: WorkerMessage) => stdout.write(`${JSON.stringify(message)}\n`);

async function main(task: ScanTask): Promise<void> {
  const report = await scan([task.capture], {
    version: task.version,
    evidence: join(task.folder, EVIDENCE_FOLDER),
    progress: (bytes) => void say({ bytes }),
    ...(task.expectations === null ? {} : { expect: task.expectations }),
  });
  const text = JSON.stringify(report).replaceAll(
    JSON.stringify(task.capture),
    JSON.stringify(task.name),
  );
  writeFileSync(join(task.folder, REPORT_FILE), text);
}

const task = scanTaskSchema.parse(JSON.parse(argv[2] ?? ''));
try {
  await main(task);
  say({ done: true });
} catch (error) {
  if (!(error instanceof FleetwardError)) throw error;
  // People know the capture by its name, not by where it lies here.
  const message = error.message.replaceAll(task.capture, task.name);
  say({ error: { code: error.code, message } });
  exit(3);
}
