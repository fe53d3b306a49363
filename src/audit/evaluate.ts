/**
 * Runs every control over every device: judgements become verdicts (a pass only above its floor) and findings
 * (accepted ones marked, unless the acceptance has expired). A control that breaks is reported, and the rest goes on.
 */
import { createHash } from 'node:crypto';
import type { PacketRef } from '../capture/index.ts';
import type { Device, Network } from '../fleet/index.ts';
import type { Control, Evidence, Floor, Judgement, Severity } from './control.ts';
import { SEVERITIES } from './control.ts';

/** What a pass needs when its control names no floor of its own: either suffices. */
export const DEFAULT_FLOOR: Floor = { sessions: 3, hours: 24 };

/** What traffic had to show before a pass may be said, and what it did show. */
export interface FloorSeen {
  readonly required: Floor;
  readonly seen: { readonly sessions: number; readonly hours: number };
}

export interface Verdict {
  readonly control: Control;
  readonly device: Device;
  readonly verdict: Judgement['verdict'];
  /** Why it is not visible or not judged. */
  readonly why: string | undefined;
  /** Beside every verdict that judged something. */
  readonly floor: FloorSeen | undefined;
}

/** A finding that somebody answers for, until a day. */
export interface Acceptance {
  readonly reason: string;
  readonly owner: string;
  /** ISO date; the last day on which it holds. */
  readonly expires: string;
}

export interface Finding {
  readonly control: Control;
  readonly device: Device;
  readonly severity: Severity;
  readonly evidence: readonly Evidence[];
  readonly note: string | undefined;
  /** The same for the same control and device in every run: baselines and SARIF compare by it. */
  readonly fingerprint: string;
  readonly status: 'new' | 'accepted';
  /** The acceptance that holds, or the one that has expired (status is then `new`). */
  readonly acceptance: Acceptance | undefined;
}

/** A control that broke: a bug of ours, never of the capture. */
export interface EvaluationError {
  readonly control: string;
  readonly device: string;
  readonly message: string;
}

export interface Evaluation {
  readonly verdicts: readonly Verdict[];
  /** Most severe first, then by device and control. */
  readonly findings: readonly Finding[];
  readonly errors: readonly EvaluationError[];
}

/** What the operator expects, as far as judging asks for it. */
export interface Judging {
  /** Thresholds of a control that differ from its defaults. */
  parametersOf(controlId: string): object | undefined;
  acceptanceOf(controlId: string, device: Device): Acceptance | undefined;
}

/** Nothing expected: defaults, nothing accepted. */
export const NO_EXPECTATIONS: Judging = {
  parametersOf: () => undefined,
  acceptanceOf: () => undefined,
};

/** @param today - ISO date that acceptances are held against. */
export function evaluateAll(
  controls: readonly Control[],
  network: Network,
  expectations: Judging = NO_EXPECTATIONS,
  today: string = new Date().toISOString().slice(0, 10),
): Evaluation {
  const verdicts: Verdict[] = [];
  const findings: Finding[] = [];
  const errors: EvaluationError[] = [];
  for (const control of controls) {
    const parameters = { ...control.parameters, ...expectations.parametersOf(control.id) };
    let broken = false;
    for (const device of network.devices) {
      let judgement: Judgement | undefined;
      try {
        judgement = exempted(control, device) ?? control.evaluate(device, network, parameters);
      } catch (error) {
        if (!broken)
          errors.push({ control: control.id, device: device.id, message: messageOf(error) });
        broken = true;
      }
      const verdict = verdictOf(control, device, judgement, network);
      verdicts.push(verdict);
      if (judgement?.verdict === 'fail') {
        findings.push(findingOf(control, device, judgement, expectations, today));
      }
    }
  }
  return { verdicts, findings: findings.sort(byUrgency), errors };
}

