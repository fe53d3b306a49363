/**
 * Folds the events of TLS, DTLS and QUIC into handshakes: what was offered, chosen and shown, whether both sides went on
 * to speak encrypted, and how much. Equal handshakes of one client with one server are counted on one observation.
 */

import type { Certificate } from '../decode/tls/certificate.ts';
import type {
  CertificateEvent,
  ClientHelloEvent,
  ServerHelloEvent,
  TlsEvent,
} from '../decode/tls/events.ts';
import { FALLBACK_SCSV } from '../decode/tls/suites.ts';
import { versionNumber, versionRank } from '../decode/tls/versions.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import {
  addProof,
  type CertificateSummary,
  type Observations,
  type TlsClientHello,
  type TlsFields,
  type TlsServerHello,
} from '../observations.ts';
import type { Observer } from './observer.ts';

/** A lower offer within this time after a failure is a retry. */
const RETRY_S = 30;
const FAILURES_MAX = 10_000;
/** Different hellos remembered, so that the thousands of equal ones of a device are one object. */
const HELLOS_MAX = 10_000;
const ALERTS_MAX = 16;
/** 9999-12-31, by which a certificate says that it never expires (RFC 5280, 4.1.2.5). */
const NO_EXPIRY = 253_402_300_799;
const PROOFS_MAX = 8;

/** One handshake of a flow, until the flow ends or another begins on it. */
interface Session {
  readonly dtls: boolean;
  readonly first: PacketRef;
  last: PacketRef;
  clientHello: TlsClientHello | undefined;
  /** A HelloVerifyRequest or HelloRetryRequest was sent, so the client says hello once more. */
  again: boolean;
  serverHello: TlsServerHello | undefined;
  certificates: readonly CertificateSummary[];
  clientCertificates: readonly CertificateSummary[];
  clientCertificateRequested: boolean;
  offeredIdentity: string | undefined;
  pskIdentity: string | undefined;
  readonly alerts: number[];
  resumed: boolean;
  established: boolean;
  /** Payload bytes of each direction before its first application data; -1 without any. */
  readonly before: [number, number];
  readonly proofs: PacketRef[];
}

interface Failure {
  readonly seconds: number;
  readonly rank: number;
}

/** What is remembered between flows of one run. */
interface RunState {
  readonly failures: Map<string, Failure>;
  readonly hellos: Map<string, TlsClientHello>;
}
const runs = new WeakMap<Observations, RunState>();
const summaries = new WeakMap<Certificate, CertificateSummary>();

export const tlsObserver: Observer = {
  protocols: ['tls', 'dtls', 'quic'],
  event(event: AppEvent, direction, flow, at, into) {
    const { protocol } = event;
    let session = flow.session as Session | undefined;
    if (session && event.event === 'client_hello' && isOver(session)) {
      finish(session, flow, into);
      session = undefined;
    }
    session ??= begin(protocol === 'dtls', at);
    flow.session = session;
    session.last = at;
    take(session, event as TlsEvent, direction, flow, at, stateOf(into));
  },
  close(flow, _at, into) {
    const session = flow.session as Session | undefined;
    flow.session = undefined;
    if (session) finish(session, flow, into);
  },
};

function begin(dtls: boolean, at: PacketRef): Session {
  return {
    dtls,
    first: at,
    last: at,
    clientHello: undefined,
    again: false,
    serverHello: undefined,
    certificates: [],
    clientCertificates: [],
    clientCertificateRequested: false,
    offeredIdentity: undefined,
    pskIdentity: undefined,
    alerts: [],
    resumed: false,
    established: false,
    before: [-1, -1],
    proofs: [],
  };
}

/** A ClientHello after this begins another handshake. */
function isOver(session: Session): boolean {
  return session.serverHello !== undefined || session.alerts.length > 0;
}

