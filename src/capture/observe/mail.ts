/**
 * Sessions of SMTP, IMAP, POP3 and IRC: what the server says of itself, whether TLS was taken up, and who signed in in
 * clear. A session that turned to TLS before anybody signed in is secured.
 */

import type { Credential } from '../decode/http/secrets.ts';
import type { ImapEvent } from '../decode/mail/imap-events.ts';
import type { IrcEvent } from '../decode/mail/irc-events.ts';
import type { Pop3Event } from '../decode/mail/pop3-events.ts';
import { SIGN_IN, type SignInDetails } from '../decode/mail/sign-in.ts';
import type { SmtpEvent } from '../decode/mail/smtp-events.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type LoginFields, type MailFields, type Observations } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import { maskIn, noteLogin } from './login.ts';
import type { Observer } from './observer.ts';

const TEXT_CHARACTERS_MAX = 256;

/** What greetings have anew each time: the challenge of APOP (RFC 1939), the time of day of SMTP. */
const CHANGING =
  / ?<[^<>\s]{1,128}@[^<>\s]{1,128}>|[,;]? ?[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d [-+]\d{4}(?: \([A-Z]{1,5}\))?/g;

interface Session {
  readonly protocol: MailFields['protocol'];
  readonly first: PacketRef;
  banner: string | undefined;
  tlsOffered: boolean;
  secured: boolean;
  messages: number;
  /** The first sign-in. */
  credential: Credential | undefined;
  details: SignInDetails | undefined;
  /** IRC: a password waits for the welcome. */
  pending: { readonly credential: Credential; readonly at: PacketRef } | undefined;
}

type MailEvent = SmtpEvent | Pop3Event | ImapEvent | IrcEvent;

export const mailObserver: Observer = {
  protocols: ['smtp', 'imap', 'pop3', 'irc'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as MailEvent;
    if (event.event === 'malformed') return;
    flow.session ??= {
      protocol: event.protocol,
      first: at,
      banner: undefined,
      tlsOffered: false,
      secured: false,
      messages: 0,
      credential: undefined,
      details: undefined,
      pending: undefined,
    } satisfies Session;
    const session = flow.session as Session;
    if (event.protocol === 'smtp') smtp(session, event, flow, at, into);
    else if (event.protocol === 'pop3') pop3(session, event, flow, at, into);
    else if (event.protocol === 'imap') imap(session, event, flow, at, into);
    else irc(session, event, direction, flow, at, into);
  },

  close(flow: Flow, _at: PacketRef, into: Observations): void {
    const session = flow.session as Session | undefined;
    if (!session) return;
    const { pending, first, protocol, banner, tlsOffered, secured, credential, details } = session;
    if (pending) signIn(session, pending.credential, 'unknown', undefined, flow, pending.at, into);
    const user = credential?.username ?? pending?.credential.username;
    const method = credential?.method ?? pending?.credential.method;
    const key = [protocol, banner, tlsOffered, secured, user, method].join('\n');
    const at = details?.at ?? pending?.at ?? first;
    const record = into.note('mail', flow, at, key, () => ({
      protocol,
      banner,
      tlsOffered,
      secured,
      user,
      method,
      messages: 0,
    }));
    if (!record) return;
    record.messages += session.messages;
    const secret = credential?.secret ?? pending?.credential.secret;
    if (secret) maskIn(record, at, [secret, ...(details?.wire ?? [])]);
  },
};

function smtp(session: Session, event: SmtpEvent, flow: Flow, at: PacketRef, into: Observations) {
  if (event.event === 'malformed') return;
  if (event.event === 'response') {
    session.banner ??= greeting(event.reply.join(' '));
    return;
  }
  const code = event.completion_code.at(-1) ?? '';
  const { command, reply } = event;
  if (command === 'EHLO') session.tlsOffered ||= reply.some((line) => /^STARTTLS\b/i.test(line));
  else if (command === 'STARTTLS') session.secured ||= code === '220' && !session.credential;
  else if (command === 'DATA' || command === 'BDAT') {
    if (code.startsWith('2') && (command === 'DATA' || /\bLAST$/i.test(event.command_data ?? '')))
      session.messages++;
  }
  // 235 accepts, 535 and its like refuse (RFC 4954, 6).
  const outcome = code === '235' ? 'accepted' : /^[45]/.test(code) ? 'refused' : 'unknown';
  noteAll(session, event, outcome, flow, at, into);
}

function pop3(session: Session, event: Pop3Event, flow: Flow, at: PacketRef, into: Observations) {
  if (event.event === 'malformed') return;
  if (event.event === 'greeting') {
    session.banner ??= greeting(event.reply);
    return;
  }
  const { command, status, capabilities = [] } = event;
  if (command === 'CAPA') {
    session.tlsOffered ||= capabilities.some((line) => /^STLS\b/i.test(line));
    const said = capabilities.find((line) => /^IMPLEMENTATION /i.test(line));
    if (said) identify(said.slice('IMPLEMENTATION '.length), event.protocol, flow, at, into);
  } else if (command === 'STLS') session.secured ||= status === '+OK' && !session.credential;
  else if (command === 'RETR' && status === '+OK') session.messages++;
  const outcome = status === '+OK' ? 'accepted' : status === '-ERR' ? 'refused' : 'unknown';
  noteAll(session, event, outcome, flow, at, into);
}

function imap(session: Session, event: ImapEvent, flow: Flow, at: PacketRef, into: Observations) {
  if (event.event === 'malformed') return;
  if (event.event !== 'command') {
    if (event.event === 'greeting') session.banner ??= greeting(event.text);
    if (event.event === 'id') identify(idText(event.text), event.protocol, flow, at, into);
    session.tlsOffered ||= /\bSTARTTLS\b/i.test(event.text);
    return;
  }
  const { command, status } = event;
  if (command === 'STARTTLS') session.secured ||= status === 'OK' && !session.credential;
  else if (/\bFETCH$/.test(command) && status === 'OK') session.messages++;
  const refused = status === 'NO' || status === 'BAD';
  noteAll(
    session,
    event,
    status === 'OK' ? 'accepted' : refused ? 'refused' : 'unknown',
    flow,
    at,
    into,
  );
}

/** A password is accepted when the welcome comes (001), refused with 464. */
function irc(
  session: Session,
  event: IrcEvent,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  if (event.event === 'malformed') return;
  const { command, credentials = [] } = event;
  if (direction === 0) {
    const [credential] = credentials;
    if (credential && command !== 'JOIN') session.pending = { credential, at };
    else if (
      command === 'NICK' &&
      session.pending?.credential.username === undefined &&
      session.pending
    ) {
      const { credential: known, at: then } = session.pending;
      session.pending = { credential: { ...known, username: event.params[0] }, at: then };
    }
    return;
  }
  if (command === '004') session.banner ??= cut(event.params.slice(1, 3).join(' '));
  else if (command === '670') session.secured ||= !session.credential;
  const { pending } = session;
  const outcome =
    command === '001' || command === '381' ? 'accepted' : command === '464' ? 'refused' : undefined;
  if (!pending || !outcome) return;
  session.pending = undefined;
  signIn(session, pending.credential, outcome, undefined, flow, pending.at, into);
}

function noteAll(
  session: Session,
  event: {
    readonly credentials: readonly Credential[] | undefined;
    readonly [SIGN_IN]: SignInDetails;
  },
  outcome: LoginFields['outcome'],
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  for (const credential of event.credentials ?? [])
    signIn(session, credential, outcome, event[SIGN_IN], flow, at, into);
}

function signIn(
  session: Session,
  credential: Credential,
  outcome: LoginFields['outcome'],
  details: SignInDetails | undefined,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const { method, username: user, secret } = credential;
  session.credential ??= credential;
  session.details ??= details ?? { at, replyAt: undefined, wire: [] };
  const record = noteLogin(
    into,
    flow,
    details?.at ?? at,
    { protocol: session.protocol, method, user, secret, outcome, target: undefined },
    details?.wire,
  );
  if (record && details?.replyAt) addProof(record, details.replyAt);
}

/** `("name" "Dovecot" "version" "2.3")` → `Dovecot 2.3`. */
function idText(text: string): string {
  const said = new Map(
    [...text.matchAll(/"([^"]{1,64})"\s+"([^"]{1,128})"/g)].map(([, name, value]) => [
      name?.toLowerCase(),
      value,
    ]),
  );
  return [said.get('name'), said.get('version')].filter(Boolean).join(' ');
}

function identify(
  product: string,
  protocol: string,
  flow: Flow,
  at: PacketRef,
  into: Observations,
) {
  noteIdentification(into, flow, at, protocol, {}, { product: cut(product) });
}

const greeting = (text: string): string => cut(text).replace(CHANGING, '');
const cut = (text: string): string => text.slice(0, TEXT_CHARACTERS_MAX);
