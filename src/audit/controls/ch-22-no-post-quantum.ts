/**
 * CH-22: the device offers no post-quantum key exchange.
 * Decided from the groups and key shares of its client hellos, because the server may choose a classical one. DTLS
 * is not judged: hybrid groups come with TLS 1.3. A device whose life ends by 2030 (expectations) has no need of it.
 */
import { control, fail, notSeen, pass } from '../control.ts';
import { highestOffer, versionName } from '../handshakes.ts';
import { proofs } from '../proofs.ts';

/** ML-KEM alone and hybrid, and the hybrids with Kyber that came before it (IANA “TLS Supported Groups”). */
const POST_QUANTUM_GROUPS = new Set([
  0x0200, 0x0201, 0x0202, 0x11eb, 0x11ec, 0x11ed, 0x11ee, 0x6399, 0x639a, 0xfe30, 0xfe31,
]);

export const noPostQuantum = control({
  id: 'CH-22',
  practice: 'encryption',
  severity: 'info',
  title: 'No post-quantum key exchange offered',
  why: 'What is recorded today may be read once large quantum computers exist, and devices bought now will still be in use.',
  fix: 'Plan for a TLS library with X25519MLKEM768 in the device’s next major release.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-3'],
    'etsi-303645:3.1.3': ['5.5-3'],
    'nistir-8259a:2020': ['DP'],
    'owasp-isvs:1.0': ['4.1.7'],
  },
  floor: { sessions: 1 },
  parameters: {
    /** Last year of life for which classical key exchange will do. */
    classicalUntil_year: 2030,
  },
  evaluate(device, network, { classicalUntil_year }) {
    const lifeUntil = Number.parseInt(device.expected?.lifeUntil ?? '', 10);
    if (lifeUntil <= classicalUntil_year) return notSeen(`Not judged: in use until ${lifeUntil}.`);
    const judged = device
      .seen('tls')
      .filter(
        ({ role, observation }) =>
          role === 'client' && !observation.dtls && observation.clientHello,
      );
    if (judged.length === 0) return notSeen();
    const failing = judged.filter(({ observation: { clientHello } }) => {
      const { groups, keyShares } = clientHello!;
      return ![...groups, ...keyShares].some((group) => POST_QUANTUM_GROUPS.has(group));
    });
    if (failing.length === 0) return pass(judged.length);
    return fail(
      judged.length,
      proofs(network, failing, ({ observation: { clientHello } }) => ({
        offered: versionName(highestOffer(clientHello!)),
        groups: clientHello!.groups
          .slice(0, 8)
          .map((group) => `0x${group.toString(16).padStart(4, '0')}`)
          .join(' '),
        server_name: clientHello!.serverName,
      })),
    );
  },
});
