/** One judgement out of several on parts of one control: the worst of them speaks, with the proofs of all that fail. */
import { type Judgement, SEVERITIES, type Severity } from './control.ts';

type Failure = Extract<Judgement, { verdict: 'fail' }>;

/** @param severity - of the control, for failures that have none of their own. */
export function combined(severity: Severity, ...parts: readonly Judgement[]): Judgement {
  const failures = parts.filter((part): part is Failure => part.verdict === 'fail');
  if (failures.length > 0) {
    const gravest = failures
      .map((failure) => failure.severity ?? severity)
      .sort((a, b) => SEVERITIES.indexOf(a) - SEVERITIES.indexOf(b))[0];
    const notes = failures.flatMap(({ note }) => note ?? []);
    return {
      verdict: 'fail',
      judged: sum(parts),
      evidence: failures.flatMap(({ evidence }) => evidence),
      ...(gravest === severity ? {} : { severity: gravest }),
      ...(notes.length > 0 ? { note: notes.join(' ') } : {}),
    } as Failure;
  }
  const judged = sum(parts);
  if (judged > 0) return { verdict: 'pass', judged };
  return (
    parts.find(({ verdict }) => verdict === 'not_visible') ??
    parts.find((part) => part.verdict === 'not_seen' && part.why !== undefined) ??
    parts[0]
  );
}

const sum = (parts: readonly Judgement[]): number =>
  parts.reduce((total, part) => total + ('judged' in part ? part.judged : 0), 0);
