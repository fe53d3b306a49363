import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import type { Direction, Flow } from '../decoder.ts';
import { mailObserver } from '../observe/mail.ts';
import { ircDecoder } from './irc.ts';
import { Feed, packet, testFlow } from './testing.ts';

const lines = (...each: string[]): Buffer =>
  Buffer.from(each.map((line) => `${line}\r\n`).join(''), 'latin1');
const feed = () => new Feed(ircDecoder, { serverPort: 6667 }, mailObserver);
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
  return ircDecoder.recognise(bytes, 0, bytes.length, direction, testFlow(there));
};

describe('recognition', () => {
  it('knows what opens a session on any port', () => {
    for (const text of ['NICK bot', 'USER a 0 * :b', 'CAP LS 302'])
      expect(recognise(`${text}\r\n`)).toBe('yes');
    for (const text of [':irc.a 001 bot :hi', ':irc.a NOTICE * :hi'])
      expect(recognise(`${text}\r\n`, 1)).toBe('yes');
  });

  it('waits, off its ports, where others say the same', () => {
    for (const text of ['PASS x', 'USER a', 'STARTTLS', 'PING :a', 'QUIT']) {
      expect(recognise(`${text}\r\n`)).toBe('more');
      if (text !== 'USER a') expect(recognise(`${text}\r\n`, 0, { serverPort: 6667 })).toBe('yes');
    }
    for (const text of ['N', 'NICK', 'NICK a', ':irc.a']) expect(recognise(text)).toBe('more');
  });

  it('leaves the bytes of other protocols alone', () => {
    for (const text of [
      'EHLO a\r\n',
      'GET / HTTP/1.1\r\n',
      'NOTIFY * HTTP/1.1\r\n',
      ': x\r\n',
      ':a b c\r\n',
      'NICK\r\n',
    ])
      expect(recognise(text), text).toBe('no');
    for (const [name, bytes] of Object.entries(OTHERS))
      expect(recognise(Buffer.from(bytes).toString('latin1')), name).toBe('no');
  });
});

describe('a session', () => {
  it('is told message by message, without what people write', () => {
    const session = talk(
      '>NICK bot\r\nUSER bot 0 * :Real Name',
      '<:irc.a 001 bot :Welcome to the network',
      '>JOIN #cmd\r\nPRIVMSG #cmd :attack now',
      '<PING :irc.a',
      '>PONG :irc.a',
    );
    expect(
      session.printed.map(({ prefix, command, params, text_length }) => [
        ...[prefix, command, params, text_length],
      ]),
    ).toEqual([
      [undefined, 'NICK', ['bot'], undefined],
      [undefined, 'USER', ['bot', '0', '*'], 9],
      ['irc.a', '001', ['bot'], 22],
      [undefined, 'JOIN', ['#cmd'], undefined],
      [undefined, 'PRIVMSG', ['#cmd'], 10],
      [undefined, 'PING', ['irc.a'], undefined],
      [undefined, 'PONG', ['irc.a'], undefined],
    ]);
    expect(JSON.stringify(session.printed)).not.toMatch(/attack|Real|Welcome/);
  });

  it('hands over when STARTTLS is accepted', () => {
    expect(feed().data(lines('STARTTLS'), 0).data(lines(':a 670 :go'), 1).parser.handover).toBe(
      true,
    );
    expect(feed().data(lines('STARTTLS'), 0).data(lines(':a 691 :no'), 1).parser.handover).toBe(
      false,
    );
    expect(feed().data(lines(':a 670 :go'), 1).parser.handover).toBe(false);
  });

  it('keeps passwords sealed, of sign-ins and channels', () => {
    const session = talk('>PASS hunter2\r\nNICK bot\r\nJOIN #a s3cret\r\nOPER root toor');
    expect(JSON.stringify(session.printed)).not.toMatch(/hunter2|s3cret|toor/);
    expect(session.printed.map(({ params }) => params)).toEqual([[], ['bot'], ['#a'], ['root']]);
    // What the server says of others is no password.
    expect(talk('<:x!y@z JOIN #a account :Name').printed[0]).not.toHaveProperty('credentials');
  });
});

describe('what is observed', () => {
  it.each([
    ['<:irc.a 001 bot :hi', 'accepted'],
    ['<:irc.a 464 bot :no', 'refused'],
    ['<:irc.a 432 bot :what', 'unknown'],
  ])('is a sign-in that ends with %s', (reply, outcome) => {
    const { into } = talk('>PASS hunter2', '>NICK bot', reply);
    expect([...into.of('login')]).toMatchObject([
      { protocol: 'irc', method: 'pass', user: 'bot', outcome },
    ]);
    expect([...into.of('mail')]).toMatchObject([{ protocol: 'irc', method: 'pass', user: 'bot' }]);
    expect(into.of('mail')[0]!.secrets.length).toBe(1);
  });

  it('is what serves, and whether TLS was taken up', () => {
    const { into } = talk('>STARTTLS', '<:a 670 :go');
    expect([...into.of('mail')]).toMatchObject([{ secured: true, method: undefined }]);
    expect([
      ...talk('>NICK a', '<:x 004 a irc.a ircd-1.1.3 abc def').into.of('mail'),
    ]).toMatchObject([{ banner: 'irc.a ircd-1.1.3' }]);
  });
});

describe('hostile input', () => {
  it('does no harm, and tells what is no message', () => {
    expect(talk('>\x01\x02').printed).toMatchObject([
      { event: 'malformed', reason: 'invalid command' },
    ]);
    expectUnharmed({
      decoder: ircDecoder,
      flow: { serverPort: 6667 },
      observer: mailObserver,
      samples: [
        lines('@time=1 :x PASS a', 'NICK b', 'USER b 0 * :c', 'JOIN #a k', 'STARTTLS'),
        lines(':irc.a 001 b :hi', ':irc.a 670 b :go'),
      ],
    });
  });
});
