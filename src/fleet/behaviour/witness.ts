/** What a model says of the devices that a collector watched, with reasons, doubts and what would make it surer. */
import type { DeviceBehaviour } from '../device.ts';
import type { BehaviourCollector } from './collector.ts';
import type { BehaviourJudgement, BehaviourModel } from './model.ts';
import type { Example } from './teach.ts';
import { type Traits, traitsOf } from './traits.ts';

/** An episode in which a device sent fewer packets shows too little to judge it. */
const SENT_MIN = 6;
/** Fewer packets than this are a weak ground. */
const PACKETS_FEW = 40;

/** Whether an episode holds enough to learn from or to be judged by. */
export function isTelling({ sent }: { readonly sent: number }): boolean {
  return sent >= SENT_MIN;
}

/** What a device did, as examples of its type; see `Example` for the group. */
export function examplesIn(
  collector: BehaviourCollector,
  mac: string,
  type: string,
  group: string,
): Example[] {
  return collector
    .episodesOf(mac)
    .filter(isTelling)
    .map((episode) => ({ traits: traitsOf(episode), type, group }));
}

/** @param mac - `aa:bb:cc:dd:ee:ff`; undefined for a device that is not on the captured link. */
export function behaviourOf(
  model: BehaviourModel,
  collector: BehaviourCollector,
  mac: string | undefined,
): DeviceBehaviour {
  const episodes = mac === undefined ? [] : collector.episodesOf(mac);
  const packets = episodes.reduce((sum, episode) => sum + episode.packets, 0);
  const telling = episodes.filter(isTelling).map(traitsOf);
  if (telling.length === 0) return { ...NOTHING, packets, advice: [adviceOnNothing(mac, packets)] };
  const judgement = model.judge(telling);
  const told = telling[judgement.episode];
  const { type, set, candidates, nearest, strangeness } = judgement;
  return {
    type,
    set,
    candidates,
    nearest,
    packets,
    reasons: type === undefined ? [] : model.reasons(told, type),
    doubts: [
      ...strangeness.unheardOfMarks.map((mark) => `not known of ${nearest}: ${mark}`),
      ...strangeness.missingMarks.map((mark) => `known of ${nearest}, and not seen: ${mark}`),
    ],
    advice: adviceOn(judgement, told, packets, model),
  };
}

const NOTHING = {
  type: undefined,
  set: [],
  candidates: [],
  nearest: undefined,
  reasons: [],
  doubts: [],
} as const;

function adviceOnNothing(mac: string | undefined, packets: number): string {
  if (mac === undefined)
    return 'record on its own link: behind a router its traffic cannot be told from others’';
  return `record longer: ${packets} packets of it tell too little`;
}

function adviceOn(
  { type, set, nearest }: BehaviourJudgement,
  told: Traits,
  packets: number,
  model: BehaviourModel,
): string[] {
  const advice: string[] = [];
  if (!told.hasStart && model.parts.startsTaught)
    advice.push('record its start: switch it off and on again while the capture runs');
  if (packets < PACKETS_FEW) advice.push(`record longer: ${packets} packets of it were seen`);
  if (type === undefined)
    advice.push(
      `it is of no type that the model was taught, ${nearest} comes nearest: name it in expectations.yaml, and train again with --from-corrections`,
    );
  else if (set.length > 1)
    advice.push(
      `${orText(set)} behave alike in what was taught: name it in expectations.yaml, or teach more captures of each`,
    );
  return advice;
}

/** `A, B or C`. */
function orText(names: readonly string[]): string {
  if (names.length < 2) return names.join('');
  return `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
}
