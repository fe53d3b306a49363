/** Joins reading, inventory and a model of behaviour: what a scan with `--model` asks for. */
import { UsageError } from '../base/index.ts';
import type { FrameSink } from '../capture/index.ts';
import type { TypeEvidenceKind, Typing } from '../fleet/index.ts';

export interface BehaviourOptions {
  /** Path of a model that `fleetward train identify` wrote. */
  readonly model?: string;
  /** Which evidence devices' types are taken from (default: all). */
  readonly typeEvidence?: TypeEvidenceKind;
}

/** What watches the frames, where there is a model, and how types are found from it. */
export interface BehaviourWatch {
  readonly beside: FrameSink | undefined;
  readonly typing: Typing;
}

/** @throws InputError when the model cannot be read; UsageError `model-missing`. */
export async function watchBehaviour(options: BehaviourOptions): Promise<BehaviourWatch> {
  const { model: path, typeEvidence: evidence = 'all' } = options;
  if (path === undefined) {
    if (evidence === 'traffic') {
      throw new UsageError(
        'model-missing',
        '--evidence traffic needs a model: give --model FILE, which fleetward train identify writes.',
      );
    }
    return { beside: undefined, typing: { evidence } };
  }
  const { BehaviourCollector, behaviourOf, readModelFile } = await import(
    '../fleet/behaviour/index.ts'
  );
  const model = readModelFile(path);
  const collector = new BehaviourCollector();
  return {
    beside: collector,
    typing: { evidence, behaviourOf: (mac) => behaviourOf(model, collector, mac) },
  };
}
