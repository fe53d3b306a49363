/**
 * Weighs the credentials of a request by the answer to it, and by what the same server gives to others: a guess that
 * was refused, or a page that is open to everybody, is no sign-in.
 */
import { BEHIND, type HttpRequestEvent, type HttpResponseEvent } from '../../decode/http/events.ts';
import { isSessionCookie, PROOF } from '../../decode/http/secrets.ts';
import type { PacketRef } from '../../decoder.ts';
import type { LoginFields, Observation, Observations, Parties } from '../../observations.ts';
import { noteLogin } from '../login.ts';
import { digestProof } from '../password-proof.ts';

/** Servers of which something is remembered, and pages of one. */
const SERVERS_MAX = 10_000;
const PAGES_MAX = 256;

type Answer = HttpResponseEvent | undefined;
type Outcome = LoginFields['outcome'];

/** What is known of one server. */
interface Server {
  /** It asked for credentials, so it has pages that are protected. */
  challenged: boolean;
  /** Pages that it gave to somebody without credentials. */
  readonly open: Set<string>;
  /** Sign-ins that its answers seem to accept, by page: unless the page turns out to be open. */
  readonly accepted: Map<string, Observation<'login'>>;
}

/** The servers of each run. */
const servers = new WeakMap<Observations, Map<string, Server>>();

/** Notes every credential of a request, and learns from the answer. */
export function noteSignIns(
  request: HttpRequestEvent,
  answer: Answer,
  path: string,
  parties: Parties,
  at: PacketRef,
  into: Observations,
): void {
  const server = serverOf(into, parties);
  const { wire, bodyAt } = request[BEHIND];
  for (const credential of request.credentials ?? []) {
    const { method, username: user, secret } = credential;
    const outcome = outcomeOf(method, answer, path, server);
    const proof = digestProof(request.http_method, credential[PROOF]);
    const login = { protocol: 'http', method, user, secret, outcome, target: path, proof };
    const record = noteLogin(into, parties, method === 'form' ? (bodyAt ?? at) : at, login, wire);
    if (!record || outcome !== 'accepted' || request.authorization?.scheme !== method) continue;
    if (server && server.accepted.size < PAGES_MAX) server.accepted.set(path, record);
  }
  if (server && answer) learn(server, path, request, answer);
}

function serverOf(into: Observations, parties: Parties): Server | undefined {
  let known = servers.get(into);
  if (!known) {
    known = new Map();
    servers.set(into, known);
  }
  const key = `${parties.server} ${parties.serverPort}`;
  let server = known.get(key);
  if (!server && known.size < SERVERS_MAX) {
    server = { challenged: false, open: new Set(), accepted: new Map() };
    known.set(key, server);
  }
  return server;
}

/** Remembers which pages a server protects, and which it gives to anybody. */
function learn(
  server: Server,
  path: string,
  request: HttpRequestEvent,
  answer: HttpResponseEvent,
): void {
  if (answer.status === 401 || answer.status === 407) server.challenged = true;
  if (answer.status >= 300 || request.credentials || request.cookies) return;
  if (server.open.size >= PAGES_MAX) return;
  server.open.add(path);
  const mistaken = server.accepted.get(path);
  if (mistaken) mistaken.outcome = 'unknown';
  server.accepted.delete(path);
}

function outcomeOf(method: string, answer: Answer, path: string, server?: Server): Outcome {
  if (!answer) return 'unknown';
  if (method === 'form' || method === 'url') return formOutcome(answer);
  if (method === 'cookie' || method === 'token') return sessionOutcome(answer);
  return authorizationOutcome(answer, path, server);
}

/** A page that is closed to others proves that somebody was let in; one that any visitor gets proves nothing. */
function authorizationOutcome(answer: HttpResponseEvent, path: string, server?: Server): Outcome {
  const { status, www_authenticate, login_form } = answer;
  // Digest: the nonce was too old, the password may be right (RFC 7616, 3.3).
  if (www_authenticate && /\bstale\s*=\s*"?true/i.test(www_authenticate)) return 'unknown';
  if (status === 401 || status === 403 || status === 407) return 'refused';
  if (status < 200 || status >= 400 || login_form || server?.open.has(path)) return 'unknown';
  return status < 300 || server?.challenged ? 'accepted' : 'unknown';
}

/** A sign-in form: let in where a session begins, turned away where the form comes again. */
function formOutcome({ status, set_cookies, redirect, login_form }: HttpResponseEvent): Outcome {
  if (status === 401 || status === 403 || login_form) return 'refused';
  if (status >= 400) return 'unknown';
  const begins = set_cookies?.some(isSessionCookie) ?? false;
  const back = redirect !== undefined && /log_?in|sign_?in|auth|error|fail/i.test(redirect);
  return begins && !back ? 'accepted' : 'unknown';
}

/** That a session goes on proves nothing of how it began. */
function sessionOutcome({ status }: HttpResponseEvent): Outcome {
  return status === 401 || status === 403 ? 'refused' : 'unknown';
}
