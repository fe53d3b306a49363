import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import type { Direction, Flow } from '../decoder.ts';
import { mailObserver } from '../observe/mail.ts';
import { imapDecoder } from './imap.ts';
import { Feed, packet, testFlow } from './testing.ts';

const lines = (...each: string[]): Buffer =>
  Buffer.from(each.map((line) => `${line}\r\n`).join(''), 'latin1');
const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');
const feed = () => new Feed(imapDecoder, { serverPort: 143 }, mailObserver);
/** `>` the client, `<` the server, a packet each. */
function talk(...turns: string[]): Feed {
  const session = feed();
  for (const [i, turn] of turns.entries())
    session.data(lines(turn.slice(1)), turn.startsWith('<') ? 1 : 0, packet(i + 1));
  return session.close();
}
const recognise = (text: string, direction: Direction = 0, flow: Partial<Flow> = {}) => {
  const bytes = Buffer.from(text, 'latin1');
  const there = { serverPort: 9_999, payloadBytes: () => 9, ...flow };
  return imapDecoder.recognise(bytes, 0, bytes.length, direction, testFlow(there));
};

describe('recognition', () => {
  it('knows a greeting, and commands behind a tag, on any port', () => {
    for (const text of [
      '* OK IMAP4rev1 ready',
      '* OK [CAPABILITY X] hi',
      '* PREAUTH imap',
      '* BYE imap',
    ])
      expect(recognise(`${text}\r\n`, 1)).toBe('yes');
    expect(recognise('* OK ready\r\n', 1, { payloadBytes: () => 0 })).toBe('yes');
    for (const text of ['a1 LOGIN a b', '. CAPABILITY', 'A0001 starttls', '1 ID NIL'])
      expect(recognise(`${text}\r\n`)).toBe('yes');
  });

  it('waits for enough', () => {
    for (const text of ['*', '* ', '* OK', '* OK rea']) expect(recognise(text, 1)).toBe('more');
    for (const text of ['a', 'a1', 'a1 ', 'a1 LOG', 'a1 LOGIN a'])
      expect(recognise(text)).toBe('more');
  });

  it('leaves the bytes of other protocols alone', () => {
    for (const text of ['* HELLO\r\n', '*1\r\n$4\r\nPING\r\n', '220 a\r\n', '+OK\r\n'])
      expect(recognise(text, 1), text).toBe('no');
    for (const text of [
      'GET / HTTP/1.1\r\n',
      'USER guest 0\r\n',
      'EHLO a\r\n',
      'a1 HELLO\r\n',
      'GET LIST\r\n',
    ])
      expect(recognise(text), text).toBe('no');
    for (const [name, bytes] of Object.entries(OTHERS))
      expect(recognise(Buffer.from(bytes).toString('latin1')), name).toBe('no');
  });
});

