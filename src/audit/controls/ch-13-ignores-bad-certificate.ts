/**
 * CH-13: the device goes on although the server's certificate has expired or names somebody else.
 * Decided from the leaf and from application data that the client sends after the handshake: a client that falls
 * silent has noticed. Without a server name in the client hello (RFC 6066, 3) there is no verdict on names
 * (RFC 9525). A private authority is no failure: the device may pin it, so a foreign name under one is medium, and
 * names that are no host names (serial numbers) are not compared.
 */
import type { CertificateSummary } from '../../capture/index.ts';
import { clockInDoubt, dateText, validity } from '../clock.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { isPublicAuthority } from '../data/public-authorities.ts';
import type { Handshake } from '../handshakes.ts';
import { proofs } from '../proofs.ts';

type Fault = 'expired' | 'not yet valid' | 'name mismatch';

export const ignoresBadCertificate = control({
  id: 'CH-13',
  practice: 'encryption',
  severity: 'high',
  title: 'Device accepts an invalid server certificate',
  why: 'A device that does not check certificates talks to whoever answers, an attacker included.',
  fix: 'Check the chain, the name and the dates in the device’s TLS client and end the session when one is wrong. If the server is at fault, renew its certificate.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-1'],
    'etsi-303645:3.1.3': ['5.5-1'],
    'eu-cra:2024-2847': ['I(2)(e)', 'I(2)(f)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I7'],
    'owasp-isvs:1.0': ['4.1.3'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const sessions = device
      .seen('tls')
      .filter(
        ({ role, observation }) => role === 'client' && observation.serverHello !== undefined,
      );
    if (sessions.length === 0) return notSeen();
    const shown = sessions.filter(({ observation }) => observation.certificates.length > 0);
    if (shown.length === 0)
      return notVisible('The certificates were encrypted (TLS 1.3), resumed or cut.');
    // Where the device sent nothing, it accepted nothing.
    const judged = shown.filter(({ observation }) => observation.applicationBytes[0] > 0);
    if (judged.length === 0) return notSeen('the device sent nothing after these handshakes');

    const doubt = clockInDoubt(network);
    const faults = new Map<Handshake, Fault>();
    for (const session of judged) {
      const fault = faultOf(session, doubt);
      if (fault) faults.set(session, fault);
    }
    if (faults.size === 0) return pass(judged.length);
    const mild = [...faults].every(
      ([{ observation }, fault]) =>
        fault === 'name mismatch' && !isPublicAuthority(observation.certificates),
    );
    return fail(
      judged.length,
      proofs(network, [...faults.keys()], (session) => {
        const { clientHello, certificates, applicationBytes } = session.observation;
        return {
          fault: faults.get(session),
          server_name: clientHello?.serverName,
          certificate_names: namesOn(certificates[0]).slice(0, 5).join(', '),
          not_after: dateText(certificates[0].notAfter),
          client_application_bytes: applicationBytes[0],
        };
      }),
      mild
        ? {
            severity: 'medium',
            note: 'The certificate is of a private authority, which the device may pin.',
          }
        : {},
    );
  },
});

function faultOf({ observation }: Handshake, clockDoubtful: boolean): Fault | undefined {
  const { certificates, clientHello, first } = observation;
  const [leaf] = certificates;
  const state = clockDoubtful ? 'valid' : validity(leaf, first);
  if (state !== 'valid') return state;
  const serverName = clientHello?.serverName?.toLowerCase().replace(/\.$/, '');
  const names = namesOn(leaf);
  if (!serverName || !isHostName(serverName) || names.length === 0) return undefined;
  return names.some((name) => matches(serverName, name)) ? undefined : 'name mismatch';
}

/** Host names of the certificate: its alternative names, else its common name; serial numbers and such are left out. */
function namesOn({ names, subject }: CertificateSummary): string[] {
  const commonName = /(?:^|[,+/]\s*)CN\s*=\s*"?([^,+/"]+)/i.exec(subject)?.[1]?.trim();
  const all = names.length > 0 ? names : commonName !== undefined ? [commonName] : [];
  return all.map((name) => name.toLowerCase().replace(/\.$/, '')).filter(isHostName);
}

const isHostName = (name: string): boolean =>
  /^(\*\.)?([a-z0-9_-]+\.)+[a-z][a-z0-9-]*$/.test(name) && !/^\d+(\.\d+){3}$/.test(name);

/** RFC 9525, 6.3: a wildcard stands for exactly one left-most label. */
function matches(serverName: string, pattern: string): boolean {
  if (serverName === pattern) return true;
  if (!pattern.startsWith('*.')) return false;
  return serverName.slice(serverName.indexOf('.') + 1) === pattern.slice(2);
}
