/**
 * MO-02: the device tries to sign in elsewhere, again and again.
 * Decided from short answered sessions that it opened on services where people sign in (Telnet, SSH, FTP, RDP, VNC),
 * and from refused sign-ins in clear with several different passwords. Sessions whose sign-in was accepted, such as a
 * camera that uploads by FTP, are its work; health checks come slower than ten in five minutes.
 */
import type { Device, Network, Sighting } from '../../fleet/index.ts';
import type { Evidence } from '../control.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { evidence } from '../evidence.ts';

const LOGIN_PORTS = new Set([21, 22, 23, 2222, 2323, 3389, 5900, 5901]);
const LOGIN_PROTOCOLS = new Set(['ssh', 'telnet', 'ftp', 'rdp', 'vnc', 'rfb']);
/** Guesses differ; a client that was set up wrongly repeats itself. */
const DIFFERENT_SECRETS = 3;

export const loginAttempts = control({
  id: 'MO-02',
  practice: 'monitoring',
  severity: 'critical',
  title: 'Tries to sign in to other hosts',
  why: 'Many short sign-in sessions in a few minutes are how infected devices guess the passwords of others.',
  fix: 'Take the device off the network, reset it to factory state and update it before it returns. If it does so by order, mark it as scanner or automation in the expectations.',
  provisions: {
    'eu-cra:2024-2847': ['I(2)(i)'],
    'iec-62443-4-2:2019': ['CR 6.2'],
  },
  floor: { hours: 24 },
  exempt: ['scanner', 'automation'],
  parameters: { sessionsMin: 10, window_s: 300 },
  evaluate(device, network, { sessionsMin, window_s }) {
    const contacts = device.seen('connection').filter(({ role }) => role === 'client');
    if (contacts.length === 0) return notSeen();
    const short = contacts.filter((contact) => isLoginSession(device, contact));
    const tries = short.flatMap(({ observation }) => observation.shortSessions);
    const guesses = guessed(device);
    const guessTimes = guesses.flatMap(({ observation }) => observation.times);
    const proof = [
      ...(most(tries, window_s) >= sessionsMin ? proofOfSessions(short, network) : []),
      ...(most(guessTimes, window_s) >= sessionsMin ? proofOfGuesses(guesses, network) : []),
    ];
    if (proof.length === 0) return pass(contacts.length);
    const certain =
      proof.length > 0 && [...short, ...guesses].some(({ observation: o }) => o.openingSeen);
    return certain
      ? fail(contacts.length, proof)
      : notVisible(
          'the capture begins in the middle of these sessions, so who opened them is uncertain',
        );
  },
});

function isLoginSession(device: Device, { observation: o, peer }: Sighting<'connection'>): boolean {
  const service = LOGIN_PORTS.has(o.serverPort) || LOGIN_PROTOCOLS.has(o.protocol ?? '');
  return (
    o.carrier === 'tcp' &&
    service &&
    o.answered > 0 &&
    o.shortSessions.length > 0 &&
    !isAcceptedThere(device, peer.address, o.serverPort)
  );
}

/** It signs in there with success and is not refused: a job, not guessing. */
function isAcceptedThere(device: Device, address: string, port: number): boolean {
  const logins = device
    .seen('login')
    .filter(
      ({ role, peer, observation: o }) =>
        role === 'client' && peer.address === address && o.serverPort === port,
    );
  const outcome = (wanted: string) =>
    logins
      .filter(({ observation }) => observation.outcome === wanted)
      .reduce((sum, { observation }) => sum + observation.count, 0);
  return outcome('accepted') > 0 && outcome('accepted') >= outcome('refused');
}

function guessed(device: Device): Sighting<'login'>[] {
  const refused = device
    .seen('login')
    .filter(({ role, observation }) => role === 'client' && observation.outcome === 'refused');
  const triedByUser = new Map<string, number>();
  for (const { observation: o, peer } of refused) {
    // The same user on other pages of one host is no other guess.
    const key = `${peer.host} ${o.protocol} ${o.user ?? ''}`;
    triedByUser.set(key, Math.max(triedByUser.get(key) ?? 0, o.secretsTried ?? 0));
  }
  const tried = [...triedByUser.values()].reduce((sum, secrets) => sum + secrets, 0);
  return tried >= DIFFERENT_SECRETS ? refused : [];
}

/** The most moments that fall into any window of that length. */
function most(times: readonly number[], window_s: number): number {
  const sorted = times.toSorted((one, other) => one - other);
  let best = 0;
  let from = 0;
  for (const [to, time] of sorted.entries()) {
    while (time - sorted[from] > window_s) from++;
    best = Math.max(best, to - from + 1);
  }
  return best;
}

const PROOFS_MAX = 16;

function proofOfSessions(short: readonly Sighting<'connection'>[], network: Network): Evidence[] {
  return short.slice(0, PROOFS_MAX).map(({ observation: o }) =>
    evidence(network, o, {
      port: o.serverPort,
      protocol: o.protocol,
      short_sessions: o.shortSessions.length,
      targets: short.length,
    }),
  );
}

function proofOfGuesses(guesses: readonly Sighting<'login'>[], network: Network): Evidence[] {
  return guesses.slice(0, PROOFS_MAX).map(({ observation: o }) =>
    evidence(network, o, {
      protocol: o.protocol,
      user: o.user,
      outcome: o.outcome,
      attempts: o.count,
      targets: new Set(guesses.map(({ peer }) => peer.host)).size,
    }),
  );
}
