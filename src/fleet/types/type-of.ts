/**
 * What type of device it is, judged by what it says of itself: rules that are data (rules.ts), each with the field it
 * reads, a pattern and how far it is to be trusted. Rules that agree add up; no rule, no answer.
 */
import type { PacketRef } from '../../capture/index.ts';
import type { Device } from '../device.ts';
import { rules } from './rules.ts';
import { statements } from './statements.ts';

export interface TypeJudgement {
  /** Undefined: unknown. */
  readonly type: string | undefined;
  readonly candidates: readonly { readonly type: string; readonly probability: number }[];
  readonly evidence: readonly {
    readonly rule: string;
    readonly text: string;
    readonly at: PacketRef;
  }[];
}

/** Below this the best candidate is not an answer. */
const ANSWER_PROBABILITY_MIN = 0.6;
const CANDIDATES_MAX = 5;
const EVIDENCE_MAX = 16;

export function typeOf(device: Device): TypeJudgement {
  /** By type, the probability that all its rules are wrong. */
  const doubt = new Map<string, number>();
  const evidence: TypeJudgement['evidence'][number][] = [];
  const fired = new Set<string>();
  for (const { source, text, at } of statements(device)) {
    for (const rule of rules) {
      if (rule.source !== source || !rule.pattern.test(text)) continue;
      const name = `${rule.source}: ${rule.pattern.source}`;
      if (fired.has(name)) continue;
      fired.add(name);
      doubt.set(rule.type, (doubt.get(rule.type) ?? 1) * (1 - rule.trust));
      if (evidence.length < EVIDENCE_MAX) {
        evidence.push({
          rule: name,
          text: `its ${source} is “${text}”, which speaks for ${rule.type}`,
          at,
        });
      }
    }
  }
  const certainties = [...doubt].map(([type, wrong]) => ({ type, certainty: 1 - wrong }));
  // Types that contradict each other share what there is to share.
  const total = Math.max(
    1,
    certainties.reduce((sum, { certainty }) => sum + certainty, 0),
  );
  const candidates = certainties
    .map(({ type, certainty }) => ({
      type,
      probability: Math.round((certainty / total) * 1000) / 1000,
    }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, CANDIDATES_MAX);
  const best = candidates[0];
  return {
    type: best && best.probability >= ANSWER_PROBABILITY_MIN ? best.type : undefined,
    candidates,
    evidence,
  };
}
