import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import type { Direction, Flow } from '../decoder.ts';
import { mailObserver } from '../observe/mail.ts';
import { pop3Decoder } from './pop3.ts';
import { Feed, packet, testFlow } from './testing.ts';

const lines = (...each: string[]): Buffer =>
  Buffer.from(each.map((line) => `${line}\r\n`).join(''), 'latin1');
const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');
const feed = () => new Feed(pop3Decoder, { serverPort: 110 }, mailObserver);
/** `>` the client, `<` the server, a packet each. */
function talk(...turns: string[]): Feed {
  const session = feed();
  for (const [i, turn] of turns.entries())
    session.data(lines(turn.slice(1)), turn.startsWith('<') ? 1 : 0, packet(i + 1));
  return session.close();
}
const recognise = (text: string, direction: Direction = 0, flow: Partial<Flow> = {}) => {
  const bytes = Buffer.from(text, 'latin1');
  const there = { serverPort: 9_999, ...flow };
  return pop3Decoder.recognise(bytes, 0, bytes.length, direction, testFlow(there));
};
/** As much was sent each way. */
const payload = (client: number, server: number) => ({
  payloadBytes: (direction: Direction) => (direction === 0 ? client : server),
});

describe('recognition', () => {
  it('knows a greeting by the protocol’s name, and its own words', () => {
    expect(recognise('+OK POP3 server ready\r\n', 1)).toBe('yes');
    expect(recognise('+OK ready\r\n', 1, { serverPort: 110 })).toBe('yes');
    for (const text of ['CAPA', 'stls', 'APOP a 0123', 'UIDL'])
      expect(recognise(`${text}\r\n`)).toBe('yes');
    expect(recognise('USER a\r\n', 0, payload(0, 20))).toBe('yes');
  });

  it('waits where others say the same', () => {
    expect(recognise('+OK ready\r\n', 1)).toBe('more');
    for (const text of ['+', '+O', '+OK ', '-']) expect(recognise(text, 1)).toBe('more');
    for (const text of ['U', 'USER', 'USER a', 'USER a\r\n', 'QUIT\r\n'])
      expect(recognise(text)).toBe('more');
  });

  it('leaves the bytes of other protocols alone', () => {
    expect(recognise('+OK\r\n', 1, payload(30, 5))).toBe('no');
    for (const text of [
      '+OKAY\r\n',
      '+PONG\r\n',
      '-ERR no\r\n',
      '-x',
      '220 ready\r\n',
      '* OK a\r\n',
    ])
      expect(recognise(text, 1), text).toBe('no');
    for (const text of ['EHLO a\r\n', 'NICK a\r\n', 'GET / HTTP/1.1\r\n', 'HELP\r\n'])
      expect(recognise(text), text).toBe('no');
    for (const [name, bytes] of Object.entries(OTHERS))
      expect(recognise(Buffer.from(bytes).toString('latin1')), name).toBe('no');
  });
});

describe('a session', () => {
  it('is told command by command, without the messages', () => {
    const session = talk(
      '<+OK POP3 ready',
      '>CAPA',
      '<+OK list\r\nUSER\r\nSTLS\r\nIMPLEMENTATION Dovecot\r\n.',
      '>USER ann',
      '<+OK',
      '>PASS two words',
      '<+OK in',
      '>RETR 1',
      '<+OK 31 octets\r\nSubject: a\r\n\r\nsecret words\r\n..\r\n.',
      '>LIST 1',
      '<+OK 1 31',
      '>LIST',
      '<+OK\r\n1 31\r\n.',
      '>QUIT',
      '<+OK bye',
    );
    expect(
      session.printed.map(({ event, command, status, response_length }) => [
        ...[event, command, status, response_length],
      ]),
    ).toEqual([
      ['greeting', undefined, '+OK', undefined],
      ['command', 'CAPA', '+OK', 36],
      ['command', 'USER', '+OK', undefined],
      ['command', 'PASS', '+OK', undefined],
      ['command', 'RETR', '+OK', 32],
      ['command', 'LIST', '+OK', undefined],
      ['command', 'LIST', '+OK', 6],
      ['command', 'QUIT', '+OK', undefined],
    ]);
    expect(session.printed[1]).toMatchObject({
      capabilities: ['USER', 'STLS', 'IMPLEMENTATION Dovecot'],
    });
    expect(JSON.stringify(session.printed)).not.toMatch(/secret words|two words/);
  });

  it('hands over after STLS, and only if it is accepted', () => {
    expect(feed().data(lines('STLS'), 0).data(lines('+OK go'), 1).parser.handover).toBe(true);
    expect(feed().data(lines('STLS'), 0).data(lines('-ERR no'), 1).parser.handover).toBe(false);
    const oneWay = feed()
      .data(lines('STLS'), 0)
      .data(Buffer.from([0x16, 3, 1, 0, 5]), 0);
    expect(oneWay.parser.handover).toBe(true);
  });
});

