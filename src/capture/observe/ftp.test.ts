import { describe, expect, it } from 'vitest';
import { ftpDataDecoder, ftpDecoder } from '../decode/ftp.ts';
import { Feed, packet } from '../decode/testing.ts';
import { ftpObserver } from './ftp.ts';

const lines = (...each: string[]): Buffer =>
  Buffer.from(each.map((line) => `${line}\r\n`).join(''));
/** `>` a command, `<` a reply, a packet each. */
function talk(...turns: string[]): Feed {
  const session = new Feed(ftpDecoder, { serverPort: 21, run: {} }, ftpObserver);
  for (const [i, turn] of turns.entries())
    session.data(lines(turn.slice(1)), turn.startsWith('<') ? 1 : 0, packet(i + 1));
  return session.close();
}
const logins = (...turns: string[]) =>
  [...talk(...turns).into.of('login')].map(({ user, secret, outcome }) => [
    user,
    secret && Buffer.from(secret.reveal()).toString(),
    outcome,
  ]);

describe('a sign-in', () => {
  it.each([
    ['<230 in', 'accepted'],
    ['<530 Login incorrect', 'refused'],
    ['<421 Too many', 'refused'],
    ['<332 Need account', 'unknown'],
  ])('that ends with %s', (reply, outcome) => {
    expect(logins('<220 FTP', '>USER bob', '<331 ok', '>PASS pw', reply)).toEqual([
      ['bob', 'pw', outcome],
    ]);
  });

  it('may need no password, or know at once that it is none', () => {
    expect(logins('>USER bob', '<230 in')).toEqual([['bob', undefined, 'accepted']]);
    expect(logins('>USER bob', '<530 no')).toEqual([['bob', undefined, 'refused']]);
  });

  it('is open where the answer is missing', () => {
    expect(logins('>USER bob', '<331 ok', '>PASS pw')).toEqual([['bob', 'pw', 'unknown']]);
  });

  it('is proved by the packet of the password, which is listed for masking', () => {
    const { into } = talk('<220 FTP', '>USER bob', '<331 ok', '>PASS pw', '<230 in');
    for (const kind of ['login', 'ftp'] as const) {
      const [record] = into.of(kind);
      expect(record!.packets[0]!.packet).toBe(4);
      expect(record!.secrets.map((secret) => Buffer.from(secret.reveal()).toString())).toEqual([
        'pw',
      ]);
    }
  });
});

describe('a session', () => {
  it('tells banner, user and that a password was sent in clear', () => {
    const { into } = talk('<220 vsFTPd', '>USER bob', '<331 ok', '>PASS pw', '<230 in');
    expect([...into.of('ftp')]).toMatchObject([
      { banner: 'vsFTPd', user: 'bob', secured: false, passwordSent: true },
    ]);
  });

  it('is secured where AUTH was accepted before USER', () => {
    expect([...talk('<220 FTP', '>AUTH TLS', '<234 go').into.of('ftp')]).toMatchObject([
      { user: undefined, secured: true, passwordSent: false },
    ]);
    expect([
      ...talk('<220 FTP', '>AUTH TLS', '<502 no', '>USER a', '<331 ok').into.of('ftp'),
    ]).toMatchObject([{ user: 'a', secured: false }]);
  });
});

describe('a transfer', () => {
  const transfers = (session: Feed) =>
    [...session.into.of('transfer')].map(({ name, toClient, bytes, magic }) => [
      ...[name, toClient, bytes, magic],
    ]);

  it('whose data was not seen is known by name, and size if the server tells it', () => {
    const got = talk('>RETR a.bin', '<150 Opening data connection (77000 bytes).', '<226 Done');
    expect(transfers(got)).toEqual([['a.bin', true, 77_000, undefined]]);
    expect(transfers(talk('>STOR a.jpg', '<150 ok', '<226 Done'))).toEqual([
      ['a.jpg', false, 0, undefined],
    ]);
    expect(transfers(talk('>RETR a', '<550 no such file'))).toEqual([]);
    expect(transfers(talk('>LIST', '<150 ok', '<226 Done'))).toEqual([]);
  });

  it.each([
    ['passive', '>PASV', '<227 (10,0,0,2,185,13)', 1, { serverPort: 47_373 }],
    [
      ...(['active', '>PORT 10,0,0,1,185,13', '<200 ok', 0] as const),
      { client: 2, server: 1, serverAddress: '10.0.0.1', serverPort: 47_373 },
    ],
  ] as const)(
    'in %s mode is noted once, as the data connection shows it',
    (_mode, ask, reply, sender, fields) => {
      const run = {};
      const control = new Feed(ftpDecoder, { serverPort: 21, run }, ftpObserver);
      control.data(lines(ask.slice(1)), 0).data(lines(reply.slice(1)), 1);
      control.data(lines('RETR fw.trx'), 0).data(lines('150 ok'), 1);
      const payloadBytes = (side: 0 | 1) => (side === sender ? 90_000 : 0);
      const data = new Feed(
        ftpDataDecoder,
        { run, payloadBytes, ...fields },
        ftpObserver,
        control.into,
      );
      data.data(Buffer.concat([Buffer.from('HDR0'), Buffer.alloc(1_000)]), sender).close();
      control.data(lines('226 Done'), 1).close();
      expect(transfers(control)).toEqual([['fw.trx', sender === 1, 90_000, 'trx']]);
    },
  );
});