describe('a session', () => {
  it('is told command by command, without the messages', () => {
    const session = talk(
      '<* OK IMAP4rev1 ready',
      '>a1 CAPABILITY',
      '<* CAPABILITY IMAP4rev1 STARTTLS\r\na1 OK done',
      '>a2 LOGIN ann "two \\"words\\""',
      '<a2 OK in',
      '>a3 SELECT INBOX',
      '<* 3 EXISTS\r\na3 OK done',
      '>a4 UID FETCH 1 BODY[]',
      '<* 1 FETCH (BODY[] {29}\r\na4 OK no\r\n* BYE\r\nsecret word UID 1)\r\na4 OK done',
      '>a5 LOGOUT',
      '<* BYE\r\na5 OK bye',
    );
    expect(
      session.printed.map(({ event, command, status, text }) => [event, command ?? text, status]),
    ).toEqual([
      ['greeting', 'IMAP4rev1 ready', 'OK'],
      ['capability', 'IMAP4rev1 STARTTLS', undefined],
      ['command', 'CAPABILITY', 'OK'],
      ['command', 'LOGIN', 'OK'],
      ['command', 'SELECT', 'OK'],
      ['command', 'UID FETCH', 'OK'],
      ['bye', '', undefined],
      ['command', 'LOGOUT', 'OK'],
    ]);
    expect(session.printed[4]).toMatchObject({ command_data: 'INBOX' });
    expect(JSON.stringify(session.printed)).not.toMatch(/secret word|two |words/);
  });

  it('may append a message and wait for news', () => {
    const session = talk(
      ...['>a1 APPEND Sent {12}', '<+ go', '>a2 NOOP b c\r\n', '<a1 OK done'],
      ...['>a3 IDLE', '<+ idling', '>DONE', '<a3 OK done'],
    );
    expect(session.printed.map(({ command }) => command)).toEqual(['APPEND', 'IDLE']);
  });

  it('hands over after STARTTLS, and only if it is accepted', () => {
    expect(feed().data(lines('a STARTTLS'), 0).data(lines('a OK go'), 1).parser.handover).toBe(
      true,
    );
    expect(feed().data(lines('a STARTTLS'), 0).data(lines('a NO'), 1).parser.handover).toBe(false);
    const oneWay = feed()
      .data(lines('a STARTTLS'), 0)
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
    ['<a OK in', 'accepted'],
    ['<a NO [AUTHENTICATIONFAILED]', 'refused'],
    ['<a BAD what', 'refused'],
  ])('ends with %s', (reply, outcome) => {
    expect(logins('>a LOGIN ann pw', reply)).toEqual([['login', 'ann', 'pw', outcome]]);
    expect(logins('>a LOGIN "ann" "p \\"w"', reply)).toEqual([['login', 'ann', 'p "w', outcome]]);
    const proof = base64('\0ann\0pw');
    expect(logins(`>a AUTHENTICATE PLAIN ${proof}`, reply)).toEqual([
      ['plain', 'ann', 'pw', outcome],
    ]);
    expect(logins('>a AUTHENTICATE PLAIN', '<+ ', `>${proof}`, reply)).toEqual([
      ['plain', 'ann', 'pw', outcome],
    ]);
  });

  it('may send its arguments as literals, in any pieces', () => {
    const all = Buffer.from('a LOGIN {3+}\r\nann {7}\r\ntwo wor\r\nb NOOP\r\n');
    for (let cut = 0; cut <= all.length; cut++) {
      const session = feed().data(all.subarray(0, cut), 0).data(all.subarray(cut), 0);
      session.data(lines('a OK', 'b OK'), 1).close();
      expect([...session.into.of('login')]).toMatchObject([{ user: 'ann', outcome: 'accepted' }]);
      const { secret } = session.into.of('login')[0]!;
      expect(Buffer.from(secret!.reveal()).toString()).toBe('two wor');
    }
  });

  it('whose literal is refused leaves the next command alone', () => {
    expect(logins('>a LOGIN {3}', '<a NO no', '>b LOGIN ann pw', '<b OK')).toEqual([
      ['login', 'ann', 'pw', 'accepted'],
    ]);
  });

  it('is sealed and listed for masking in its packet', () => {
    const session = talk('<* OK', '>a LOGIN ann hunter2', '<a OK');
    expect(JSON.stringify(session.printed)).not.toContain('hunter2');
    const [record] = session.into.of('mail');
    expect(record!.packets[0]!.packet).toBe(2);
    expect(record!.secrets.length).toBe(1);
  });
});

describe('what is observed of a session', () => {
  it('is banner, offer of TLS, product and fetches', () => {
    const { into } = talk(
      '<* OK [CAPABILITY STARTTLS] Dovecot ready.',
      ...['>a ID NIL', '<* ID ("name" "Dovecot" "version" "2.3.21")\r\na OK'],
      ...['>b FETCH 1 FLAGS', '<b OK'],
    );
    expect([...into.of('mail')]).toMatchObject([
      { protocol: 'imap', tlsOffered: true, secured: false, messages: 1 },
    ]);
    expect([...into.of('identification')]).toMatchObject([{ more: { product: 'Dovecot 2.3.21' } }]);
  });
});

describe('malformed', () => {
  it.each([
    ['invalid command', '>\x01\x02'],
    ['no response', '<"x" y'],
    ['line too long', `>a LOGIN ${'a'.repeat(9_000)}`],
  ])('%s', (reason, turn) => {
    expect(talk(turn).printed[0]).toMatchObject({ event: 'malformed', reason });
  });
});

describe('hostile input', () => {
  it('does no harm', () => {
    expectUnharmed({
      decoder: imapDecoder,
      flow: { serverPort: 143 },
      observer: mailObserver,
      samples: [
        lines(
          'a LOGIN {3+}',
          'ann "b"',
          `b AUTHENTICATE PLAIN ${base64('\0u\0p')}`,
          'c APPEND x {2}',
          'd',
        ),
        lines('* OK ready', 'a OK', '* 1 FETCH (BODY {5}', 'abc)', '* ID ("name" "x")', 'b NO'),
      ],
    });
  });
});