describe('a sign-in', () => {
  const logins = (...turns: string[]) =>
    [...talk(...turns).into.of('login')].map(({ method, user, secret, outcome }) => [
      ...[method, user, secret && Buffer.from(secret.reveal()).toString(), outcome],
    ]);

  it.each([
    ['<+OK', 'accepted'],
    ['<-ERR no', 'refused'],
  ])('ends with %s', (reply, outcome) => {
    expect(logins('>USER ann', '<+OK', '>PASS two words', reply)).toEqual([
      ['user_pass', 'ann', 'two words', outcome],
    ]);
    expect(logins('>APOP ann 0123456789abcdef', reply)).toEqual([
      ['apop', 'ann', undefined, outcome],
    ]);
    expect(logins(`>AUTH PLAIN ${base64('\0ann\0pw')}`, reply)).toEqual([
      ['plain', 'ann', 'pw', outcome],
    ]);
    expect(logins('>AUTH PLAIN', '<+ ', `>${base64('\0ann\0pw')}`, reply)).toEqual([
      ['plain', 'ann', 'pw', outcome],
    ]);
  });

  it('is open where the answer is missing, and masked in its packet', () => {
    expect(logins('>USER ann', '<+OK', '>PASS pw')).toEqual([
      ['user_pass', 'ann', 'pw', 'unknown'],
    ]);
    const [record] = talk('>USER ann', '<+OK', '>PASS pw', '<+OK').into.of('mail');
    expect(record!.packets[0]!.packet).toBe(3);
    expect(record!.secrets.length).toBe(1);
  });
});

describe('what is observed of a session', () => {
  it('is banner, offer of TLS, product and messages', () => {
    const turns = ['<+OK ready', '>CAPA', '<+OK\r\nSTLS\r\nIMPLEMENTATION Qpopper 4.0\r\n.'];
    const { into } = talk(...turns, '>RETR 1', '<+OK\r\nx\r\n.');
    expect([...into.of('mail')]).toMatchObject([
      { protocol: 'pop3', banner: 'ready', tlsOffered: true, secured: false, messages: 1 },
    ]);
    expect([...into.of('identification')]).toMatchObject([{ more: { product: 'Qpopper 4.0' } }]);
  });
});

describe('the challenge of a greeting', () => {
  it('does not set sessions apart', () => {
    const [session] = talk('<+OK POP3 ready <1896.697170952@mail.example.com>', '>QUIT').into.of(
      'mail',
    );
    expect(session!.banner).toBe('POP3 ready');
  });
});

describe('malformed', () => {
  it.each([
    ['invalid command', '>\x01\x02'],
    ['no status', '<hello'],
    ['line too long', `>USER ${'a'.repeat(5_000)}`],
  ])('%s', (reason, turn) => {
    expect(talk(turn).printed[0]).toMatchObject({ event: 'malformed', reason });
  });
});

describe('hostile input', () => {
  it('does no harm', () => {
    expectUnharmed({
      decoder: pop3Decoder,
      flow: { serverPort: 110 },
      observer: mailObserver,
      samples: [
        lines('CAPA', 'USER a', 'PASS b', `AUTH PLAIN ${base64('\0u\0p')}`, 'RETR 1', 'QUIT'),
        lines('+OK ready', '+OK', 'STLS', '.', '+OK', '-ERR', '+ ', '+OK'),
      ],
    });
  });
});
