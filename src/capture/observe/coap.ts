/**
 * Pairs CoAP requests with their responses (RFC 7252, 5.3.2) by token, and folds the exchanges that are alike in
 * method, path and answer into one record. Answers to a multicast request come from other hosts, on other flows.
 */
import type { CoapMessage, CoapRequest, CoapResponse } from '../decode/coap.ts';
import type { Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observation, type Observations, type Parties } from '../observations.ts';
import { noteLwm2mClient, noteLwm2mDevice } from './lwm2m.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

/** Requests that are remembered of one flow, answered ones included, so that copies of an answer are known. */
const REQUESTS_MAX = 64;
/** Multicast requests that are remembered of a run. */
const MULTICAST_REQUESTS_MAX = 1_024;
/** Different paths between two hosts that get a record of their own. */
const PATHS_MAX = 200;
const PAIRS_MAX = 10_000;
const SECRETS_MAX = 64;
const OTHER_PATHS = '/…';
const WELL_KNOWN = '/.well-known/';

export const coapObserver: Observer = {
  protocols: ['coap'],
  event(event, direction, flow, at, into) {
    const message = event as CoapMessage;
    let exchanges = flow.session as Exchanges | undefined;
    if (!exchanges) {
      exchanges = new Exchanges(flow, into);
      flow.session = exchanges;
    }
    if (message.event === 'request') {
      if (message.global_device_id !== undefined)
        noteShelly(message.global_device_id, flow, direction, at, into);
      if (message.lwm2m) noteLwm2mClient(message.lwm2m, flow, direction, at, into);
      exchanges.request(message, direction, at);
    }
    if (message.event === 'response') exchanges.response(message, direction, at);
    else if (message.event === 'empty' && message.type === 'RST')
      exchanges.reset(message.message_id, direction);
  },
  close(flow) {
    (flow.session as Exchanges | undefined)?.close();
  },
};

/** CoIoT: type, MAC and version of what publishes. */
function noteShelly(
  id: string,
  flow: Flow,
  direction: Direction,
  at: PacketRef,
  into: Observations,
): void {
  const [model, mac] = id.split('#');
  into.note('identification', senderAsServer(flow, direction), at, `coap ${id}`, () => ({
    protocol: 'coap',
    maker: 'Shelly',
    model,
    version: undefined,
    serial: undefined,
    name: undefined,
    ...(mac === undefined ? {} : { more: { mac } }),
  }));
}

interface Asked {
  readonly request: CoapRequest;
  readonly at: PacketRef;
  readonly direction: Direction;
  answered: boolean;
  /** Message id of the last answer, by which a copy of it is known. */
  answerId: number | undefined;
}

/** What the flows of a run share. */
interface RunState {
  /** Multicast requests by asking host, port and token. */
  readonly multicast: Map<string, Asked>;
  readonly paths: Map<string, Set<string>>;
}
const runs = new WeakMap<Observations, RunState>();

class Exchanges {
  readonly #flow: Flow;
  readonly #into: Observations;
  readonly #run: RunState;
  /** By who asked and token; oldest first. */
  readonly #asked = new Map<string, Asked>();

  constructor(flow: Flow, into: Observations) {
    this.#flow = flow;
    this.#into = into;
    let run = runs.get(into);
    if (!run) {
      run = { multicast: new Map(), paths: new Map() };
      runs.set(into, run);
    }
    this.#run = run;
  }