function take(
  session: Session,
  event: TlsEvent,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  state: RunState,
): void {
  switch (event.event) {
    case 'client_hello':
      session.clientHello ??= clientHello(event, state);
      session.offeredIdentity = event.psk_identities?.[0];
      break;
    case 'server_hello':
      session.serverHello = serverHello(event);
      // TLS 1.3 shows the identity in the offer, and that it was taken in the answer.
      if (event.psk) session.pskIdentity = session.offeredIdentity;
      break;
    case 'client_master_key':
      if (session.serverHello)
        session.serverHello = { ...session.serverHello, cipher: event.cipher };
      break;
    case 'certificate':
      if (direction === 1) session.certificates = chain(event);
      else session.clientCertificates = chain(event);
      break;
    case 'certificate_request':
      session.clientCertificateRequested = true;
      break;
    case 'server_key_exchange':
      if (session.serverHello && event.group !== undefined)
        session.serverHello = { ...session.serverHello, group: event.group };
      return;
    case 'client_key_exchange':
      session.pskIdentity = event.psk_identity;
      if (event.psk_identity === undefined) return;
      break;
    case 'alert':
      if (session.alerts.length < ALERTS_MAX) session.alerts.push(event.code);
      if (event.level === 'fatal' && !session.established) noteFailure(session, flow, state);
      break;
    case 'change_cipher_spec':
      if (event.session_resumed === undefined) return;
      session.resumed = true;
      break;
    case 'established':
      session.established = true;
      session.resumed ||= event.session_resumed;
      break;
    case 'application_data':
      session.before[direction] = flow.payloadBytes(direction) - event.bytes;
      break;
    default:
      return;
  }
  if (session.proofs.length < PROOFS_MAX) session.proofs.push(at);
}

/** Writes the handshake as an observation. */
function finish(session: Session, flow: Flow, into: Observations): void {
  const { clientHello: hello, serverHello: chosen } = session;
  // Encrypted records of a connection that began before the capture show nothing that could be judged.
  if (!hello && !chosen && session.certificates.length === 0 && session.alerts.length === 0) return;
  const state = stateOf(into);
  if (!session.established) noteFailure(session, flow, state);
  const application: [number, number] = [
    applicationBytes(session, flow, 0),
    applicationBytes(session, flow, 1),
  ];
  const retry = isRetry(session, flow, state);
  const record = into.note('tls', flow, session.first, keyOf(session, application, retry), () =>
    fieldsOf(session, retry),
  );
  if (!record) return;
  record.last = session.last;
  record.applicationBytes[0] += application[0];
  record.applicationBytes[1] += application[1];
  for (const proof of session.proofs) addProof(record, proof);
}

/** Everything that a control could judge differently, besides amounts. */
function keyOf(session: Session, application: [number, number], retry: boolean): string {
  const { clientHello: hello, serverHello: chosen } = session;
  return [
    hello ? `${hello.ja3} ${hello.ja4} ${hello.serverName ?? ''} ${hello.ciphers.length}` : '-',
    chosen ? `${chosen.version} ${chosen.cipher} ${chosen.group ?? ''}` : '-',
    session.certificates.map(({ fingerprint }) => fingerprint).join(','),
    session.clientCertificates.map(({ fingerprint }) => fingerprint).join(','),
    session.pskIdentity ?? '',
    session.alerts.join(','),
    (session.clientCertificateRequested ? 1 : 0) |
      (session.resumed ? 2 : 0) |
      (session.established ? 4 : 0) |
      (application[0] > 0 ? 8 : 0) |
      (application[1] > 0 ? 16 : 0) |
      (retry ? 32 : 0),
  ].join('|');
}

function fieldsOf(session: Session, retry: boolean): TlsFields {
  return {
    dtls: session.dtls,
    clientHello: session.clientHello,
    serverHello: session.serverHello,
    certificates: session.certificates,
    clientCertificates: session.clientCertificates,
    clientCertificateRequested: session.clientCertificateRequested,
    resumed: session.resumed,
    established: session.established,
    applicationBytes: [0, 0],
    pskIdentity: session.pskIdentity,
    alerts: session.alerts,
    retry,
  };
}

