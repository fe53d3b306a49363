/** Folds FTP commands and replies into sessions, sign-ins and transfers. */

import { Secret } from '../../base/index.ts';
import {
  type FtpCommandEvent,
  type FtpDataEvent,
  type FtpEvent,
  REPLY,
} from '../decode/ftp/events.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type LoginFields, type Observations } from '../observations.ts';
import { noteLogin } from './login.ts';
import type { Observer } from './observer.ts';

const TEXT_CHARACTERS_MAX = 256;
const FILE_COMMANDS = new Set(['RETR', 'STOR', 'STOU', 'APPE']);

interface Session {
  banner: string | undefined;
  user: string | undefined;
  /** USER was sent, and PASS did not follow yet. */
  userAt: PacketRef | undefined;
  secured: boolean;
  password: Secret | undefined;
  passwordAt: PacketRef | undefined;
  first: PacketRef;
}

export const ftpObserver: Observer = {
  protocols: ['ftp', 'ftp_data'],

  event(
    appEvent: AppEvent,
    _direction: Direction,
    flow: Flow,
    at: PacketRef,
    into: Observations,
  ): void {
    const event = appEvent as FtpEvent;
    if (event.event === 'malformed') return;
    if (event.event === 'transfer') {
      dataTransfer(event, flow, at, into);
      return;
    }
    flow.session ??= {
      banner: undefined,
      user: undefined,
      userAt: undefined,
      secured: false,
      password: undefined,
      passwordAt: undefined,
      first: at,
    } satisfies Session;
    const session = flow.session as Session;
    if (event.event === 'command') command(session, event, flow, at, into);
    else if (event.completion_code[0] === '220')
      session.banner ??= event.reply.join(' ').slice(0, TEXT_CHARACTERS_MAX);
  },

  close(flow: Flow, _at: PacketRef, into: Observations): void {
    const session = flow.session as Session | undefined;
    if (!session) return;
    const { banner, user, secured, password } = session;
    const passwordSent = session.passwordAt !== undefined;
    const key = [banner, user, secured, passwordSent].join('\n');
    const record = into.note(
      'ftp',
      flow,
      session.passwordAt ?? session.userAt ?? session.first,
      key,
      () => ({
        banner,
        user,
        secured,
        passwordSent,
      }),
    );
    if (record && password && record.packets.includes(session.passwordAt as PacketRef))
      record.secrets.push(password);
  },
};

function command(
  session: Session,
  event: FtpCommandEvent,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const code = event.completion_code.at(-1) ?? '';
  if (event.command === 'USER') {
    session.user =
      typeof event.command_data === 'string' ? event.command_data.slice(0, 128) : undefined;
    session.userAt ??= at;
    // 230 without a password: the name alone was enough. 530: this name may not even try.
    if (code === '230' || code === '530' || code === '532')
      noteLogin(into, flow, at, {
        ...LOGIN,
        user: session.user,
        secret: undefined,
        outcome: code === '230' ? 'accepted' : 'refused',
      });
  } else if (event.command === 'PASS') {
    const secret = event.command_data instanceof Secret ? event.command_data : undefined;
    session.password ??= secret;
    session.passwordAt ??= at;
    const record = noteLogin(into, flow, at, {
      ...LOGIN,
      user: session.user,
      secret,
      outcome: outcomeOf(code),
    });
    const replyAt = event[REPLY].at;
    if (record && replyAt) addProof(record, replyAt);
  } else if (event.command === 'AUTH') {
    if (code === '234' && session.userAt === undefined) session.secured = true;
  } else if (FILE_COMMANDS.has(event.command)) controlTransfer(event, code, flow, at, into);
}

const LOGIN = { protocol: 'ftp', method: 'user_pass', target: undefined } as const;

function outcomeOf(code: string): LoginFields['outcome'] {
  if (code === '230' || code === '202') return 'accepted';
  return code.startsWith('4') || code.startsWith('5') ? 'refused' : 'unknown';
}

/** A file whose data connection was not seen: all that is known is its name, and that it arrived. */
function controlTransfer(
  event: FtpCommandEvent,
  code: string,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  if (event[REPLY].dataSeen || (code !== '226' && code !== '250')) return;
  const name =
    typeof event.command_data === 'string' ? event.command_data.slice(0, TEXT_CHARACTERS_MAX) : '';
  const toClient = event.command === 'RETR';
  const size = /\((\d{1,15}) bytes/i.exec(event.reply.join(' '))?.[1];
  into.note('transfer', flow, at, `${name}\n\n${toClient}`, () => ({
    protocol: 'ftp',
    name,
    toClient,
    bytes: size === undefined ? 0 : Number(size),
    contentType: undefined,
    magic: undefined,
  }));
}

/** In the record `client` and `server` are those of the data connection, which the FTP server opens in active mode. */
function dataTransfer(event: FtpDataEvent, flow: Flow, at: PacketRef, into: Observations): void {
  if (!FILE_COMMANDS.has(event.command ?? '') || event.length === 0) return;
  const name = (event.filename ?? '').slice(0, TEXT_CHARACTERS_MAX);
  const toClient = event.sent_by === 'server';
  const record = into.note(
    'transfer',
    flow,
    at,
    `${name}\n${event.magic ?? ''}\n${toClient}`,
    () => ({
      protocol: 'ftp',
      name,
      toClient,
      bytes: event.length,
      contentType: undefined,
      magic: event.magic,
    }),
  );
  if (record && event.length > record.bytes) record.bytes = event.length;
}
