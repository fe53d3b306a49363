/**
 * AN-06: the device gives a stream to whoever asks.
 * Decided from DESCRIBE and SETUP (RFC 2326, 10.2 and 10.4) that it answers with success though no Authorization came with
 * them. An address that carries a password, or is as long and random as one, may be the key itself; on a connection
 * that began before the capture somebody may have signed in. OPTIONS is answered to anybody by design.
 */
import type { Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { proofs } from '../proofs.ts';
import { isBehindTerminator } from '../responsibility.ts';

const GUARDED = new Set([401, 403, 407]);

export const openRtsp = control({
  id: 'AN-06',
  practice: 'authentication',
  severity: 'high',
  title: 'Stream without sign-in',
  why: 'Anybody who reaches the camera on the network sees and hears what it does.',
  fix: 'Turn on authentication for RTSP (Digest, or TLS with Basic), and switch off what is offered to anonymous viewers.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-4'],
    'etsi-303645:3.1.3': ['5.5-4'],
    'eu-cra:2024-2847': ['I(2)(d)'],
    'nistir-8259a:2020': ['LA'],
    'owasp-iot-top10:2018': ['I3'],
    'iec-62443-4-2:2019': ['CR 1.1'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const asked = device
      .seen('rtsp')
      .filter(
        (exchange) =>
          exchange.role === 'server' &&
          /^(?:DESCRIBE|SETUP)$/.test(exchange.observation.method) &&
          !isBehindTerminator(exchange, network),
      );
    const answered = asked.filter(({ observation }) => observation.status !== undefined);
    if (answered.length === 0)
      return asked.length > 0 ? notVisible('The answers were not in view.') : notSeen();
    const given = answered.filter(isGiven);
    const open = given.filter(({ observation }) => isOpen(observation));
    const guarded = answered.filter(
      ({ observation }) =>
        (observation.authorization === undefined && GUARDED.has(observation.status as number)) ||
        (observation.authorization !== undefined && (observation.status as number) < 300),
    );
    if (open.length > 0) {
      return fail(
        open.length + guarded.length,
        proofs(network, open, ({ observation, peer }) => ({
          method: observation.method,
          path: observation.path,
          status: observation.status,
          authorization: 'none',
          media: observation.media.join(', ') || undefined,
          client: peer.name ?? peer.address,
        })),
        onlyDescribed(open, answered)
          ? {
              severity: 'medium',
              note: 'Only the description was given to anybody; the stream itself asked for a sign-in.',
            }
          : {},
      );
    }
    if (guarded.length > 0) return pass(guarded.length);
    if (given.length === 0) return notSeen('nothing was asked of it that it has');
    return given.some(({ observation }) => observation.credentialInUrl)
      ? notVisible('The address of the stream may be its key.')
      : notVisible('The capture begins in the middle of these sessions.');
  },
});

const isGiven = ({ observation: { status, authorization } }: Sighting<'rtsp'>): boolean =>
  authorization === undefined && status !== undefined && status >= 200 && status < 300;

const isOpen = (rtsp: Sighting<'rtsp'>['observation']): boolean =>
  !rtsp.credentialInUrl && !rtsp.midstream;

/** Every SETUP without a sign-in was turned down. */
function onlyDescribed(
  open: readonly Sighting<'rtsp'>[],
  answered: readonly Sighting<'rtsp'>[],
): boolean {
  return (
    open.every(({ observation }) => observation.method === 'DESCRIBE') &&
    answered.some(
      ({ observation: o }) =>
        o.method === 'SETUP' && o.authorization === undefined && GUARDED.has(o.status as number),
    )
  );
}
