/**
 * Folds HTTP requests and their answers into exchanges, and finds in them sign-ins with their outcome, files that
 * travelled in clear, and port mappings asked of a gateway.
 */

import { PAGE_BYTES_MAX } from '../decode/http/body.ts';
import { BEHIND, type HttpRequestEvent, type HttpResponseEvent } from '../decode/http/events.ts';
import { LARGE_BODY_BYTES } from '../decode/http/parser.ts';
import { type Credential, isSessionCookie } from '../decode/http/secrets.ts';
import type { AddPortMappingEvent, PortMappingRequest } from '../decode/http/soap.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { isMedia, isUpdateImage } from '../magic.ts';
import type {
  HttpFields,
  LoginFields,
  Observation,
  Observations,
  Parties,
  UpnpDescription,
} from '../observations.ts';
import { addProof } from '../observations.ts';
import { maskIn, noteLogin } from './login.ts';
import { noteMalformed, noteUnit } from './malformed.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';

const PATH_CHARACTERS_MAX = 256;
const WAITING_MAX = 64;
/** Servers whose challenges and open pages are remembered, and pages of one. */
const SERVERS_MAX = 10_000;
const PAGES_MAX = 256;

/** Credentials that stand in a form, a URL or a field of their own. */
const FIELDS = new Set(['form', 'url', 'token']);

interface Waiting {
  readonly request: HttpRequestEvent;
  readonly direction: Direction;
  readonly at: PacketRef;
}
interface Session {
  readonly waiting: Waiting[];
  /** A large body whose real length shows when the next message comes or the flow ends. */
  transfer: Transfer | undefined;
}
interface Transfer {
  readonly sender: Direction;
  readonly client: Direction;
  readonly name: string;
  readonly declared: number;
  /** Bytes that the direction had carried when the body's beginning was read; undefined where the body was counted. */
  readonly before: number | undefined;
  readonly contentType: string | undefined;
  readonly magic: string | undefined;
  readonly at: PacketRef;
}

export const httpObserver: Observer = {
  protocols: ['http', 'upnp'],

  event(
    event: AppEvent,
    direction: Direction,
    flow: Flow,
    at: PacketRef,
    into: Observations,
  ): void {
    if (event.event === 'malformed') {
      noteMalformed(
        into,
        flow,
        direction,
        event.protocol,
        (event as { reason?: string }).reason ?? '',
        at,
      );
      return;
    }
    const session = sessionOf(flow);
    // A port mapping is part of the exchange that carries it.
    if (event.protocol === 'upnp') return;
    noteUnit(into, flow, direction, 'http', at);
    endTransfer(session, flow, into);
    if (event.event === 'request') {
      const request = event as HttpRequestEvent;
      if (session.waiting.length >= WAITING_MAX)
        unanswered(session.waiting.shift() as Waiting, flow, into);
      session.waiting.push({ request, direction, at });
      session.transfer = transferOf(
        request,
        request,
        request.content_type,
        request.magic,
        direction,
        direction,
        flow,
        at,
      );
    } else answered(session, event as HttpResponseEvent, direction, flow, at, into);
  },

  close(flow: Flow, _at: PacketRef, into: Observations): void {
    const session = sessionOf(flow);
    endTransfer(session, flow, into);
    for (const waiting of session.waiting.splice(0)) unanswered(waiting, flow, into);
  },
};

function sessionOf(flow: Flow): Session {
  flow.session ??= { waiting: [], transfer: undefined } satisfies Session;
  return flow.session as Session;
}

function unanswered(waiting: Waiting, flow: Flow, into: Observations): void {
  exchange(waiting, undefined, undefined, flow, into);
}

function answered(
  session: Session,
  answer: HttpResponseEvent,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  // Interim answers are followed by the real one (RFC 9110, 15.2).
  if (answer.status < 200 && answer.status !== 101) return;
  const { request } = answer[BEHIND];
  const place = session.waiting.findIndex((waiting) => waiting.request === request);
  if (place < 0) {
    // The request was not seen: what the server says of itself still counts.
    serverAlone(answer, direction, flow, at, into);
    return;
  }
  const [waiting] = session.waiting.splice(place, 1) as [Waiting];
  exchange(waiting, answer, at, flow, into);
  session.transfer = transferOf(
    waiting.request,
    answer,
    answer.http_content_type,
    answer.magic,
    direction,
    waiting.direction,
    flow,
    at,
  );
}

