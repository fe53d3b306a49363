/**
 * CH-03: the device sends data to the internet in clear HTTP.
 * Decided from POST, PUT and PATCH requests with a body to a public address outside the device's segment. Status
 * requests for certificates, time stamps and connectivity checks are made in clear by agreement; a body that
 * declares itself encrypted is not judged, and one of unknown bytes may be encrypted, so it is low.
 */
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import {
  isConnectivityCheck,
  isEncryptedBody,
  isSignedExchange,
} from '../data/http-conventions.ts';
import { proofs } from '../proofs.ts';

const UPLOADS = new Set(['POST', 'PUT', 'PATCH']);
const OPAQUE = /^application\/(octet-stream|x-binary|binary)\b/i;

export const clearUpload = control({
  id: 'CH-03',
  practice: 'encryption',
  severity: 'medium',
  title: 'Data sent to the internet in clear HTTP',
  why: 'Every network on the way can read and change what the device reports and what it is answered.',
  fix: 'Have the device use the https address of the service and check its certificate.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-1', '5.8-1'],
    'etsi-303645:3.1.3': ['5.5-1', '5.8-1'],
    'eu-cra:2024-2847': ['I(2)(e)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I7'],
    'owasp-isvs:1.0': ['4.2.1'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const outward = device
      .seen('http')
      .filter(
        ({ role, peer }) => role === 'client' && peer.scope === 'public' && !peer.sameSegment,
      );
    if (outward.length === 0) return notSeen();
    const uploads = outward.filter(
      ({ observation: { method, requestBytes, host, path, requestType } }) => {
        if (!UPLOADS.has(method) || requestBytes === 0) return false;
        return !isConnectivityCheck(host, path) && !isSignedExchange(host, requestType);
      },
    );
    const readable = uploads.filter(({ observation }) => !isEncryptedBody(observation.requestType));
    if (readable.length === 0) {
      return uploads.length > 0
        ? notVisible('The bodies declare themselves encrypted.')
        : pass(outward.length);
    }
    const opaque = readable.every(({ observation }) => OPAQUE.test(observation.requestType ?? ''));
    return fail(
      outward.length,
      proofs(network, readable, ({ observation }) => ({
        method: observation.method,
        host: observation.host,
        path: observation.path,
        content_type: observation.requestType,
        request_bytes: observation.requestBytes,
      })),
      opaque
        ? {
            severity: 'low',
            note: 'The bodies are bytes of no declared format and may be encrypted.',
          }
        : {},
    );
  },
});
