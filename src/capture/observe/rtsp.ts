/** Folds RTSP requests and their answers into exchanges, and finds sign-ins and media streams in them. */
import { PROOF } from '../decode/http/secrets.ts';
import { expectedOf, mediaText } from '../decode/rtp/media.ts';
import {
  BEHIND,
  type RtspEvent,
  type RtspInterleavedEvent,
  type RtspRequestEvent,
  type RtspResponseEvent,
} from '../decode/rtsp/events.ts';
import { readTransport } from '../decode/rtsp/transport.ts';
import type { SessionDescription } from '../decode/sdp.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type LoginFields, type Observations } from '../observations.ts';
import { pathOf, pathPattern } from './http/path.ts';
import { noteIdentification } from './identification.ts';
import { maskIn, noteLogin } from './login.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';
import { digestProof } from './password-proof.ts';

const WAITING_MAX = 64;
const CHANNELS_MAX = 16;
const MEDIA_MAX = 8;

interface Waiting {
  readonly request: RtspRequestEvent;
  readonly direction: Direction;
  readonly at: PacketRef;
}
interface Session {
  readonly waiting: Waiting[];
  /** Scheme of the last sign-in that was accepted on this connection. */
  authorized: string | undefined;
  description: SessionDescription | undefined;
  /** By interleaved channel: the profile agreed on, and the medium's place in the description. */
  readonly channels: Map<number, { readonly profile: string; readonly medium: number }>;
  setups: number;
}

export const rtspObserver: Observer = {
  protocols: ['rtsp'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as RtspEvent;
    const session = sessionOf(flow);
    switch (event.event) {
      case 'request':
        if (session.waiting.length >= WAITING_MAX)
          exchange(session, session.waiting.shift() as Waiting, undefined, at, flow, into);
        session.waiting.push({ request: event, direction, at });
        return;
      case 'response':
        answered(session, event, direction, at, flow, into);
        return;
      case 'interleaved_data':
        interleaved(session, event, direction, at, flow, into);
    }
  },

  close(flow, at, into) {
    const session = sessionOf(flow);
    for (const waiting of session.waiting.splice(0))
      exchange(session, waiting, undefined, at, flow, into);
  },
};

function sessionOf(flow: Flow): Session {
  flow.session ??= {
    waiting: [],
    authorized: undefined,
    description: undefined,
    channels: new Map(),
    setups: 0,
  } satisfies Session;
  return flow.session as Session;
}

function answered(
  session: Session,
  response: RtspResponseEvent,
  direction: Direction,
  at: PacketRef,
  flow: Flow,
  into: Observations,
): void {
  if (response.sdp) session.description = response.sdp;
  const { request } = response[BEHIND];
  const place = session.waiting.findIndex((waiting) => waiting.request === request);
  if (place < 0) return;
  for (const waiting of session.waiting.splice(0, place))
    exchange(session, waiting, undefined, at, flow, into);
  const waiting = session.waiting.shift() as Waiting;
  exchange(session, waiting, response, at, flow, into);
  if (response.server && direction !== waiting.direction)
    noteIdentification(
      into,
      senderAsClient(flow, waiting.direction),
      at,
      'rtsp',
      {},
      {
        server: response.server,
      },
    );
  if (request?.method === 'SETUP' && response.status < 300) setUp(session, request, response);
}

function exchange(
  session: Session,
  { request, direction, at }: Waiting,
  response: RtspResponseEvent | undefined,
  answeredAt: PacketRef,
  flow: Flow,
  into: Observations,
): void {
  const parties = senderAsClient(flow, direction);
  const path = pathOf(request.uri);
  const { secretPath, wire } = request[BEHIND];
  const authorization = request.authorization?.scheme ?? session.authorized;
  const credentialInUrl =
    secretPath || (request.credentials?.some(({ method }) => method === 'url') ?? false);
  const fields = {
    method: request.method,
    path,
    status: response?.status,
    authorization,
    credentialInUrl,
    // A session of another connection, or of before, may have been guarded there.
    midstream: !flow.openingSeen,
    product: response?.server,
    userAgent: request.user_agent,
    realm: /realm\s*=\s*"([^"]{0,128})"/i.exec(response?.www_authenticate ?? '')?.[1],
    media: mediaOf(response?.sdp ?? request.sdp),
  };
  const key = JSON.stringify({ ...fields, path: pathPattern(path) });
  const record = into.note('rtsp', parties, at, key, () => fields);
  maskIn(record, at, wire);
  if (record && response && record.count === 1) {
    addProof(record, answeredAt);
    maskIn(record, answeredAt, response[BEHIND].wire);
  }
  const accepted = response !== undefined && response.status >= 200 && response.status < 300;
  if (accepted && request.authorization) session.authorized = request.authorization.scheme;
  const outcome = outcomeOf(request, response);
  for (const credential of request.credentials ?? []) {
    const { method, username: user, secret } = credential;
    const proof = digestProof(request.method, credential[PROOF]);
    const login = { protocol: 'rtsp', method, user, secret, outcome, target: path, proof };
    noteLogin(into, parties, at, login, wire);
  }
}

/** OPTIONS is answered to anybody, so it proves nothing. */
function outcomeOf(
  { method }: RtspRequestEvent,
  response: RtspResponseEvent | undefined,
): LoginFields['outcome'] {
  if (!response) return 'unknown';
  const { status, www_authenticate } = response;
  if (www_authenticate && /\bstale\s*=\s*"?true/i.test(www_authenticate)) return 'unknown';
  if (status === 401 || status === 403) return 'refused';
  return status >= 200 && status < 300 && method !== 'OPTIONS' ? 'accepted' : 'unknown';
}

function mediaOf(sdp: SessionDescription | undefined): string[] {
  return (sdp?.m ?? []).slice(0, MEDIA_MAX).map((media) => mediaText(media, sdp ?? {}));
}

/** RFC 2326, 12.39: media on channels of this connection. */
function setUp(session: Session, request: RtspRequestEvent, response: RtspResponseEvent): void {
  const transport = readTransport(response.transport ?? request.transport ?? '');
  const medium = session.setups++;
  if (!transport?.channels || session.channels.size >= CHANNELS_MAX) return;
  const media = session.description?.m ?? [];
  const named = media.findIndex(({ a = [] }) =>
    a.some((line) => {
      const control = /^control:(?!\*$)(.+)$/.exec(line)?.[1];
      return control !== undefined && request.uri.endsWith(control);
    }),
  );
  const place = { profile: transport.profile, medium: named < 0 ? medium : named };
  session.channels.set(transport.channels[0], place);
}

function interleaved(
  session: Session,
  event: RtspInterleavedEvent,
  direction: Direction,
  at: PacketRef,
  flow: Flow,
  into: Observations,
): void {
  const { channel, packets, payload_type: payloadType } = event;
  if (payloadType === undefined) return;
  const agreed = session.channels.get(channel);
  const description = session.description;
  const medium = agreed && description?.m?.[agreed.medium];
  const expected = agreed && expectedOf(medium, description, agreed.profile);
  const fields = {
    media: expected?.media,
    payloadType,
    encoding: expected?.encodings.get(payloadType),
    profile: expected?.profile,
    protection: expected ? (expected.encrypted ? 'encrypted' : 'clear') : 'unknown',
    carriage: 'rtsp',
  } as const;
  const record = into.note(
    'media_stream',
    senderAsClient(flow, direction),
    at,
    JSON.stringify(fields),
    () => ({
      ...fields,
      packetsSeen: 0,
    }),
  );
  if (record) record.packetsSeen += packets;
}
