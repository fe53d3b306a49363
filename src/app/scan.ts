/** `fleetward scan`: captures in, an inventory and an audit of it out. */
import {
  buildReport,
  compare,
  controls,
  coverage,
  type Evaluation,
  evaluateAll,
  findStandards,
  type Report,
  readBaseline,
  readExpectations,
  type Standard,
  standardNames,
} from '../audit/index.ts';
import { SecretSealer, UsageError } from '../base/index.ts';
import { type CaptureFile, captureFiles, readTraffic, type Traffic } from '../capture/index.ts';
import { inventory } from '../fleet/index.ts';
import { type BehaviourOptions, type BehaviourWatch, watchBehaviour } from './behaviour.ts';
import { growHeapSlowly } from './memory.ts';
import { type ReadProgress, readProgress } from './read-progress.ts';
import { spool } from './spool.ts';

export interface ScanOptions extends BehaviourOptions {
  /** Of this program, for the report. */
  readonly version: string;
  /** Path of an expectations.yaml. */
  readonly expect?: string;
  /** Path of an earlier report to compare with. */
  readonly baseline?: string;
  /** Standards whose coverage is to be part of the report, by name: `etsi-303645`. */
  readonly standards?: readonly string[];
  /** Folder for the packets of each finding. */
  readonly evidence?: string;
  /** Key of the hashes that stand for secrets; random when absent. */
  readonly hashKey?: string;
  /** Flows held at once. */
  readonly flows?: number;
  readonly progress?: ReadProgress;
  readonly signal?: AbortSignal;
}

/**
 * Reads captures, lists the devices in them, and judges each one.
 * @throws InputError when an input, the expectations or the baseline cannot be read; UsageError for an unknown standard.
 */
export async function scan(paths: readonly string[], options: ScanOptions): Promise<Report> {
  // What is wrong with the options is said before an hour of reading.
  const standards = (options.standards ?? []).flatMap(standardsNamed);
  const expectations =
    options.expect === undefined ? undefined : await readExpectations(options.expect);
  const baseline =
    options.baseline === undefined ? undefined : await readBaseline(options.baseline);
  const behaviour = await watchBehaviour(options);
  // Evidence is cut out of the captures in a second reading, which standard input does not allow.
  const asked = captureFiles(paths);
  const inputs = options.evidence === undefined ? undefined : await spool(asked);
  try {
    const files = inputs?.files ?? asked;
    const traffic = named(await read(files, options, behaviour), files, asked);
    const network = inventory(traffic, expectations, behaviour.typing);
    const evaluation = evaluateAll(controls, network, expectations);
    if (options.evidence !== undefined) await save(options.evidence, files, evaluation);
    const report = buildReport({ version: options.version, traffic, network, evaluation });
    if (standards.length > 0) {
      report.coverage = standards.map((standard) =>
        coverage(standard, controls, evaluation.verdicts),
      );
    }
    if (baseline) report.comparison = compare(report, baseline, options.baseline as string);
    return report;
  } finally {
    inputs?.remove();
  }
}

function read(
  files: readonly CaptureFile[],
  options: ScanOptions,
  { beside }: BehaviourWatch,
): Promise<Traffic> {
  const { hashKey, flows, signal } = options;
  growHeapSlowly();
  return readTraffic(files, {
    progress: readProgress(files, options.progress),
    ...(hashKey === undefined ? {} : { secrets: new SecretSealer(Buffer.from(hashKey)) }),
    ...(flows === undefined ? {} : { flows }),
    ...(beside ? { beside } : {}),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** With the names that the user gave, where a copy was read. */
function named(
  traffic: Traffic,
  read: readonly CaptureFile[],
  asked: readonly CaptureFile[],
): Traffic {
  const nameOf = new Map(read.map(({ path }, index) => [path, asked[index].path]));
  const files = traffic.files.map((file, index) => ({ ...file, path: asked[index].path }));
  const problems = traffic.problems.map((problem) => ({
    ...problem,
    file: problem.file && (nameOf.get(problem.file) ?? problem.file),
  }));
  return { ...traffic, files, problems };
}

async function save(
  folder: string,
  files: readonly CaptureFile[],
  { findings }: Evaluation,
): Promise<void> {
  const { saveEvidence } = await import('../audit/index.ts');
  await saveEvidence(folder, { files, findings });
}

function standardsNamed(name: string): Standard[] {
  const found = findStandards(name);
  if (found.length > 0) return found;
  throw new UsageError(
    'unknown-standard',
    `there is no standard “${name}” here; there are ${standardNames().join(', ')}.`,
  );
}
