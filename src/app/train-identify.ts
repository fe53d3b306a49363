/** `fleetward train identify`: examples in, a model of how types of device behave out. */
import { readExpectations } from '../audit/index.ts';
import { InputError } from '../base/index.ts';
import { type CaptureFile, captureFiles, readTraffic } from '../capture/index.ts';
import type { Example, LabelledCapture, TrainingFigures } from '../fleet/behaviour/index.ts';
import { type InventoryExpectations, inventory } from '../fleet/index.ts';
import { type ReadProgress, readProgress } from './read-progress.ts';

export interface TrainOptions {
  /** Path of an expectations.yaml whose named devices are examples. */
  readonly corrections?: string;
  readonly progress?: ReadProgress;
  readonly signal?: AbortSignal;
}

export interface Training {
  /** The model's file. */
  readonly bytes: Buffer;
  readonly captures: number;
  /** Examples by type. */
  readonly types: ReadonlyMap<string, number>;
  readonly figures: TrainingFigures;
}

/** Flows that are followed while the devices of one capture are named. */
const FLOWS = 4096;
const TYPES_MIN = 2;

type Behaviour = typeof import('../fleet/behaviour/index.ts');

/**
 * Teaches from folders with labels.csv, and from captures in which the expectations name devices.
 * @throws InputError when an input cannot be read, or holds nothing to learn from.
 */
export async function trainIdentify(
  paths: readonly string[],
  options: TrainOptions = {},
): Promise<Training> {
  const behaviour = await import('../fleet/behaviour/index.ts');
  const expectations =
    options.corrections === undefined ? undefined : await readExpectations(options.corrections);
  const labelled = paths.filter(behaviour.hasLabels).flatMap(behaviour.labelledCaptures);
  const captures = otherCaptures(
    paths.filter((path) => !behaviour.hasLabels(path)),
    expectations,
  );
  const files = [...labelled.map(({ file }) => file), ...captures];
  const progress = readProgress(files, options.progress);
  const examples: Example[] = [];
  const take = async (file: CaptureFile, found: Promise<readonly Example[]>): Promise<void> => {
    examples.push(...(await found));
    await progress(file, file.size ?? 0);
    options.signal?.throwIfAborted();
  };
  for (const capture of labelled)
    await take(capture.file, behaviour.examplesOf(corrected(capture, expectations)));
  if (expectations) {
    for (const file of captures) await take(file, correctedExamples(file, expectations, behaviour));
  }
  const types = countTypes(examples);
  if (types.size < TYPES_MIN) {
    throw new InputError(
      'too-few-types',
      `there are examples of ${types.size} types of device, and a model needs at least ${TYPES_MIN}: name more devices, each with its captures`,
    );
  }
  const model = behaviour.teach(examples);
  const { figures } = model.parts;
  return { bytes: behaviour.writeModel(model), captures: files.length, types, figures };
}

/** Captures without labels, which only expectations can make examples of. */
function otherCaptures(
  paths: readonly string[],
  expectations: InventoryExpectations | undefined,
): CaptureFile[] {
  if (paths.length === 0) return [];
  if (expectations) return captureFiles(paths);
  throw new InputError(
    'labels-missing',
    `${paths[0]} has no labels.csv: give a folder with one (columns device, type, mac), or --from-corrections with an expectations.yaml that says which devices are of which type`,
  );
}

/** What a person said of a device wins over the label of its folder. */
function corrected(
  capture: LabelledCapture,
  expectations: InventoryExpectations | undefined,
): LabelledCapture {
  const said = expectations?.deviceFor({ mac: capture.mac, addresses: [], names: [] });
  return said?.type === undefined ? capture : { ...capture, type: said.type };
}

/** Episodes of the devices in one capture whose type the expectations tell. */
async function correctedExamples(
  file: CaptureFile,
  expectations: InventoryExpectations,
  behaviour: Behaviour,
): Promise<Example[]> {
  const collector = new behaviour.BehaviourCollector();
  const traffic = await readTraffic([file], { beside: collector, flows: FLOWS });
  return inventory(traffic, expectations).devices.flatMap(({ mac, expected }) => {
    const type = expected?.type;
    if (mac === undefined || type === undefined) return [];
    return behaviour.examplesIn(collector, mac, type, `${file.path} ${mac}`);
  });
}

function countTypes(examples: readonly Example[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { type } of examples) counts.set(type, (counts.get(type) ?? 0) + 1);
  return new Map([...counts].sort(([a], [b]) => (a < b ? -1 : 1)));
}
