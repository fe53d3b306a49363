/**
 * AN-01: a known default credential was accepted.
 * Decided from sign-ins in clear whose success was seen (any protocol), compared with published defaults as whole
 * pairs; where only a proof of the password travels (Digest, VNC), published defaults are held against the proof. A guess that was refused, or whose answer was not seen, proves nothing. The server fails that accepts it;
 * a client fails only where that server is outside the inventory, because then nobody else could have set it.
 */
import type { LoginFields } from '../../capture/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { carriesPassword } from '../credentials.ts';
import { defaultPasswords, isDefaultCredential } from '../data/default-credentials.ts';
import { isProofOf } from '../password-proofs.ts';
import { proofs } from '../proofs.ts';

export const defaultCredential = control({
  id: 'AN-01',
  practice: 'authentication',
  severity: 'critical',
  title: 'Known default credential accepted',
  why: 'Defaults are published, and worms try them within minutes of seeing a device.',
  fix: 'Set a password of its own on the device and remove the factory account. As its maker, ship a different password with every unit or make the user choose one at setup.',
  provisions: {
    'etsi-303645:2.1.1': ['5.1-1'],
    'etsi-303645:3.1.3': ['5.1-1'],
    'eu-cra:2024-2847': ['I(2)(b)', 'I(2)(d)'],
    'uk-psti:2023': ['Sch1-1'],
    'nistir-8259a:2020': ['LA'],
    'owasp-iot-top10:2018': ['I1', 'I9'],
    'owasp-isvs:1.0': ['2.1.8'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const logins = device
      .seen('login')
      .filter(({ role, peer }) => role === 'server' || !peer.device)
      .filter(({ observation: o }) => carriesPassword(o) || o.method === 'digest' || o.proof);
    const accepted = logins.filter(({ observation }) => observation.outcome === 'accepted');
    const readable = accepted.filter(({ observation }) => carriesPassword(observation));
    const failing = accepted.filter(
      ({ observation }) =>
        (carriesPassword(observation) && isDefault(observation)) || isProofOfDefault(observation),
    );
    if (failing.length > 0) {
      return fail(
        Math.max(readable.length, failing.length),
        proofs(network, failing, ({ observation, peer, role }) => ({
          protocol: observation.protocol,
          method: observation.method,
          user: observation.user ?? '',
          password: observation.secret?.hash,
          outcome: observation.outcome,
          [role === 'server' ? 'client' : 'server']: peer.name ?? peer.address,
        })),
      );
    }
    const own = accepted.filter(
      ({ role, observation }) =>
        role === 'server' && (carriesPassword(observation) || observation.proof),
    );
    if (own.length > 0) return pass(own.length);
    if (accepted.length > 0) return notVisible('The accepted sign-ins hide the password.');
    return logins.some(({ observation }) => observation.outcome === 'unknown')
      ? notVisible('Whether the sign-ins succeeded was not in view.')
      : notSeen();
  },
});

function isDefault({ user, secret }: LoginFields): boolean {
  return secret !== undefined && isDefaultCredential(user ?? '', secret.reveal());
}

function isProofOfDefault({ user = '', proof }: LoginFields): boolean {
  if (!proof) return false;
  for (const password of defaultPasswords(user)) if (isProofOf(proof, user, password)) return true;
  return false;
}
