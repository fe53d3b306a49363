/**
 * CH-06: CoAP in clear.
 * Decided from unicast requests that write (PUT, POST, PATCH, FETCH with payload) and from answers with payload,
 * without DTLS and without the OSCORE option (RFC 8613). Discovery is made in clear by agreement: multicast, and
 * /.well-known/ (RFC 6690).
 */
import type { Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { proofs } from '../proofs.ts';
import {
  answersForConfiguration,
  answersForProtocol,
  isBehindTerminator,
} from '../responsibility.ts';

/** Requests that carry something; 0.30 is the code with which Shelly's devices publish. */
const WRITES = new Set(['PUT', 'POST', 'PATCH', 'IPATCH', 'FETCH', '0.30']);

export const clearCoap = control({
  id: 'CH-06',
  practice: 'encryption',
  severity: 'medium',
  title: 'CoAP in clear',
  why: 'Anybody on the path can read the values and send writes of their own.',
  fix: 'Protect the exchange with OSCORE, or use coaps (DTLS) on both sides.',
  provisions: {
    'etsi-303645:2.1.1': ['5.5-1'],
    'etsi-303645:3.1.3': ['5.5-1'],
    'eu-cra:2024-2847': ['I(2)(e)'],
    'nistir-8259a:2020': ['DP'],
    'owasp-iot-top10:2018': ['I7'],
    'owasp-isvs:1.0': ['4.1.1'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: {},
  evaluate(device, network) {
    const exchanges = device
      .seen('coap')
      .filter(
        (exchange) =>
          isJudged(exchange) &&
          answersForConfiguration(exchange, device) &&
          !isBehindTerminator(exchange, network),
      );
    if (exchanges.length === 0) {
      const cut = device.seen('coap').some(({ observation }) => observation.method === undefined);
      return cut ? notVisible('The requests were not in view.') : notSeen();
    }
    const failing = exchanges.filter(isExposed);
    if (failing.length > 0) {
      return fail(
        exchanges.length,
        proofs(network, failing, ({ observation }) => ({
          method: observation.method,
          path: observation.path,
          payload_bytes: observation.payloadBytes,
          response: observation.response,
          response_bytes: observation.responseBytes,
          oscore: false,
        })),
      );
    }
    const decided = exchanges.filter(
      ({ observation }) => observation.oscore || observation.response !== undefined,
    );
    return decided.length > 0 ? pass(decided.length) : notVisible('No answer was in view.');
  },
});

/** An answer without its request may be one to discovery. */
function isJudged({ observation: { multicast, method, path } }: Sighting<'coap'>): boolean {
  return !multicast && method !== undefined && !/^\/?\.well-known\//.test(path);
}

/** A client answers for what it writes; a server for what it takes and gives. */
function isExposed(exchange: Sighting<'coap'>): boolean {
  const { role, observation } = exchange;
  const { oscore, method, payloadBytes, response, responseBytes } = observation;
  if (oscore) return false;
  const writes = WRITES.has((method ?? '').toUpperCase()) && payloadBytes > 0;
  const succeeded = response?.startsWith('2.') ?? false;
  if (role === 'client') {
    return writes || (succeeded && responseBytes > 0 && answersForProtocol(exchange));
  }
  return succeeded && (writes || responseBytes > 0);
}
