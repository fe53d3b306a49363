/**
 * Whether the capture's clock can be trusted to judge validity periods. If most certificates of public servers were
 * invalid when they were seen, the clock was wrong and not the servers; and a public authority issues nothing for a
 * later day, so one certificate from the future is enough.
 */
import type { CertificateSummary, PacketRef } from '../capture/index.ts';
import type { Network } from '../fleet/index.ts';
import { isPublicAuthority } from './data/public-authorities.ts';

/** Different certificates that must be in view before they may contradict the clock. */
const WITNESSES_MIN = 3;
/** No certificate is judged by a clock that says less: 2000-01-01, a clock that was never set. */
const CLOCK_MIN_S = 946_684_800;
/** Clocks of capture and issuer differ by so much at most, in seconds. */
const CLOCK_TOLERANCE_S = 3600;

const verdicts = new WeakMap<Network, boolean>();

export function clockInDoubt(network: Network): boolean {
  let doubt = verdicts.get(network);
  if (doubt === undefined) {
    doubt = mostAreInvalid(network);
    verdicts.set(network, doubt);
  }
  return doubt;
}

function mostAreInvalid(network: Network): boolean {
  if (network.from !== undefined && network.from.seconds < CLOCK_MIN_S) return true;
  const invalid = new Map<string, boolean>();
  for (const device of network.devices) {
    for (const { role, peer, observation } of device.seen('tls')) {
      const { certificates, first } = observation;
      const leaf = certificates[0];
      if (!leaf || leaf.selfSigned) continue;
      const state = validity(leaf, first);
      if (state === 'not yet valid' && isPublicAuthority(certificates)) return true;
      if (role === 'client' && peer.scope === 'public')
        invalid.set(leaf.fingerprint, state !== 'valid');
    }
  }
  const wrong = [...invalid.values()].filter(Boolean).length;
  return invalid.size >= WITNESSES_MIN && wrong * 2 > invalid.size;
}

export function validity(
  { notBefore, notAfter }: CertificateSummary,
  at: PacketRef,
  tolerance_s = CLOCK_TOLERANCE_S,
): 'valid' | 'expired' | 'not yet valid' {
  // A raw public key has no dates.
  if (notBefore === 0 && notAfter === 0) return 'valid';
  if (at.seconds > notAfter + tolerance_s) return 'expired';
  return at.seconds < notBefore - tolerance_s ? 'not yet valid' : 'valid';
}

/** ISO date of seconds since 1970; RFC 5280's “no end” and dates beyond JavaScript's are cut to the year. */
export function dateText(seconds: number): string {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime()) ? 'beyond year 9999' : date.toISOString().slice(0, 10);
}
