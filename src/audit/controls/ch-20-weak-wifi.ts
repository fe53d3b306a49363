/**
 * CH-20: the device joins a Wi-Fi network that is open, or protected by WEP or TKIP only.
 * Decided from associations that the access point accepted: what the station asked for in its RSN or WPA element
 * (IEEE 802.11-2020, 9.4.2.24), in association frames or message 2 of the key handshake, or from data under WEP. The
 * authentication “open system” is the first step of WPA2 as well and says nothing; Opportunistic Wireless Encryption
 * (RFC 8110) asks for no password and encrypts all the same. Group traffic under TKIP beside CCMP is not judged.
 */
import type { Observation } from '../../capture/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { proofs } from '../proofs.ts';

const WEAK_CIPHERS = new Set(['tkip', 'wep-40', 'wep-104']);

export const weakWifi = control({
  id: 'CH-20',
  practice: 'encryption',
  severity: 'high',
  title: 'Wi-Fi that is open, or protected by WEP or TKIP',
  why: 'Anybody within reach of the radio can read or forge what is sent: an open network has no encryption, and that of WEP and TKIP is broken.',
  fix: 'Set the access point to WPA3 or WPA2 with AES (CCMP) only, and join the device again; an open network for guests can use Enhanced Open (OWE).',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-1'],
    'etsi-303645:3.1.3': ['5.5-1'],
    'eu-cra:2024-2847': ['I(2)(e)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I7'],
    'owasp-isvs:1.0': ['4.4.2', '4.4.3'],
    'iec-62443-4-2:2019': ['NDR 1.6'],
  },
  floor: { sessions: 1 },
  parameters: {},
  evaluate(device, network) {
    const associations = device.seen('association');
    if (associations.length === 0)
      return notSeen(
        'Only a capture in monitor mode, or on the access point, shows how a station joins.',
      );
    const accepted = associations.filter(({ observation }) => observation.outcome === 'accepted');
    if (accepted.length === 0) return notVisible('No answer of the access point was in view.');
    const failing = accepted.filter(({ observation }) => isWeak(observation));
    if (failing.length === 0) return pass(accepted.length);
    return fail(
      accepted.length,
      proofs(network, failing, ({ observation }) => ({
        network: observation.ssid,
        bssid: observation.bssid,
        security: observation.security,
        pairwise_cipher: observation.pairwiseCiphers.join(', ') || undefined,
        key_management: observation.keyManagement.join(', ') || undefined,
        seen_in: observation.seenIn,
      })),
    );
  },
});

/** A station names the one cipher that it will use. */
function isWeak({ security, pairwiseCiphers }: Observation<'association'>): boolean {
  if (security === 'open' || security === 'wep') return true;
  return pairwiseCiphers.length > 0 && pairwiseCiphers.every((cipher) => WEAK_CIPHERS.has(cipher));
}
