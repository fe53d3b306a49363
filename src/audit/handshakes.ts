/**
 * What controls over TLS and DTLS handshakes share: names of versions, what a client really offers, whether a
 * handshake was carried on, and whose choice a bad outcome was.
 */
import type { TlsClientHello, TlsFields, TlsServerHello } from '../capture/index.ts';
import type { Device, Network, Sighting } from '../fleet/index.ts';
import { fail, type Judgement, notSeen, notVisible, pass } from './control.ts';
import type { EvidenceFields } from './evidence.ts';
import { proofs } from './proofs.ts';

export type Handshake = Sighting<'tls'>;

export const TLS_1_2 = 0x0303;
const DTLS_1_2 = 0xfefd;

const VERSION_NAMES: Readonly<Record<number, string>> = {
  2: 'SSL 2.0',
  768: 'SSL 3.0',
  769: 'TLS 1.0',
  770: 'TLS 1.1',
  771: 'TLS 1.2',
  772: 'TLS 1.3',
  256: 'DTLS 1.0 (draft)',
  65279: 'DTLS 1.0',
  65277: 'DTLS 1.2',
  65276: 'DTLS 1.3',
};

export function versionName(version: number): string {
  return VERSION_NAMES[version] ?? `0x${version.toString(16).padStart(4, '0')}`;
}

/** Values that clients mix in so that servers stay tolerant; they offer nothing (RFC 8701). */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);
}

/** DTLS counts down from 0xfeff (RFC 9147, 5.3); 0x0100 is a draft that some VPNs still speak. */
export function isOldDtls(version: number): boolean {
  return version === 0x0100 || (version > DTLS_1_2 && version <= 0xfeff);
}

/** The highest version that a client offers, without GREASE. */
export function highestOffer(hello: TlsClientHello): number {
  const real = hello.versions.filter((version) => !isGrease(version));
  return real.length > 0 ? Math.max(...real) : hello.versionMax;
}

/** Alerts that end nothing: close_notify, no_certificate, user_canceled, no_renegotiation, unrecognized_name. */
const HARMLESS_ALERTS = new Set([0, 41, 90, 100, 112]);

/** The client did not turn away from what the server had chosen. */
export function carriedOn({ established, alerts }: TlsFields): boolean {
  return established || alerts.every((alert) => HARMLESS_ALERTS.has(alert));
}

export interface NegotiationRule {
  /** Handshakes that the rule speaks of. */
  concerns(tls: TlsFields): boolean;
  isBad(chosen: TlsServerHello): boolean;
  /** What the client offered held something that is not bad. */
  hadBetter(offered: TlsClientHello): boolean;
  fieldsOf(handshake: Handshake): EvidenceFields;
}

/**
 * Judges what was negotiated. A client answers for what it went on with; a server for choosing badly although the
 * client offered better (where it did not, the client's own controls speak).
 */
export function judgeNegotiation(
  device: Device,
  network: Network,
  rule: NegotiationRule,
  severityOf?: (failing: readonly Handshake[]) => Parameters<typeof fail>[2],
): Judgement {
  const handshakes = device.seen('tls').filter(({ observation }) => rule.concerns(observation));
  if (handshakes.length === 0) return notSeen();
  const failing: Handshake[] = [];
  let good = 0;
  let unsure = 0;
  let answered = 0;
  for (const handshake of handshakes) {
    const { clientHello, serverHello } = handshake.observation;
    if (!serverHello) continue;
    answered++;
    if (!rule.isBad(serverHello)) good++;
    else if (handshake.role === 'client') {
      if (carriedOn(handshake.observation)) failing.push(handshake);
    } else if (!clientHello) unsure++;
    else if (rule.hadBetter(clientHello)) failing.push(handshake);
  }
  if (answered === 0) return notVisible('No server hello was in view.');
  if (failing.length > 0) {
    return fail(
      good + failing.length,
      proofs(network, failing, rule.fieldsOf),
      severityOf?.(failing),
    );
  }
  if (good > 0) return pass(good);
  return unsure > 0
    ? notVisible('What the client had offered was not in view.')
    : notSeen('The device was offered nothing better, or turned it down.');
}
