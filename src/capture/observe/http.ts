/**
 * Folds HTTP requests and their answers into exchanges, and finds in them sign-ins with their outcome, files that
 * travelled in clear, and port mappings asked of a gateway.
 */
import { BEHIND, type HttpRequestEvent, type HttpResponseEvent } from '../decode/http/events.ts';
import { isSessionCookie } from '../decode/http/secrets.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import {
  addProof,
  type HttpFields,
  type Observations,
  type UpnpDescription,
} from '../observations.ts';
import { noteManagement } from './http/management.ts';
import { pathOf, pathPattern } from './http/path.ts';
import { notePortMapping } from './http/port-mappings.ts';
import { noteSignIns } from './http/sign-ins.ts';
import { noteSoapControl } from './http/soap-control.ts';
import { noteTransfer, type Transfer, transferOf } from './http/transfers.ts';
import { maskIn } from './login.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';

const WAITING_MAX = 64;

/** Credentials that stand in a form, a URL or a field of their own. */
const FIELDS = new Set(['form', 'url', 'token']);

interface Waiting {
  readonly request: HttpRequestEvent;
  readonly direction: Direction;
  readonly at: PacketRef;
}
interface Session {
  readonly waiting: Waiting[];
  transfer: Transfer | undefined;
}

export const httpObserver: Observer = {
  protocols: ['http', 'http2', 'upnp'],

  event(
    event: AppEvent,
    direction: Direction,
    flow: Flow,
    at: PacketRef,
    into: Observations,
  ): void {
    // A port mapping is part of the exchange that carries it; HTTP/2's own frames carry none.
    if (event.protocol !== 'http') return;
    const session = sessionOf(flow);
    endTransfer(session, flow, into);
    if (event.event === 'request')
      asked(session, event as HttpRequestEvent, direction, flow, at, into);
    else answered(session, event as HttpResponseEvent, direction, flow, at, into);
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

function endTransfer(session: Session, flow: Flow, into: Observations): void {
  if (session.transfer) noteTransfer(session.transfer, flow, into);
  session.transfer = undefined;
}

function asked(
  session: Session,
  request: HttpRequestEvent,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  if (session.waiting.length >= WAITING_MAX)
    unanswered(session.waiting.shift() as Waiting, flow, into);
  session.waiting.push({ request, direction, at });
  session.transfer = transferOf(request, request, direction, flow, at);
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
    if (!request) serverAlone(answer, direction, flow, at, into);
    // Asked in HTTP/1.1 and, after the upgrade, answered in HTTP/2.
    else exchange({ request, direction: direction === 0 ? 1 : 0, at }, answer, at, flow, into);
    return;
  }
  const [waiting] = session.waiting.splice(place, 1) as [Waiting];
  exchange(waiting, answer, at, flow, into);
  session.transfer = transferOf(waiting.request, answer, direction, flow, at);
}

function unanswered(waiting: Waiting, flow: Flow, into: Observations): void {
  exchange(waiting, undefined, undefined, flow, into);
}

/** Notes one exchange, and what it carried. */
function exchange(
  { request, direction, at }: Waiting,
  answer: HttpResponseEvent | undefined,
  answeredAt: PacketRef | undefined,
  flow: Flow,
  into: Observations,
): void {
  const parties = senderAsClient(flow, direction);
  const path = pathOf(request.url);
  const passwordField = request.credentials?.some(({ method }) => FIELDS.has(method)) ?? false;
  const cookie = request.cookies?.some(isSessionCookie) ?? false;
  const key = [
    request.http_method,
    request.hostname,
    pathPattern(path),
    request.authorization?.scheme,
    cookie,
    passwordField,
    request.http_user_agent,
    request.content_type,
    answer?.status,
    answer?.server,
    answer?.http_content_type,
    answer?.login_form,
  ].join('\n');
  const record = into.note('http', parties, at, key, () => ({
    method: request.http_method,
    host: request.hostname,
    path,
    userAgent: request.http_user_agent,
    authorization: request.authorization?.scheme,
    cookie,
    cookieNames: request.cookies ?? [],
    passwordField,
    requestType: request.content_type,
    requestBytes: request.length,
    ...answerFields(answer),
  }));
  if (record) {
    if (request.length > record.requestBytes) record.requestBytes = request.length;
    if (answer && answer.length > record.responseBytes) record.responseBytes = answer.length;
    maskIn(record, at, request[BEHIND].wire);
    // One answer is enough of a proof; the others are alike.
    if (answer && answeredAt && record.count === 1) {
      addProof(record, answeredAt);
      maskIn(record, answeredAt, answer[BEHIND].wire);
    }
  }
  noteSignIns(request, answer, path, parties, at, into);
  const { portMapping, bodyAt } = request[BEHIND];
  if (portMapping)
    notePortMapping(portMapping, answer?.status, parties, bodyAt ?? at, answeredAt, into);
  noteManagement(request, answer, path, parties, at, answeredAt, into);
  if (request.soap_action) noteSoapControl(request, answer?.status, parties, at, answeredAt, into);
}

/** An answer whose request was not seen: what the server says of itself still counts. */
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
    requestType: undefined,
    requestBytes: 0,
    ...answerFields(answer),
  }));
  maskIn(record, at, answer[BEHIND].wire);
}

type AnswerFields = Pick<
  HttpFields,
  | 'status'
  | 'product'
  | 'wwwAuthenticate'
  | 'responseType'
  | 'responseBytes'
  | 'responseEncoding'
  | 'location'
  | 'title'
  | 'loginForm'
  | 'upnpDescription'
>;

function answerFields(answer: HttpResponseEvent | undefined): AnswerFields {
  return {
    status: answer?.status,
    product: answer?.server,
    wwwAuthenticate: answer?.www_authenticate,
    responseType: answer?.http_content_type,
    responseBytes: answer?.length ?? 0,
    responseEncoding: answer?.content_encoding,
    location: answer?.redirect,
    title: answer?.title,
    loginForm: answer?.login_form ?? false,
    upnpDescription: descriptionOf(answer),
  };
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
