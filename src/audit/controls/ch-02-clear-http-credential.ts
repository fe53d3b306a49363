/**
 * CH-02: a credential crosses the network in clear HTTP or mail.
 * Decided from sign-ins by Basic, form or token, and from session cookies. Digest (RFC 7616) and forms that send a
 * hash hide the password but not the session, and a field that is only named like a token may be less than one: high. A cookie alone may belong to a visitor: medium. The server answers for asking in clear; the browser that uses it does not. Empty credentials, refused
 * guesses and the sign-in of a captive portal prove nothing. Sign-ins at SMTP, IMAP, POP3 and IRC before TLS (RFC 8314)
 * have no control of their own in the catalogue and are judged here: a password is critical, a proof that can be guessed
 * from (CRAM-MD5, APOP) high.
 */
import type { Device, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, notVisible, pass, type Severity } from '../control.ts';
import { exposureOf, mailExposureOf } from '../credentials.ts';
import { isConnectivityCheck } from '../data/http-conventions.ts';
import { proofs } from '../proofs.ts';
import { answersForProtocol } from '../responsibility.ts';

type Login = Sighting<'login'>;

const PROTOCOLS = new Set(['http', 'smtp', 'imap', 'pop3', 'irc']);

export const clearHttpCredential = control({
  id: 'CH-02',
  practice: 'encryption',
  severity: 'critical',
  title: 'Credential in clear HTTP or mail',
  why: 'Anybody on the path reads the password or token and can use it.',
  fix: 'Serve the interface over HTTPS and redirect HTTP to it. A device that signs in at a service must use its https address, and at a mail server TLS before it signs in.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-6', '5.5-7'],
    'etsi-303645:3.1.3': ['5.5-6', '5.5-7'],
    'eu-cra:2024-2847': ['I(2)(e)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I7'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const logins = device
      .seen('login')
      .filter((login) => PROTOCOLS.has(login.observation.protocol) && answersForProtocol(login));
    const spoken = device.seen('http').filter(answersForProtocol);
    const sessions = spoken.length + device.seen('mail').filter(answersForProtocol).length;
    if (logins.length === 0) return sessions > 0 ? pass(sessions) : notSeen();

    const answering = new Set(
      spoken
        .filter(({ observation }) => observation.status !== undefined)
        .map(({ peer }) => peer.host),
    );
    const sent = logins.filter(
      (login) => exposed(login) !== undefined && !isCaptivePortal(login, device),
    );
    const failing = sent.filter(
      ({ role, observation, peer }) =>
        role === 'client' ||
        (observation.outcome !== 'refused' &&
          (observation.outcome === 'accepted' || answering.has(peer.host))),
    );
    if (failing.length > 0) {
      return fail(
        logins.length,
        proofs(network, failing, ({ observation }) => ({
          protocol: observation.protocol,
          method: observation.method,
          user: observation.user,
          credential: observation.secret?.hash,
          path: observation.target,
          outcome: observation.outcome,
        })),
        gravityOf(failing),
      );
    }
    const unanswered = sent.some(({ observation }) => observation.outcome === 'unknown');
    if (unanswered) return notVisible('No answer of the server was in view.');
    return sessions > 0 ? pass(sessions) : notSeen();
  },
});

function exposed({ observation }: Login): 'secret' | 'proof' | undefined {
  return observation.protocol === 'http' ? exposureOf(observation) : mailExposureOf(observation);
}

/** By the gravest that was sent. */
function gravityOf(failing: readonly Login[]): { severity?: Severity; note?: string } {
  const isSecret = (login: Login): boolean => exposed(login) === 'secret';
  const sent = failing.filter(({ observation }) => observation.method !== 'cookie');
  if (sent.length === 0) {
    return { severity: 'medium', note: 'Only cookies that are named like a session were seen.' };
  }
  if (!sent.some(isSecret)) {
    return {
      severity: 'high',
      note: 'A hash or proof hides the password, but not what is read and changed with it.',
    };
  }
  return sent.filter(isSecret).every(({ observation }) => observation.method === 'token')
    ? { severity: 'high', note: 'A value that is named like a token was seen, and no password.' }
    : {};
}

const portals = new WeakMap<Device, ReadonlySet<string>>();

/** The client was sent there by its connectivity check: a portal asks guests for a code, and lets them on. */
function isCaptivePortal({ role, peer }: Login, device: Device): boolean {
  const client = role === 'client' ? device : peer.device;
  if (!client) return false;
  let known = portals.get(client);
  if (!known) {
    known = portalsOf(client);
    portals.set(client, known);
  }
  const server = role === 'client' ? [peer.name, peer.address] : device.addresses;
  return server.some((name) => name !== undefined && known.has(name));
}

/** Hosts that the client's connectivity checks were redirected to. */
function portalsOf(client: Device): ReadonlySet<string> {
  const hosts = new Set<string>();
  for (const { role, observation } of client.seen('http')) {
    const { status = 0, location, host, path } = observation;
    if (role !== 'client' || status < 300 || status > 399 || !location) continue;
    const portal = isConnectivityCheck(host, path) ? URL.parse(location)?.hostname : undefined;
    if (portal) hosts.add(portal);
  }
  return hosts;
}