/** Notes one exchange, and the credentials in it. */
function exchange(
  waiting: Waiting,
  answer: HttpResponseEvent | undefined,
  answeredAt: PacketRef | undefined,
  flow: Flow,
  into: Observations,
): void {
  const { request, at } = waiting;
  const parties = senderAsClient(flow, waiting.direction);
  const path = pathOf(request.url);
  const passwordField = request.credentials?.some(({ method }) => FIELDS.has(method)) ?? false;
  const cookie = request.cookies?.some(isSessionCookie) ?? false;
  const key = [
    request.http_method,
    request.hostname,
    pattern(path),
    answer?.status,
    request.authorization?.scheme,
    cookie,
    passwordField,
    answer?.login_form,
    request.http_user_agent,
    answer?.server,
    request.content_type,
    answer?.http_content_type,
  ].join('\n');
  const record = into.note('http', parties, at, key, () =>
    fieldsOf(request, path, cookie, passwordField, answer),
  );
  if (record) {
    if (request.length > record.requestBytes) record.requestBytes = request.length;
    if (answer && answer.length > record.responseBytes) record.responseBytes = answer.length;
    maskIn(record, at, request[BEHIND].wire);
    if (answer && answeredAt && record.count === 1) {
      addProof(record, answeredAt);
      maskIn(record, answeredAt, answer[BEHIND].wire);
    }
  }
  const server = serverState(into, parties);
  if (request.credentials) {
    for (const credential of request.credentials)
      login(credential, waiting, answer, path, parties, server, into);
  }
  const { portMapping, bodyAt } = request[BEHIND];
  if (portMapping && adds(portMapping))
    noteMapping(portMapping, answer?.status, parties, bodyAt ?? at, answeredAt, into);
  if (server && answer) learn(server, path, request, answer);
}

/** Remembers which pages a server protects, and which it gives to anybody. */
function learn(
  server: ServerState,
  path: string,
  request: HttpRequestEvent,
  answer: HttpResponseEvent,
): void {
  if (answer.status === 401 || answer.status === 407) server.challenged = true;
  if (
    answer.status >= 300 ||
    request.credentials ||
    request.cookies ||
    server.open.size >= PAGES_MAX
  )
    return;
  server.open.add(path);
  const mistaken = server.accepted.get(path);
  if (!mistaken) return;
  server.accepted.delete(path);
  mistaken.outcome = 'unknown';
}

function fieldsOf(
  request: HttpRequestEvent,
  path: string,
  cookie: boolean,
  passwordField: boolean,
  answer: HttpResponseEvent | undefined,
): HttpFields {
  return {
    method: request.http_method,
    host: request.hostname,
    path,
    userAgent: request.http_user_agent,
    authorization: request.authorization?.scheme,
    cookie,
    cookieNames: request.cookies ?? [],
    passwordField,
    status: answer?.status,
    product: answer?.server,
    wwwAuthenticate: answer?.www_authenticate,
    requestType: request.content_type,
    responseType: answer?.http_content_type,
    requestBytes: request.length,
    responseBytes: answer?.length ?? 0,
    location: answer?.redirect,
    title: answer?.title,
    loginForm: answer?.login_form ?? false,
    responseEncoding: answer?.content_encoding,
    upnpDescription: descriptionOf(answer),
  };
}

function serverAlone(
  answer: HttpResponseEvent,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const parties = senderAsClient(flow, direction === 0 ? 1 : 0);
  const key = ['', answer.status, answer.server, answer.http_content_type, answer.title].join('\n');
  const record = into.note('http', parties, at, key, () => ({
    method: '',
    host: undefined,
    path: '',
    userAgent: undefined,
    authorization: undefined,
    cookie: false,
    cookieNames: [],
    passwordField: false,
    status: answer.status,
    product: answer.server,
    wwwAuthenticate: answer.www_authenticate,
    requestType: undefined,
    responseType: answer.http_content_type,
    requestBytes: 0,
    responseBytes: answer.length,
    location: answer.redirect,
    title: answer.title,
    loginForm: answer.login_form ?? false,
    responseEncoding: answer.content_encoding,
    upnpDescription: descriptionOf(answer),
  }));
  maskIn(record, at, answer[BEHIND].wire);
}

