/** `fleetward identify`: which types the devices in captures are, by each kind of evidence, and why. */
import { readExpectations } from '../audit/index.ts';
import { captureFiles, readTraffic } from '../capture/index.ts';
import { type DeviceBehaviour, inventory, type TypeCandidate } from '../fleet/index.ts';
import { type BehaviourOptions, watchBehaviour } from './behaviour.ts';
import { growHeapSlowly } from './memory.ts';
import { type ReadProgress, readProgress } from './read-progress.ts';

export interface IdentifyOptions extends BehaviourOptions {
  /** Path of an expectations.yaml: what it says of a device's type holds. */
  readonly expect?: string;
  readonly progress?: ReadProgress;
  readonly signal?: AbortSignal;
}

/** A device with its type, and what it was found by. */
export interface Identified {
  readonly id: string;
  readonly mac: string | null;
  readonly addresses: readonly string[];
  readonly names: readonly string[];
  readonly vendor: string | null;
  readonly type: string | null;
  readonly typeCandidates: readonly TypeCandidate[];
  /** What a person said it is. */
  readonly corrected: string | null;
  readonly stated: {
    readonly type: string | null;
    readonly candidates: readonly TypeCandidate[];
    readonly reasons: readonly string[];
  };
  /** Null without a model. */
  readonly behaviour:
    | (Omit<DeviceBehaviour, 'type' | 'nearest'> & {
        readonly type: string | null;
        readonly nearest: string | null;
      })
    | null;
}

/** @throws InputError when an input, the model or the expectations cannot be read. */
export async function identify(
  paths: readonly string[],
  options: IdentifyOptions = {},
): Promise<Identified[]> {
  const expectations =
    options.expect === undefined ? undefined : await readExpectations(options.expect);
  const { beside, typing } = await watchBehaviour(options);
  const files = captureFiles(paths);
  growHeapSlowly();
  const traffic = await readTraffic(files, {
    progress: readProgress(files, options.progress),
    ...(beside ? { beside } : {}),
    ...(options.signal ? { signal: options.signal } : {}),
  });
  return inventory(traffic, expectations, typing).devices.map((device) => ({
    id: device.id,
    mac: device.mac ?? null,
    addresses: device.addresses,
    names: device.names.map(({ name }) => name),
    vendor: device.vendor ?? null,
    type: device.type ?? null,
    typeCandidates: device.typeCandidates,
    corrected: device.expected?.type ?? null,
    stated: {
      type: device.stated?.type ?? null,
      candidates: device.stated?.candidates ?? [],
      reasons: device.stated?.evidence.map(({ text }) => text) ?? [],
    },
    behaviour: device.behaviour
      ? {
          ...device.behaviour,
          type: device.behaviour.type ?? null,
          nearest: device.behaviour.nearest ?? null,
        }
      : null,
  }));
}
