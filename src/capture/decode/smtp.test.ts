import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import type { Direction, Flow } from '../decoder.ts';
import { mailObserver } from '../observe/mail.ts';
import { ftpDecoder } from './ftp.ts';
import { smtpDecoder } from './smtp.ts';
import { Feed, packet, testFlow } from './testing.ts';

const lines = (...each: string[]): Buffer =>
  Buffer.from(each.map((line) => `${line}\r\n`).join(''), 'latin1');
const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');
const feed = () => new Feed(smtpDecoder, { serverPort: 25 }, mailObserver);
/** `>` the client, `<` the server, a packet each. */
function talk(...turns: string[]): Feed {
  const session = feed();
  for (const [i, turn] of turns.entries())
    session.data(lines(turn.slice(1)), turn.startsWith('<') ? 1 : 0, packet(i + 1));
  return session.close();
}
const recognise = (text: string, direction: Direction = 0, flow: Partial<Flow> = {}) => {
  const bytes = Buffer.from(text, 'latin1');
  return smtpDecoder.recognise(bytes, 0, bytes.length, direction, testFlow(flow));
};

describe('recognition', () => {
  it('knows a greeting by the protocol’s name, and a hello, on any port', () => {
    expect(recognise('220 mail.example.com ESMTP Postfix\r\n', 1)).toBe('yes');
    expect(recognise('220-mail.example.com smtp ready\r\n', 1)).toBe('yes');
    expect(recognise('554 mail.example.com SMTP no\r\n', 1)).toBe('yes');
    for (const word of ['EHLO a', 'helo a', 'LHLO a', 'MAIL FROM:<a@b>'])
      expect(recognise(`${word}\r\n`)).toBe('yes');
  });

  it('waits where others say the same', () => {
    for (const text of ['2', '220', '220 ', '220 ready\r\n', '220 mail ESMT'])
      expect(recognise(text, 1)).toBe('more');
    for (const text of ['E', 'EHL', 'EHLO', 'EHLO a', 'QUIT\r\n', 'STARTTLS\r\n', 'AUTH PLAIN\r\n'])
      expect(recognise(text)).toBe('more');
  });

  it('leaves the bytes of other protocols alone', () => {
    for (const text of ['220x\r\n', '200 ok\r\n', '421 bye\r\n', '+OK\r\n', '* OK\r\n'])
      expect(recognise(text, 1)).toBe('no');
    for (const text of [
      'GET / HTTP/1.1\r\n',
      'USER a\r\n',
      'NICK a\r\n',
      'EHLOX a\r\n',
      'EHLO\x01\r\n',
    ])
      expect(recognise(text)).toBe('no');
    for (const [name, bytes] of Object.entries(OTHERS))
      if (name !== 'ftp') expect(recognise(Buffer.from(bytes).toString('latin1')), name).toBe('no');
  });

  it('and FTP’s do not both say yes', () => {
    for (const text of [
      '220 mail ESMTP\r\n',
      '220 FTP ready\r\n',
      '220 ready\r\n',
      'EHLO a\r\n',
      'USER a\r\n',
    ]) {
      const bytes = Buffer.from(text);
      const direction = text.startsWith('2') ? 1 : 0;
      const both = [smtpDecoder, ftpDecoder].map((decoder) =>
        decoder.recognise(bytes, 0, bytes.length, direction, testFlow()),
      );
      expect(both.filter((answer) => answer === 'yes').length, text).toBeLessThan(2);
    }
  });
});