function descriptionOf(answer: HttpResponseEvent | undefined): UpnpDescription | undefined {
  const upnp = answer?.upnp;
  return (
    upnp && {
      deviceType: upnp.device_type,
      friendlyName: upnp.friendly_name,
      manufacturer: upnp.manufacturer,
      modelName: upnp.model_name,
      modelNumber: upnp.model_number,
      serialNumber: upnp.serial_number,
    }
  );
}

/** The path with the names of its parameters: `/login?user&password`. */
function pathOf(url: string): string {
  const from = /^[a-z]{2,10}:\/\//i.test(url) ? url.indexOf('/', url.indexOf('//') + 2) : 0;
  const target = from < 0 ? '/' : url.slice(from, from + 4 * PATH_CHARACTERS_MAX);
  const query = target.indexOf('?');
  const path = query < 0 ? target : target.slice(0, query);
  const names = query < 0 ? '' : `?${target.slice(query + 1).replace(/=[^&]*/g, '')}`;
  return Buffer.from((path + names).slice(0, PATH_CHARACTERS_MAX)).toString();
}

/** Paths that differ in numbers and identifiers only are alike. */
function pattern(path: string): string {
  return path.replace(/[0-9a-f]{8,}|\d{2,}/gi, '*');
}

/** What is known of one server, so that an answer can be weighed. */
interface ServerState {
  /** It asked for credentials, so it has pages that are protected. */
  challenged: boolean;
  /** Pages that it gave to somebody without credentials. */
  readonly open: Set<string>;
  /** Sign-ins that its answers seem to accept, by page: unless the page turns out to be open. */
  readonly accepted: Map<string, Observation<'login'>>;
}
const servers = new WeakMap<Observations, Map<string, ServerState>>();

function serverState(into: Observations, parties: Parties): ServerState | undefined {
  let known = servers.get(into);
  if (!known) {
    known = new Map();
    servers.set(into, known);
  }
  const key = `${parties.server} ${parties.serverPort}`;
  let state = known.get(key);
  if (!state && known.size < SERVERS_MAX) {
    state = { challenged: false, open: new Set(), accepted: new Map() };
    known.set(key, state);
  }
  return state;
}

function login(
  credential: Credential,
  { request, at }: Waiting,
  answer: HttpResponseEvent | undefined,
  path: string,
  parties: Parties,
  server: ServerState | undefined,
  into: Observations,
): void {
  const { method } = credential;
  const { wire, bodyAt } = request[BEHIND];
  const outcome =
    method === 'form' || method === 'url'
      ? formOutcome(answer)
      : method === 'cookie' || method === 'token'
        ? sessionOutcome(answer)
        : authorizationOutcome(answer, path, server);
  const sentAt = method === 'form' ? (bodyAt ?? at) : at;
  const { username: user, secret } = credential;
  const fields = { protocol: 'http', method, user, secret, outcome, target: path };
  const record = noteLogin(into, parties, sentAt, fields, wire);
  const byAuthorization = request.authorization?.scheme === method;
  if (
    record &&
    byAuthorization &&
    outcome === 'accepted' &&
    server &&
    server.accepted.size < PAGES_MAX
  )
    server.accepted.set(path, record);
}

