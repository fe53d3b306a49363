/**
 * MO-11: the device is refused more often than its limit.
 * Decided from refusals of what it asked with a credential: sign-ins in clear (HTTP 401 and 403, FTP, Telnet, mail, SIP), MQTT
 * CONNACK 4, 5, 0x86, 0x87 and SUBACK from 0x80 (MQTT 3.1.1, 3.2.2.3 and 3.9.3; MQTT 5, 3.2.2.2), CoAP 4.01 and
 * 4.03, SNMP's errors of access and reports (RFC 3414, 3.2), Kerberos errors about who asks (RFC 4120, 7.5.9). The first 401 of HTTP Digest carries no credential and is normal; an expired token that is renewed is too.
 */
import type { Device, Network, Sighting } from '../../fleet/index.ts';
import type { Evidence } from '../control.ts';
import { control, fail, notSeen, pass } from '../control.ts';
import { evidence } from '../evidence.ts';

const CONNACK_REFUSED = new Set([4, 5, 0x86, 0x87]);
const SUBACK_FAILURE = 0x80;

export const authorisationFailures = control({
  id: 'MO-11',
  practice: 'monitoring',
  severity: 'medium',
  title: 'Refused again and again',
  why: 'A device that keeps being refused has lost its credential, asks for what is not its own, or is guessing.',
  fix: 'Check the device’s credential and rights at the service that refuses it. If both are right, look at what on the device asks.',
  provisions: {
    'etsi-303645:2.1.1': ['5.10-1'],
    'etsi-303645:3.1.3': ['5.10-1'],
    'eu-cra:2024-2847': ['I(2)(d)'],
    'iec-62443-4-2:2019': ['CR 2.8'],
  },
  floor: { hours: 24 },
  parameters: { refusalsMax_perHour: 10 },
  evaluate(device, network, { refusalsMax_perHour }) {
    const attempts = [
      ...logins(device),
      ...mqtt(device),
      ...coap(device),
      ...snmp(device),
      ...kerberos(device),
    ];
    if (attempts.length === 0) return notSeen();
    const hours = Math.max(1, network.duration_s / 3600);
    const judged = attempts.reduce((sum, { granted, refused }) => sum + granted + refused, 0);
    const excessive = [...byTarget(attempts)]
      .map(([target, asked]) => ({ target, refusals: withoutRenewals(asked) }))
      .filter(({ refusals }) => sumOf(refusals) > refusalsMax_perHour * hours);
    if (excessive.length === 0) return pass(judged);
    return fail(
      judged,
      excessive.flatMap(({ refusals }) => proofOf(refusals, network)),
      { note: `Refused by ${excessive.map(({ target }) => target).join(', ')}.` },
    );
  },
});

/** What was asked of somebody with one outcome or more, alike ones together. */
interface Attempt {
  readonly target: string;
  readonly kind: string;
  readonly granted: number;
  readonly refused: number;
  readonly answer: string | number | undefined;
  readonly observation: Parameters<typeof evidence>[1];
}

const asClient = <S extends { role: string }>(seen: readonly S[]): S[] =>
  seen.filter(({ role }) => role === 'client');

/** MQTT sign-ins are read from their own sessions, whose answers say more. */
const logins = (device: Device): Attempt[] =>
  asClient(device.seen('login'))
    .filter(({ observation: o }) => o.protocol !== 'mqtt' && o.outcome !== 'unknown')
    .map(({ observation: o, peer }) => ({
      target: nameOf(peer),
      kind: `${o.protocol} ${o.method}`,
      granted: o.outcome === 'accepted' ? o.count : 0,
      refused: o.outcome === 'refused' ? o.count : 0,
      answer: o.outcome,
      observation: o,
    }));