describe('a session', () => {
  it('is told command by command, without the message', () => {
    const session = talk(
      '<220 mx.example.com ESMTP Postfix',
      '>EHLO cam1',
      '<250-mx.example.com\r\n250-STARTTLS\r\n250 SIZE 1000',
      '>MAIL FROM:<cam@example.com>',
      '<250 ok',
      '>DATA',
      '<354 go on',
      '>Subject: motion\r\n\r\nsecret words\r\n..dots\r\n.',
      '<250 queued',
      '>QUIT',
      '<221 bye',
    );
    expect(
      session.printed.map(({ event, command, command_data, completion_code, message_length }) => [
        ...[event, command, command_data, completion_code, message_length],
      ]),
    ).toEqual([
      ['response', undefined, undefined, ['220'], undefined],
      ['command', 'EHLO', 'cam1', ['250', '250', '250'], undefined],
      ['command', 'MAIL', 'FROM:<cam@example.com>', ['250'], undefined],
      ['command', 'DATA', undefined, ['354', '250'], 41],
      ['command', 'QUIT', undefined, ['221'], undefined],
    ]);
    expect(JSON.stringify(session.printed)).not.toContain('secret words');
  });

  it('may send a message in chunks (BDAT), which are passed over', () => {
    const session = talk(
      '>BDAT 30 LAST\r\nQUIT\r\n.\r\nno command\r\nabcdefg\r\nRSET',
      '<250 ok',
      '<250 ok',
    );
    expect(session.printed.map(({ command, message_length }) => [command, message_length])).toEqual(
      [
        ['BDAT', 30],
        ['RSET', undefined],
      ],
    );
  });

  it('goes on where the server wants no message', () => {
    const session = talk('>DATA', '<503 no', '>QUIT', '<221 bye');
    expect(session.printed.map(({ command }) => command)).toEqual(['DATA', 'QUIT']);
  });

  it('may send commands in a row (RFC 2920)', () => {
    const session = talk('>MAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA', '<250 a\r\n550 b\r\n503 c');
    expect(
      session.printed.map(({ command, completion_code }) => [command, completion_code]),
    ).toEqual([
      ['MAIL', ['250']],
      ['RCPT', ['550']],
      ['DATA', ['503']],
    ]);
  });

  it('hands over after STARTTLS, and only if it is accepted', () => {
    expect(feed().data(lines('STARTTLS'), 0).data(lines('220 go'), 1).parser.handover).toBe(true);
    expect(feed().data(lines('STARTTLS'), 0).data(lines('454 no'), 1).parser.handover).toBe(false);
    const oneWay = feed()
      .data(lines('STARTTLS'), 0)
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
    ['<235 ok', 'accepted'],
    ['<535 no', 'refused'],
    ['<454 later', 'refused'],
  ])('by PLAIN ends with %s', (reply, outcome) => {
    const proof = base64('\0cam\0hunter2');
    expect(logins(`>AUTH PLAIN ${proof}`, reply)).toEqual([['plain', 'cam', 'hunter2', outcome]]);
    expect(logins('>AUTH PLAIN', '<334 ', `>${proof}`, reply)).toEqual([
      ['plain', 'cam', 'hunter2', outcome],
    ]);
  });

  it('by LOGIN takes two lines', () => {
    const turns = [
      '<334 VXNlcm5hbWU6',
      `>${base64('cam')}`,
      '<334 UGFzc3dvcmQ6',
      `>${base64('pw')}`,
    ];
    expect(logins('>AUTH LOGIN', ...turns, '<235 ok')).toEqual([
      ['login', 'cam', 'pw', 'accepted'],
    ]);
    expect(logins(`>AUTH LOGIN ${base64('cam')}`, ...turns.slice(2), '<235 ok')).toEqual([
      ['login', 'cam', 'pw', 'accepted'],
    ]);
  });

  it('by a proof tells the user alone', () => {
    const turns = ['<334 PDE+', `>${base64('cam 913c')}`, '<235 ok'];
    expect(logins('>AUTH CRAM-MD5', ...turns)).toEqual([
      ['cram-md5', 'cam', undefined, 'accepted'],
    ]);
    const scram = base64('n,,n=cam,r=fyko');
    expect(logins(`>AUTH SCRAM-SHA-256 ${scram}`, '<334 cg==', '>Yw==', '<235 ok')).toEqual([
      ['scram-sha-256', 'cam', undefined, 'accepted'],
    ]);
  });

  it('by a token seals it', () => {
    const token = base64('user=cam@example.com\x01auth=Bearer ya29.x\x01\x01');
    expect(logins(`>AUTH XOAUTH2 ${token}`, '<235 ok')).toEqual([
      ['xoauth2', 'cam@example.com', 'ya29.x', 'accepted'],
    ]);
  });

  it('may be given up, and no command is taken for a response', () => {
    expect(logins('>AUTH PLAIN', '<334 ', '>*', '<501 gone')).toEqual([
      ['plain', undefined, undefined, 'refused'],
    ]);
    expect(logins('>AUTH PLAIN', '>MAIL FROM:<a@b>')).toEqual([
      ['plain', undefined, undefined, 'unknown'],
    ]);
  });

  it('is sealed in events, and listed for masking in its packet', () => {
    const proof = base64('\0cam\0hunter2');
    const session = talk('<220 ESMTP', '>AUTH PLAIN', '<334 ', `>${proof}`, '<235 ok');
    expect(JSON.stringify(session.printed)).not.toMatch(/hunter2|AGNhbQ/);
    for (const kind of ['login', 'mail'] as const) {
      const [record] = session.into.of(kind);
      expect(record!.packets[0]!.packet).toBe(4);
      const masked = record!.secrets.map((secret) => Buffer.from(secret.reveal()).toString());
      expect(masked).toEqual(expect.arrayContaining(['hunter2', proof]));
    }
  });
});

