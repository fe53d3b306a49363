/** `fleetward scan`: captures in, an inventory and an audit of it out. */
import {
  buildReport,
  controls,
  type Evaluation,
  evaluateAll,
  type Report,
} from '../audit/index.ts';
import { SecretSealer } from '../base/index.ts';
import { captureFiles, readTraffic, type Traffic } from '../capture/index.ts';
import { inventory, type Network } from '../fleet/index.ts';
import { type ReadProgress, readProgress } from './read-progress.ts';

export interface ScanOptions {
  /** Of this program, for the report. */
  readonly version: string;
  /** Key of the hashes that stand for secrets; random when absent. */
  readonly hashKey?: string;
  /** Flows held at once. */
  readonly flows?: number;
  readonly progress?: ReadProgress;
  readonly signal?: AbortSignal;
}

export interface Scan {
  readonly report: Report;
  readonly traffic: Traffic;
  readonly network: Network;
  readonly evaluation: Evaluation;
}

/** @throws InputError when an input cannot be read at all. */
export async function scan(paths: readonly string[], options: ScanOptions): Promise<Scan> {
  const files = captureFiles(paths);
  const traffic = await readTraffic(files, {
    progress: readProgress(files, options.progress),
    ...(options.hashKey === undefined
      ? {}
      : { secrets: new SecretSealer(Buffer.from(options.hashKey)) }),
    ...(options.flows === undefined ? {} : { flows: options.flows }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const network = inventory(traffic);
  const evaluation = evaluateAll(controls, network);
  const report = buildReport({ version: options.version, traffic, network, evaluation });
  return { report, traffic, network, evaluation };
}
