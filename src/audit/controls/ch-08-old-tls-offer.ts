/**
 * CH-08: the device cannot speak TLS 1.2.
 * Decided from the highest version in its client hello. A client that falls back after a failed first try is judged
 * by the first try, also where only their order shows it.
 */
import type { HostId } from '../../capture/index.ts';
import { control, fail, notSeen, pass } from '../control.ts';
import { type Handshake, highestOffer, TLS_1_2, versionName } from '../handshakes.ts';
import { proofs } from '../proofs.ts';

/** Good offers to one server that lower ones are held against. */
const GOOD_OFFERS_MAX = 64;

export const oldTlsOffer = control({
  id: 'CH-08',
  practice: 'encryption',
  severity: 'medium',
  title: 'Device offers only outdated TLS versions',
  why: 'It depends on servers that still speak versions withdrawn by RFC 8996, and stops working where they do not.',
  fix: 'Update the device’s TLS library to one with TLS 1.2 or 1.3. Where no update exists, plan its replacement.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-1', '5.5-3'],
    'etsi-303645:3.1.3': ['5.5-1', '5.5-3'],
    'eu-cra:2024-2847': ['I(2)(e)'],
    'nistir-8259a:2020': ['DP', 'SU'],
    'owasp-iot-top10:2018': ['I5'],
  },
  floor: { sessions: 3, hours: 24 },
  exempt: ['scanner'],
  parameters: {
    /** A lower offer to the same server within this time of a good one is a fallback. */
    fallback_s: 60,
  },
  evaluate(device, network, { fallback_s }) {
    const firstTries = device
      .seen('tls')
      .filter(
        ({ role, observation }) => role === 'client' && !observation.dtls && !observation.retry,
      )
      .filter(({ observation }) => observation.clientHello !== undefined);
    if (firstTries.length === 0) return notSeen();
    const good = new Map<HostId, Handshake[]>();
    for (const one of firstTries) {
      if (offerOf(one) < TLS_1_2) continue;
      const known = good.get(one.peer.host);
      if (!known) good.set(one.peer.host, [one]);
      else if (known.length < GOOD_OFFERS_MAX) known.push(one);
    }
    const failing = firstTries.filter((one) => {
      const better = good.get(one.peer.host) ?? [];
      return offerOf(one) < TLS_1_2 && !better.some((other) => isFallback(one, other, fallback_s));
    });
    if (failing.length === 0) return pass(firstTries.length);
    return fail(
      firstTries.length,
      proofs(network, failing, (one) => ({
        offered: versionName(offerOf(one)),
        server_name: one.observation.clientHello?.serverName,
        ja3: one.observation.clientHello?.ja3,
      })),
    );
  },
});

function offerOf({ observation: { clientHello } }: Handshake): number {
  return clientHello ? highestOffer(clientHello) : 0;
}

function isFallback(lower: Handshake, better: Handshake, fallback_s: number): boolean {
  const from = better.observation.first.seconds;
  const to = better.observation.last.seconds + fallback_s;
  return lower.observation.first.seconds >= from && lower.observation.first.seconds <= to;
}