  request(request: CoapRequest, direction: Direction, at: PacketRef): void {
    const key = `${direction} ${request.token}`;
    const earlier = this.#asked.get(key);
    if (earlier) {
      const repeated =
        request.type !== undefined && earlier.request.message_id === request.message_id;
      if (repeated) return;
      this.#forget(key, earlier);
    }
    const asked = { request, at, direction, answered: false, answerId: undefined };
    this.#asked.set(key, asked);
    if (this.#asked.size > REQUESTS_MAX) {
      for (const [oldest, it] of this.#asked) {
        this.#forget(oldest, it);
        break;
      }
    }
    if (!this.#flow.multicast) return;
    const { multicast } = this.#run;
    const { client, clientPort } = senderAsClient(this.#flow, direction);
    multicast.set(`${client} ${clientPort} ${request.token}`, asked);
    if (multicast.size <= MULTICAST_REQUESTS_MAX) return;
    for (const oldest of multicast.keys()) {
      multicast.delete(oldest);
      break;
    }
  }

  response(response: CoapResponse, direction: Direction, at: PacketRef): void {
    const asked = this.#asked.get(`${direction === 0 ? 1 : 0} ${response.token}`);
    if (asked) {
      const copy = asked.answered && asked.answerId === response.message_id;
      if (copy && response.type !== undefined) return;
      asked.answered = true;
      asked.answerId = response.message_id;
      noteLwm2mDevice(asked.request, response, this.#flow, direction, at, this.#into);
      this.#note(senderAsServer(this.#flow, direction), asked, response, at);
      return;
    }
    const parties = senderAsServer(this.#flow, direction);
    const group = this.#run.multicast.get(
      `${parties.client} ${parties.clientPort} ${response.token}`,
    );
    if (group) group.answered = true;
    this.#note(group ? { ...parties, multicast: true } : parties, group, response, at);
  }

  /** The other side has no use for the message with this id. */
  reset(messageId: number | undefined, direction: Direction): void {
    for (const [key, asked] of this.#asked) {
      if (asked.direction === direction || asked.request.message_id !== messageId) continue;
      this.#forget(key, asked);
      return;
    }
  }

  close(): void {
    for (const [key, asked] of this.#asked) this.#forget(key, asked);
  }

  #forget(key: string, asked: Asked): void {
    this.#asked.delete(key);
    if (asked.answered) return;
    this.#note(senderAsClient(this.#flow, asked.direction), asked, undefined, asked.at);
  }

  #note(
    parties: Parties,
    asked: Asked | undefined,
    response: CoapResponse | undefined,
    at: PacketRef,
  ): void {
    const request = asked?.request;
    const path = this.#pathOf(parties, request);
    const code = response?.code;
    const method = request?.method;
    const oscore = (request?.oscore || response?.oscore || false) && areCovered(request, response);
    const key = `${method} ${code} ${oscore} ${parties.multicast} ${path}`;
    // The request's packet proves the exchange, unless it went to a group and belongs to another record.
    const first = asked?.at ?? at;
    const record = this.#into.note('coap', parties, first, key, () => ({
      method,
      code: method ? (METHOD_CODES[method] ?? method) : (code ?? ''),
      path,
      oscore,
      payloadBytes: 0,
      response: code,
      responseBytes: 0,
    }));
    if (!record) return;
    record.payloadBytes = Math.max(record.payloadBytes, request?.payload_length ?? 0);
    record.responseBytes = Math.max(record.responseBytes, response?.payload_length ?? 0);
    record.last = at;
    addProof(record, at);
    if (asked && request?.masked) keepSecrets(record, request.masked, asked.at);
    if (response?.masked) keepSecrets(record, response.masked, at);
  }

  #pathOf({ client, server }: Parties, request: CoapRequest | undefined): string {
    if (!request) return '';
    const path = request.uri_path ?? '/';
    if (path.startsWith(WELL_KNOWN)) return path;
    const { paths } = this.#run;
    const pair = `${client} ${server}`;
    let known = paths.get(pair);
    if (!known) {
      if (paths.size >= PAIRS_MAX) return OTHER_PATHS;
      known = new Set();
      paths.set(pair, known);
    }
    if (known.has(path)) return path;
    if (known.size >= PATHS_MAX) return OTHER_PATHS;
    known.add(path);
    return path;
  }
}

const METHOD_CODES: Readonly<Record<string, string>> = {
  GET: '0.01',
  POST: '0.02',
  PUT: '0.03',
  DELETE: '0.04',
  FETCH: '0.05',
  PATCH: '0.06',
  iPATCH: '0.07',
};

/** No payload travelled in clear, but for that of an error, which cannot be protected at times (RFC 8613, 8.2). */
function areCovered(request: CoapRequest | undefined, response: CoapResponse | undefined): boolean {
  const asked = !request || request.oscore || request.payload_length === 0;
  const succeeded = response?.code.startsWith('2.') ?? false;
  return asked && (!succeeded || response?.oscore || response?.payload_length === 0);
}

function keepSecrets(
  record: Observation<'coap'>,
  secrets: NonNullable<CoapRequest['masked']>,
  at: PacketRef,
): void {
  if (!record.packets.includes(at)) return;
  for (const secret of secrets) {
    if (record.secrets.length >= SECRETS_MAX) return;
    if (!record.secrets.some((known) => known.hash === secret.hash)) record.secrets.push(secret);
  }
}
