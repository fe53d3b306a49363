/**
 * What a control is: data that people read (title, why, fix, provisions) and one pure evaluator that judges one
 * device by its observations. One control a file in controls/; all of one shape.
 */

import type { Secret } from '../base/index.ts';
import type { PacketRef } from '../capture/index.ts';
import type { Device, Network } from '../fleet/index.ts';

/** Most severe first. */
export const SEVERITIES = ['critical', 'high', 'medium', 'low', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

export type Practice =
  | 'audit'
  | 'authentication'
  | 'updates'
  | 'encryption'
  | 'segmentation'
  | 'monitoring'
  | 'education'
  | 'record'
  | 'learning';

/** `scheme:version` as in standards/; see there for titles and gists. */
export const STANDARD_IDS = [
  'etsi-303645:2.1.1',
  'etsi-303645:3.1.3',
  'eu-cra:2024-2847',
  'uk-psti:2023',
  'nistir-8259a:2020',
  'owasp-iot-top10:2018',
  'owasp-isvs:1.0',
  'iec-62443-4-2:2019',
] as const;
export type StandardId = (typeof STANDARD_IDS)[number];

/** Provision identifiers by standard, e.g. `{ 'etsi-303645:3.1.3': ['5.5-1'], 'eu-cra:2024-2847': ['I(2)(e)'] }`. */
export type Provisions = Readonly<Partial<Record<StandardId, readonly string[]>>>;

/** How much must have been in view before traffic may say "pass": either suffices. */
export interface Floor {
  /** Sessions (or messages) of the protocol that were judged. */
  readonly sessions?: number;
  /** Hours that the device was in view. */
  readonly hours?: number;
}

/** One proof of a failure: packets of one flow, and the few decoded fields that prove it. */
export interface Evidence {
  readonly packets: readonly PacketRef[];
  /** e.g. `192.168.1.7:49152 → 198.51.100.7:1883 tcp`. */
  readonly flow: string;
  readonly fields: Readonly<Record<string, string | number | boolean>>;
  /** Secrets in those packets, for masking. */
  readonly secrets: readonly Secret[];
  /** Mask all payload of those packets (secrets spread over packets, as in Telnet). */
  readonly maskPayload: boolean;
}

export type Judgement =
  | { readonly verdict: 'pass'; readonly judged: number }
  | {
      readonly verdict: 'fail';
      readonly judged: number;
      readonly evidence: readonly Evidence[];
      /** Where this case is graver or milder than the control's severity. */
      readonly severity?: Severity;
      /** One sentence on this case, when it says more than the title. */
      readonly note?: string;
    }
  /** The protocol or situation never occurred. */
  | { readonly verdict: 'not_seen'; readonly why?: string }
  /** It occurred, but what decides was encrypted, cut, one-directional or midstream. */
  | { readonly verdict: 'not_visible'; readonly why: string };

export interface Control<P extends object = object> {
  /** e.g. `CH-07`. */
  readonly id: string;
  readonly practice: Practice;
  readonly severity: Severity;
  readonly title: string;
  /** Why it matters, one or two sentences. */
  readonly why: string;
  /** How to fix it, at most two sentences. */
  readonly fix: string;
  readonly provisions: Provisions;
  /** What a pass needs; 3 sessions or 24 hours when it names neither. */
  readonly floor: Floor;
  /** Marks (expectations.yaml) of devices that it does not judge, e.g. an authorised `scanner`. */
  readonly exempt?: readonly string[];
  /** Thresholds with their defaults; expectations.yaml may change them. */
  readonly parameters: P;
  /** Pure; sees one device and the network around it. */
  evaluate(device: Device, network: Network, parameters: P): Judgement;
}

/** Gives a control its type; nothing else. */
export function control<P extends object>(definition: Control<P>): Control<P> {
  return definition;
}

export const notSeen = (why?: string): Judgement =>
  why === undefined ? { verdict: 'not_seen' } : { verdict: 'not_seen', why };
export const notVisible = (why: string): Judgement => ({ verdict: 'not_visible', why });
export const pass = (judged: number): Judgement => ({ verdict: 'pass', judged });
export function fail(
  judged: number,
  evidence: readonly Evidence[],
  more: { severity?: Severity; note?: string } = {},
): Judgement {
  return { verdict: 'fail', judged, evidence, ...more };
}