/** sha256 over control and device, 32 hexadecimal digits: stable while both are the same, whatever the capture. */
export function fingerprint(controlId: string, deviceId: string): string {
  return createHash('sha256')
    .update(`fleetward finding 1\0${controlId}\0${deviceId}`)
    .digest('hex')
    .slice(0, 32);
}

/** A control's answer for a device that carries one of the marks it exempts. */
function exempted(control: Control, device: Device): Judgement | undefined {
  const mark = control.exempt?.find((name) => device.expected?.marks.includes(name));
  return mark === undefined
    ? undefined
    : { verdict: 'not_seen', why: `not judged: marked as ${mark}` };
}

function verdictOf(
  control: Control,
  device: Device,
  judgement: Judgement | undefined,
  network: Network,
): Verdict {
  if (!judgement) {
    const why = 'the control broke on this device; see errors';
    return { control, device, verdict: 'not_visible', why, floor: undefined };
  }
  const { verdict } = judgement;
  const why = 'why' in judgement ? judgement.why : undefined;
  if (verdict === 'not_seen' || verdict === 'not_visible') {
    return { control, device, verdict, why, floor: undefined };
  }
  const { floor: own } = control;
  const floor: FloorSeen = {
    required: own.sessions === undefined && own.hours === undefined ? DEFAULT_FLOOR : own,
    seen: { sessions: judgement.judged, hours: hoursInView(device, network) },
  };
  if (verdict === 'pass' && device.incomplete) {
    // Somebody may have flooded the capture to hide in it.
    const why = 'more was seen of this device than could be kept';
    return { control, device, verdict: 'not_visible', why, floor };
  }
  const enough = verdict === 'fail' || reaches(floor);
  return enough
    ? { control, device, verdict, why, floor }
    : { control, device, verdict: 'not_seen', why: 'too little in view to say pass', floor };
}

function reaches({ required, seen }: FloorSeen): boolean {
  const { sessions = Number.POSITIVE_INFINITY, hours = Number.POSITIVE_INFINITY } = required;
  return seen.sessions >= sessions || seen.hours >= hours;
}

/** From first to last seen, without the time between captures, when nobody watched. */
function hoursInView({ firstSeen, lastSeen }: Device, { periods }: Network): number {
  const first = secondsOf(firstSeen);
  const last = secondsOf(lastSeen);
  if (!periods) return Math.max(0, (last - first) / 3600);
  let seconds = 0;
  let watchedUntil = Number.NEGATIVE_INFINITY;
  for (const { from, to } of [...periods].sort((one, other) => one.from - other.from)) {
    const begin = Math.max(first, from, watchedUntil);
    const end = Math.min(last, to);
    if (end > begin) seconds += end - begin;
    watchedUntil = Math.max(watchedUntil, to);
  }
  return seconds / 3600;
}

const secondsOf = ({ seconds, nanos }: PacketRef): number => seconds + nanos / 1e9;

function findingOf(
  control: Control,
  device: Device,
  judgement: Extract<Judgement, { verdict: 'fail' }>,
  expectations: Judging,
  today: string,
): Finding {
  const acceptance = expectations.acceptanceOf(control.id, device);
  const expired = acceptance !== undefined && acceptance.expires < today;
  const notes = judgement.note === undefined ? [] : [judgement.note];
  if (expired)
    notes.push(`Accepted by ${acceptance.owner} until ${acceptance.expires}, which has passed.`);
  return {
    control,
    device,
    severity: judgement.severity ?? control.severity,
    evidence: judgement.evidence,
    note: notes.length > 0 ? notes.join(' ') : undefined,
    fingerprint: fingerprint(control.id, device.id),
    status: acceptance && !expired ? 'accepted' : 'new',
    acceptance,
  };
}

function byUrgency(one: Finding, other: Finding): number {
  return (
    SEVERITIES.indexOf(one.severity) - SEVERITIES.indexOf(other.severity) ||
    compare(one.device.id, other.device.id) ||
    compare(one.control.id, other.control.id)
  );
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
