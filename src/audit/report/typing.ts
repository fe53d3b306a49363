/** What a device is in words, how sure that is, by which kind of evidence, and what would make it surer. */
import { isDeviceType } from '../../fleet/index.ts';
import type { ReportDevice } from './model.ts';
import { visible } from './wording.ts';

const NAME_CHARACTERS_MAX = 60;

export interface TypeWords {
  /** `TP-LinkPlugHS100 or TP-LinkPlugHS110`, `camera`; undefined for an unknown type. */
  readonly text: string | undefined;
  /** From 0 to 1; undefined where a person said it. */
  readonly sure: number | undefined;
  readonly by: 'person' | 'behaviour' | 'statements' | undefined;
}

export function typeWords(device: ReportDevice): TypeWords {
  const { type, typeCandidates, typeSources, expected } = device;
  if (type === null) return { text: undefined, sure: undefined, by: undefined };
  if (expected?.type === type) return { text: typeName(type), sure: undefined, by: 'person' };
  const behaviour = typeSources?.behaviour;
  const isBehaviour = behaviour?.type === type && typeSources?.stated.type !== type;
  const set = isBehaviour ? behaviour.set : [type];
  const shares = typeCandidates.filter((candidate) => set.includes(candidate.type));
  return {
    text: set.map(typeName).join(' or '),
    sure: shares.length > 0 ? Math.min(1, sumOf(shares)) : undefined,
    by: isBehaviour ? 'behaviour' : 'statements',
  };
}

export const typeName = (type: string): string =>
  visible(type, NAME_CHARACTERS_MAX).replaceAll('_', ' ');

/** `82 %`. */
export const percent = (share: number): string => `${Math.round(share * 100)} %`;

/**
 * Both kinds of evidence give an answer, and not the same: a disguise, or a wrong rule or lesson. A model that was
 * taught other names than the rules use (`HS110` for a smart-plug) cannot be compared with them.
 */
export function kindsDisagree({ typeSources }: ReportDevice): boolean {
  const stated = typeSources?.stated.type ?? null;
  const set = typeSources?.behaviour?.set ?? [];
  return stated !== null && set.length > 0 && set.every(isDeviceType) && !set.includes(stated);
}

/** What would make the type surer; nothing where a person said it. */
export function surer(device: ReportDevice): string[] {
  const { type, typeSources, expected } = device;
  if (expected !== null && expected.type !== null) return [];
  const advice = [...(typeSources?.behaviour?.advice ?? [])];
  if (typeSources?.behaviour !== null && type !== null) return advice;
  if (typeSources?.behaviour === null && (typeWords(device).sure ?? 0) < SURE) {
    advice.push(
      'scan with --model FILE, a model of how the devices of your site behave (fleetward train identify)',
    );
  }
  if (type === null && advice.every((line) => !line.includes('expectations.yaml')))
    advice.push('say what it is in expectations.yaml; that holds');
  return advice;
}

/** From here on nothing is recommended. */
const SURE = 0.9;

const sumOf = (shares: readonly { readonly probability: number }[]): number =>
  shares.reduce((sum, { probability }) => sum + probability, 0);
