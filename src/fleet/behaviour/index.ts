/**
 * Second face of the room fleet: how devices behave, and what a model that was taught it says they are. Loaded only
 * where somebody asks for it (docs/adr/0007).
 */
export { BehaviourCollector } from './collector.ts';
export {
  examplesOf,
  hasLabels,
  type LabelledCapture,
  labelledCaptures,
} from './labelled-folder.ts';
export type { BehaviourModel, TrainingFigures } from './model.ts';
export { readModelFile, writeModel } from './model-file.ts';
export { type Example, teach } from './teach.ts';
export { behaviourOf, examplesIn, isTelling } from './witness.ts';