describe('what is observed of a session', () => {
  it('is banner, offer of TLS, sign-in and messages', () => {
    const session = talk(
      ...['<220 mx ESMTP Exim 4.96', '>EHLO a', '<250-mx\r\n250 STARTTLS'],
      ...[`>AUTH PLAIN ${base64('\0cam\0pw')}`, '<235 ok'],
      ...['>DATA', '<354 go', '>x\r\n.', '<250 ok'],
    );
    expect([...session.into.of('mail')]).toMatchObject([
      {
        protocol: 'smtp',
        banner: 'mx ESMTP Exim 4.96',
        tlsOffered: true,
        secured: false,
        user: 'cam',
        method: 'plain',
        messages: 1,
      },
    ]);
  });

  it('is the banner without the time of day, which would set sessions apart', () => {
    const greeting = '<220 mx ESMTP Exim 4.96; Wed, 25 Nov 2026 03:40:40 +0000 (UTC)';
    expect(talk(greeting).into.of('mail')[0]!.banner).toBe('mx ESMTP Exim 4.96');
  });

  it('is secured where STARTTLS was accepted first', () => {
    expect([...talk('<220 ESMTP', '>STARTTLS', '<220 go').into.of('mail')]).toMatchObject([
      { secured: true, method: undefined },
    ]);
    expect([...talk('<220 ESMTP', '>STARTTLS', '<454 no').into.of('mail')]).toMatchObject([
      { secured: false },
    ]);
  });
});

describe('malformed', () => {
  it.each([
    ['invalid command', '>\x01\x02'],
    ['reply without code', '<hello'],
    ['line too long', `>EHLO ${'a'.repeat(5_000)}`],
  ])('%s', (reason, turn) => {
    expect(talk(turn).printed[0]).toMatchObject({ event: 'malformed', reason });
  });

  it('is not what was lost', () => {
    const session = feed().data(lines('EHLO a'), 0).gap(50, 0).gap(50, 1);
    session.data(lines('rest', 'RSET'), 0).data(lines('rest', '250 ok'), 1).close();
    expect(session.printed.map(({ command }) => command)).toEqual(['EHLO', 'RSET']);
  });
});

describe('hostile input', () => {
  const sent = lines(
    'EHLO a',
    `AUTH PLAIN ${base64('\0u\0p')}`,
    'MAIL FROM:<a@b>',
    'DATA',
    'x',
    '.',
    'QUIT',
  );
  const back = lines('220 ESMTP', '250 a', '235 in', '250 ok', '354 go', '250 done', '221 bye');

  it('reads the same whatever the pieces', () => {
    const all = () => feed().data(lines('220 ESMTP'), 1);
    const expected = all().data(sent, 0).data(back.subarray(11), 1).close().printed;
    for (let cut = 0; cut <= sent.length; cut += 3) {
      const session = all().data(sent.subarray(0, cut), 0).data(sent.subarray(cut), 0);
      expect(session.data(back.subarray(11), 1).close().printed).toEqual(expected);
    }
  });

  it('does no harm', () => {
    expectUnharmed({
      decoder: smtpDecoder,
      flow: { serverPort: 25 },
      observer: mailObserver,
      samples: [sent, back],
    });
  });
});
