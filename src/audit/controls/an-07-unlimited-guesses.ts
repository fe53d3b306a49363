/**
 * AN-07: passwords can be guessed without hindrance.
 * Decided from refused sign-ins of one source at one device: so many within the window, with no 423, 429 or 503 and
 * no growing delay between them. The first 401 of an HTTP client that has sent no credential is no refusal. A
 * device that is marked `constrained` is exempt (EN 303 645 makes the provision conditional on that).
 */
import type { HostId } from '../../capture/index.ts';
import type { Device, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, pass } from '../control.ts';
import { proofs } from '../proofs.ts';

/** Locked, Too Many Requests, Service Unavailable. */
const LIMITED = new Set([423, 429, 503]);
/** How much the last gaps must exceed the first to be a delay that grows, and the least that is a delay at all. */
const GROWTH = 3;
const DELAY_MIN_S = 2;
/** What is guessed over HTTP. */
const GUESSABLE = new Set(['basic', 'digest', 'form', 'url']);
/** Refusals from which on a limiter can be recognised. */
const PATTERN_MIN = 6;

export const unlimitedGuesses = control({
  id: 'AN-07',
  practice: 'authentication',
  severity: 'medium',
  title: 'Password guessing is not slowed down',
  why: 'A device that answers every guess at once gives up any weak password in hours.',
  fix: 'Delay, limit or lock sign-ins after a few failures, for each source and for each account.',
  provisions: {
    'etsi-303645:2.1.1': ['5.1-5'],
    'etsi-303645:3.1.3': ['5.1-5'],
    'eu-cra:2024-2847': ['I(2)(d)'],
    'nistir-8259a:2020': ['LA'],
    'owasp-iot-top10:2018': ['I1', 'I3'],
    'owasp-isvs:1.0': ['2.1.12'],
    'iec-62443-4-2:2019': ['CR 1.11'],
  },
  floor: { sessions: 1 },
  exempt: ['constrained'],
  parameters: {
    /** Refused sign-ins of one source within the window. */
    failures: 20,
    window_s: 300,
  },
  evaluate(device, network, { failures, window_s }) {
    const bySource = refusedBySource(device);
    if (bySource.size === 0) return notSeen();
    const limited = new Set(
      device
        .seen('http')
        .filter(
          ({ role, observation }) => role === 'server' && LIMITED.has(observation.status ?? 0),
        )
        .map(({ peer }) => peer.host),
    );
    const failing: Sighting<'login'>[] = [];
    let slowed = 0;
    let most = 0;
    for (const [source, logins] of bySource) {
      const times = logins.flatMap(({ observation }) => observation.times).sort((a, b) => a - b);
      const burst = largestBurst(times, window_s);
      if (limited.has(source) || slowsDown(times)) slowed++;
      else if (burst >= failures) {
        failing.push(...logins);
        most = Math.max(most, burst);
      }
    }
    if (failing.length > 0) {
      return fail(
        failing.length,
        proofs(network, failing, ({ observation }) => ({
          protocol: observation.protocol,
          method: observation.method,
          user: observation.user,
          outcome: observation.outcome,
          attempts: observation.count,
        })),
        {
          note: `${most} sign-ins of one source were refused within ${window_s} s without a delay or a lock.`,
        },
      );
    }
    return slowed > 0 ? pass(slowed) : notSeen('Too few sign-ins failed to show a limit.');
  },
});

function refusedBySource(device: Device): Map<HostId, Sighting<'login'>[]> {
  const bySource = new Map<HostId, Sighting<'login'>[]>();
  for (const login of device.seen('login')) {
    if (login.role !== 'server' || login.observation.outcome !== 'refused') continue;
    // A session or token that ran out is no guess.
    const { protocol, method } = login.observation;
    if (protocol === 'http' && !GUESSABLE.has(method)) continue;
    const source = login.peer.host;
    const known = bySource.get(source);
    if (known) known.push(login);
    else bySource.set(source, [login]);
  }
  return bySource;
}

/** @param times - in order. */
function largestBurst(times: readonly number[], window_s: number): number {
  let most = 0;
  for (let from = 0, to = 0; to < times.length; to++) {
    while (times[to] - times[from] > window_s) from++;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

function slowsDown(times: readonly number[]): boolean {
  if (times.length < PATTERN_MIN) return false;
  const gaps = times.slice(1).map((time, i) => time - times[i]);
  const part = Math.max(2, Math.floor(gaps.length / 4));
  const first = median(gaps.slice(0, part));
  const last = median(gaps.slice(-part));
  return last >= DELAY_MIN_S && last >= GROWTH * first;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