function mqtt(device: Device): Attempt[] {
  return asClient(device.seen('mqtt')).flatMap(({ observation: o, peer }) => {
    const target = nameOf(peer);
    if (o.returnCode === undefined) return [];
    const refused = CONNACK_REFUSED.has(o.returnCode);
    const connect: Attempt = {
      target,
      kind: 'mqtt connect',
      granted: refused ? 0 : o.count,
      refused: refused ? o.count : 0,
      answer: o.returnCode,
      observation: o,
    };
    const subscribe = o.subscriptions
      .filter(({ granted }) => granted !== undefined)
      .map(({ granted = 0 }): Attempt => {
        const failed = granted >= SUBACK_FAILURE;
        return {
          target,
          kind: 'mqtt subscribe',
          granted: failed ? 0 : o.count,
          refused: failed ? o.count : 0,
          answer: granted,
          observation: o,
        };
      });
    return [connect, ...subscribe];
  });
}

const coap = (device: Device): Attempt[] =>
  asClient(device.seen('coap'))
    .filter(({ observation: o }) => o.response !== undefined && !o.multicast)
    .map(({ observation: o, peer }) => {
      const refused = o.response === '4.01' || o.response === '4.03';
      return {
        target: nameOf(peer),
        kind: `coap ${o.method ?? o.code}`,
        granted: refused ? 0 : o.count,
        refused: refused ? o.count : 0,
        answer: o.response,
        observation: o,
      };
    });

/** A request that nobody answers is no refusal: agents are silent where the community is wrong. */
const snmp = (device: Device): Attempt[] =>
  asClient(device.seen('snmp'))
    .filter(({ observation: o }) => o.operation !== 'notify' && o.outcome !== 'unanswered')
    .map(({ observation: o, peer }) => ({
      target: nameOf(peer),
      kind: `snmp ${o.operation}`,
      granted: o.outcome === 'accepted' ? o.count : 0,
      refused: o.outcome === 'refused' ? o.count : 0,
      answer: o.outcome,
      observation: o,
    }));

/** Client unknown, revoked, not yet valid or expired, and wrong pre-authentication; a demand for that is normal. */
const KERBEROS_REFUSED = new Set([6, 18, 21, 23, 24]);

const kerberos = (device: Device): Attempt[] =>
  asClient(device.seen('kerberos'))
    .filter(({ observation: o }) => o.outcome === 'accepted' || KERBEROS_REFUSED.has(o.error ?? 0))
    .map(({ observation: o, peer }) => ({
      target: nameOf(peer),
      kind: `kerberos ${o.request}`,
      granted: o.outcome === 'accepted' ? o.count : 0,
      refused: o.outcome === 'refused' ? o.count : 0,
      answer: o.error ?? o.outcome,
      observation: o,
    }));

const nameOf = (peer: Sighting<'login'>['peer']): string =>
  peer.device?.names[0]?.name ?? peer.name ?? peer.address;

function byTarget(attempts: readonly Attempt[]): Map<string, Attempt[]> {
  const targets = new Map<string, Attempt[]>();
  for (const attempt of attempts) {
    const known = targets.get(attempt.target);
    if (known) known.push(attempt);
    else targets.set(attempt.target, [attempt]);
  }
  return targets;
}

/** Refusals, but for those of a kind that succeeds as often: a token that expired and was renewed. */
function withoutRenewals(asked: readonly Attempt[]): Attempt[] {
  return asked.filter(({ kind, refused }) => {
    if (refused === 0) return false;
    const alike = asked.filter((other) => other.kind === kind);
    return alike.reduce((sum, { granted }) => sum + granted, 0) < sumOf(alike);
  });
}

const sumOf = (attempts: readonly Attempt[]): number =>
  attempts.reduce((sum, { refused }) => sum + refused, 0);

const proofOf = (refusals: readonly Attempt[], network: Network): Evidence[] =>
  refusals
    .slice(0, 8)
    .map(({ observation, kind, answer, refused }) =>
      evidence(network, observation, { attempt: kind, answer, refusals: refused }),
    );