/** All payload since the first application data, so with record headers, tags and a closing alert. */
function applicationBytes(session: Session, flow: Flow, direction: Direction): number {
  const before = session.before[direction];
  return before < 0 ? 0 : Math.max(0, flow.payloadBytes(direction) - before);
}

function noteFailure(session: Session, flow: Flow, { failures }: RunState): void {
  if (!session.clientHello) return;
  const key = partiesKey(flow);
  failures.delete(key);
  if (failures.size >= FAILURES_MAX) forgetOldest(failures);
  failures.set(key, {
    seconds: session.last.seconds,
    rank: versionRank(session.clientHello.versionMax),
  });
}

/** The client says so itself (RFC 7507), or it offered more a moment ago and failed. */
function isRetry(session: Session, flow: Flow, { failures }: RunState): boolean {
  const { clientHello: hello } = session;
  if (!hello) return false;
  if (hello.ciphers.includes(FALLBACK_SCSV)) return true;
  const failure = failures.get(partiesKey(flow));
  if (!failure || failure.rank <= versionRank(hello.versionMax)) return false;
  const since = session.first.seconds - failure.seconds;
  return since >= 0 && since <= RETRY_S;
}

function partiesKey({ client, server, serverPort, carrier }: Flow): string {
  return `${client} ${server} ${serverPort} ${carrier}`;
}

function stateOf(into: Observations): RunState {
  let state = runs.get(into);
  if (!state) {
    state = { failures: new Map(), hellos: new Map() };
    runs.set(into, state);
  }
  return state;
}

function clientHello(event: ClientHelloEvent, { hellos }: RunState): TlsClientHello {
  const key = `${event.ja3_string ?? event.ciphers.join()} ${event.ja4 ?? event.version} ${event.key_shares.join()} ${event.alpn.join()} ${event.server_name ?? ''}`;
  const known = hellos.get(key);
  if (known) return known;
  const hello: TlsClientHello = {
    versionMax: versionNumber(event.version),
    versions: event.versions.map(versionNumber),
    ciphers: event.ciphers,
    groups: event.groups,
    keyShares: event.key_shares,
    serverName: event.server_name,
    alpn: event.alpn,
    ja3: event.ja3 ?? '',
    ja4: event.ja4 ?? '',
  };
  if (hellos.size >= HELLOS_MAX) forgetOldest(hellos);
  hellos.set(key, hello);
  return hello;
}

function serverHello({ version, cipher, group }: ServerHelloEvent): TlsServerHello {
  return { version: versionNumber(version), cipher, group };
}

function chain(event: CertificateEvent): readonly CertificateSummary[] {
  return event.chain.map(summary);
}

function summary(certificate: Certificate): CertificateSummary {
  const known = summaries.get(certificate);
  if (known) return known;
  const made: CertificateSummary = {
    subject: certificate.subject,
    issuer: certificate.issuer,
    serial: certificate.serial,
    names: certificate.names,
    notBefore: seconds(certificate.not_before) ?? 0,
    notAfter: seconds(certificate.not_after) ?? NO_EXPIRY,
    keyType: certificate.key_type,
    keyBits: certificate.key_bits,
    signature: certificate.signature,
    selfSigned: certificate.self_signed,
    fingerprint: certificate.sha256,
    keyFingerprint: certificate.key_sha256,
  };
  summaries.set(certificate, made);
  return made;
}

/** Undefined for a raw public key, which has no dates. */
function seconds(time: string): number | undefined {
  return time === '' ? undefined : Date.parse(`${time}Z`) / 1000;
}

function forgetOldest(map: Map<string, unknown>): void {
  for (const oldest of map.keys()) {
    map.delete(oldest);
    return;
  }
}
