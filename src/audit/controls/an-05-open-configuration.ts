/**
 * AN-05: settings can be read or changed without signing in, over HTTP or the maker's own local protocol.
 * Over HTTP decided from an answer of 2xx with content to a request for a path that names settings, without
 * Authorization, session cookie or key in the address, from a client that had not signed in at this device by other
 * means. Sign-in forms, redirects, UPnP descriptions and what a device tells everybody by design are no settings.
 * Over local protocols (Kasa, WiZ, Yeelight, LIFX, Tuya …) decided from commands that change something and that the
 * device carried out though the asker needed no key, and from a key to the device that it gave to whoever asked.
 */
import type { Observation } from '../../capture/index.ts';
import type { Device, Network, Sighting } from '../../fleet/index.ts';
import { control, type Evidence, fail, notSeen, notVisible, pass } from '../control.ts';
import { isConfigurationPath } from '../data/http-conventions.ts';
import { proofs } from '../proofs.ts';

const METHODS = new Set(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']);
/** Types of pages and of answers of an interface; files that build a page are neither. */
const CONTENT =
  /^(text\/(html|plain|xml)|application\/(json|xml|xhtml\+xml|[\w.-]+\+(json|xml)))\b/i;
const SIGN_IN_TITLE =
  /log-?\s?[io]n|sign\s?in|unauthori|forbidden|denied|not found|error|redirect|moved/i;

export const openConfiguration = control({
  id: 'AN-05',
  practice: 'authentication',
  severity: 'high',
  title: 'Settings served without signing in',
  why: 'Anybody on the network can read the configuration, with the secrets in it, or change it.',
  fix: 'Make the device ask for authentication before it shows or changes settings: update it, or switch its local control off where it cannot. Until then keep it in a segment of its own.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-4', '5.5-5'],
    'etsi-303645:3.1.3': ['5.5-4', '5.5-5'],
    'eu-cra:2024-2847': ['I(2)(d)'],
    'nistir-8259a:2020': ['DC', 'LA'],
    'owasp-iot-top10:2018': ['I3'],
    'iec-62443-4-2:2019': ['CR 1.1'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {
    /** Smallest body that counts as content, in bytes; `OK` alone says nothing. */
    contentMin_bytes: 16,
  },
  evaluate(device, network, { contentMin_bytes }) {
    const local = judgeLocal(device, network);
    const asked = device
      .seen('http')
      .filter(({ role, observation }) => role === 'server' && concernsSettings(observation));
    const answered = asked.filter(({ observation }) => observation.status !== undefined);
    const signedIn = new Set(
      device
        .seen('login')
        .filter(({ role, observation }) => role === 'server' && observation.outcome !== 'refused')
        .map(({ peer }) => peer.host),
    );
    const failing = answered.filter(
      ({ observation, peer }) =>
        isServedOpenly(observation, contentMin_bytes) && !signedIn.has(peer.host),
    );
    if (failing.length > 0 || local.failing.length > 0) {
      const overHttp = proofs(network, failing, ({ observation }) => ({
        method: observation.method,
        path: observation.path,
        status: observation.status,
        content_type: observation.responseType,
        response_bytes: observation.responseBytes,
        authorization: false,
      }));
      return fail(answered.length + local.answered, [...overHttp, ...local.failing]);
    }
    const guarded = answered.filter(isGuarded).length + local.guarded;
    if (guarded > 0) return pass(guarded);
    const unanswered = asked.length + local.asked > 0 && answered.length + local.answered === 0;
    return unanswered ? notVisible('No answer of the device was in view.') : notSeen();
  },
});

interface LocalControl {
  readonly asked: number;
  readonly answered: number;
  readonly guarded: number;
  readonly failing: Evidence[];
}

/** What was asked of the device over its maker's own protocol, and what it did. */
function judgeLocal(device: Device, network: Network): LocalControl {
  const asked = device
    .seen('local_control')
    .filter(({ role, observation }) => role === 'server' && observation.effect !== 'read');
  const answered = asked.filter(({ observation }) => observation.outcome !== 'unknown');
  const done = answered.filter(({ observation }) => observation.outcome === 'accepted');
  const open = done.filter(({ observation }) => observation.protection === 'none');
  return {
    asked: asked.length,
    answered: answered.length,
    guarded: done.length - open.length,
    failing: proofs(network, open, ({ observation: { protocol, operation, effect } }) => ({
      protocol,
      operation,
      ...(effect === 'key' ? { key: 'given to whoever asks' } : { authentication: false }),
    })),
  };
}

function concernsSettings({ method, path, upnpDescription }: Observation<'http'>): boolean {
  return METHODS.has(method) && upnpDescription === undefined && isConfigurationPath(path);
}

function isServedOpenly(http: Observation<'http'>, contentMin_bytes: number): boolean {
  const {
    status = 0,
    authorization,
    cookie,
    passwordField,
    loginForm,
    responseType,
    responseBytes,
    responseEncoding,
    title,
  } = http;
  if (status < 200 || status > 299 || status === 204) return false;
  if (authorization !== undefined || cookie || passwordField || loginForm) return false;
  // A compressed page may be a sign-in form.
  if (responseEncoding !== undefined && /html/i.test(responseType ?? '')) return false;
  return (
    CONTENT.test(responseType ?? '') &&
    responseBytes >= contentMin_bytes &&
    !SIGN_IN_TITLE.test(title ?? '')
  );
}

/** The device turned an unknown asker away, or the asker had signed in. */
function isGuarded({ observation }: Sighting<'http'>): boolean {
  const { status = 0, authorization, cookie, loginForm } = observation;
  return (
    [301, 302, 303, 307, 401, 403].includes(status) ||
    loginForm ||
    authorization !== undefined ||
    cookie
  );
}