/** An answer that any visitor gets proves nothing; one on a page that is closed to others proves that it was let in. */
function authorizationOutcome(
  answer: HttpResponseEvent | undefined,
  path: string,
  server: ServerState | undefined,
): LoginFields['outcome'] {
  if (!answer) return 'unknown';
  const { status } = answer;
  // Digest: the nonce was too old, the password may be right (RFC 7616, 3.3).
  if (answer.www_authenticate && /\bstale\s*=\s*"?true/i.test(answer.www_authenticate))
    return 'unknown';
  if (status === 401 || status === 403 || status === 407) return 'refused';
  if (status >= 400 || status < 200 || answer.login_form) return 'unknown';
  if (server?.open.has(path)) return 'unknown';
  return status < 300 || server?.challenged ? 'accepted' : 'unknown';
}

/** A sign-in form: let in where a session begins, turned away where the form comes again. */
function formOutcome(answer: HttpResponseEvent | undefined): LoginFields['outcome'] {
  if (!answer) return 'unknown';
  const { status } = answer;
  if (status === 401 || status === 403 || answer.login_form) return 'refused';
  if (status >= 400) return 'unknown';
  const session = answer.set_cookies?.some(isSessionCookie) ?? false;
  const back =
    answer.redirect !== undefined && /log_?in|sign_?in|auth|error|fail/i.test(answer.redirect);
  return session && !back ? 'accepted' : 'unknown';
}

/** That a session goes on proves nothing of how it began. */
function sessionOutcome(answer: HttpResponseEvent | undefined): LoginFields['outcome'] {
  return answer?.status === 401 || answer?.status === 403 ? 'refused' : 'unknown';
}

/** A large file, or a piece of one (RFC 9110, 14): the first piece alone shows what it is. */
function transferOf(
  request: HttpRequestEvent,
  message: HttpRequestEvent | HttpResponseEvent,
  contentType: string | undefined,
  magic: string | undefined,
  sender: Direction,
  client: Direction,
  flow: Flow,
  at: PacketRef,
): Transfer | undefined {
  if (!request.url || isMedia(magic, contentType)) return undefined;
  const name = pathOf(request.url);
  const piece = message.event === 'response' && message.status === 206;
  if (!piece && message.length < LARGE_BODY_BYTES) return undefined;
  if (!piece && magic === undefined && !isUpdateImage(magic, name, contentType)) return undefined;
  const before = message.content_length === undefined ? undefined : flow.payloadBytes(sender);
  return { sender, client, name, declared: message.length, before, contentType, magic, at };
}

/** Notes the transfer at hand, with as many bytes as really came. */
function endTransfer(session: Session, flow: Flow, into: Observations): void {
  const { transfer } = session;
  if (!transfer) return;
  session.transfer = undefined;
  const { sender, before, declared } = transfer;
  // Up to a page of the body came before its event.
  const came =
    before === undefined ? declared : flow.payloadBytes(sender) - before + PAGE_BYTES_MAX;
  const bytes = Math.min(declared, came);
  const { name, contentType, magic, at } = transfer;
  const toClient = transfer.sender !== transfer.client;
  const record = into.note(
    'transfer',
    senderAsClient(flow, transfer.client),
    at,
    `${name}\n${magic ?? ''}\n${toClient}`,
    () => ({
      protocol: 'http',
      name,
      toClient,
      bytes,
      contentType,
      magic,
    }),
  );
  if (record && bytes > record.bytes) record.bytes = bytes;
}

function adds(mapping: PortMappingRequest): mapping is AddPortMappingEvent {
  return mapping.event !== 'delete_port_mapping';
}

function noteMapping(
  mapping: AddPortMappingEvent,
  status: number | undefined,
  parties: Parties,
  at: PacketRef,
  answeredAt: PacketRef | undefined,
  into: Observations,
): void {
  const outcome = status === undefined ? 'unknown' : status < 300 ? 'granted' : 'refused';
  const key = [
    mapping.new_external_port,
    mapping.new_internal_port,
    mapping.new_internal_client,
    mapping.new_protocol,
    outcome,
  ].join(' ');
  const record = into.note('port_mapping', parties, at, key, () => ({
    protocol: 'upnp',
    externalPort: mapping.new_external_port,
    internalPort: mapping.new_internal_port,
    internalClient: mapping.new_internal_client,
    transport: mapping.new_protocol === 'UDP' ? 'udp' : 'tcp',
    lease_s: mapping.new_lease_duration,
    description: mapping.new_port_mapping_description,
    outcome,
  }));
  if (record && answeredAt) addProof(record, answeredAt);
}
