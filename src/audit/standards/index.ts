/** The standards that controls refer to. */
import type { StandardId } from '../control.ts';
import { etsi303645v21, etsi303645v31 } from './etsi-303645.ts';
import { euCra } from './eu-cra.ts';
import { iec62443 } from './iec-62443-4-2.ts';
import { nistir8259a } from './nistir-8259a.ts';
import { owaspIotTop10 } from './owasp-iot-top10.ts';
import { owaspIsvs } from './owasp-isvs.ts';
import type { Standard } from './standard.ts';
import { ukPsti } from './uk-psti.ts';

export type { Means, Provision, Standard } from './standard.ts';

/** Newest edition of a scheme first. */
export const standards: readonly Standard[] = [
  etsi303645v31,
  etsi303645v21,
  euCra,
  ukPsti,
  nistir8259a,
  owaspIotTop10,
  owaspIsvs,
  iec62443,
];

export const standardById = (id: StandardId): Standard | undefined =>
  standards.find((standard) => standard.id === id);

/** `etsi-303645` gives every edition of the scheme, newest first; `etsi-303645:2.1.1` that one; anything else none. */
export function findStandards(name: string): Standard[] {
  const wanted = name.trim().toLowerCase();
  return standards.filter(({ id }) => id === wanted || id.split(':')[0] === wanted);
}

/** What `--standard` takes: schemes, and editions where a scheme has several. */
export const standardNames = (): string[] => [
  ...new Set(standards.flatMap(({ id }) => [id.split(':')[0], id])),
];
