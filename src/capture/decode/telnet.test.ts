import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Direction } from '../decoder.ts';
import { telnetDecoder } from './telnet.ts';
import { Feed, testFlow } from './testing.ts';

const feed = () => new Feed(telnetDecoder, { serverPort: 23 });
const latin = (value: string): Buffer => Buffer.from(value, 'latin1');
const recognise = (value: string, direction: Direction = 0, serverPort = 5_555) => {
  const bytes = latin(value);
  return telnetDecoder.recognise(bytes, 0, bytes.length, direction, testFlow({ serverPort }));
};

describe('recognition', () => {
  it('knows negotiation on any port', () => {
    expect(recognise('\xff\xfd\x18\xff\xfd\x20')).toBe('yes');
    expect(recognise('\xff\xfb\x01login: ', 1)).toBe('yes');
    expect(recognise('\xff\xfa\x18\x00xterm\xff\xf0')).toBe('yes');
    expect(recognise('\xff')).toBe('more');
    expect(recognise('\xff\xfd')).toBe('more');
  });

  it('knows a prompt on its port only', () => {
    expect(recognise('\r\nBusyBox\r\ncam login: ', 1, 23)).toBe('yes');
    expect(recognise('Password:', 1, 2323)).toBe('yes');
    expect(recognise('Welcome\r\n', 1, 23)).toBe('more');
    expect(recognise('root\r\n', 0, 23)).toBe('more');
    expect(recognise('cam login: ', 1)).toBe('no');
  });

  it('leaves the bytes of other protocols alone', () => {
    const others = [
      'SSH-2.0-a\r\n',
      'GET / HTTP/1.1\r\n',
      '220 FTP\r\n',
      '\x16\x03\x01',
      '\xff\xd8\xff\xe0',
    ];
    others.push(
      '\xff\xfe\x00\x3c',
      '\xff\xff\xff\xff',
      '\xff\xfd\xaa',
      '\xff\xfb\x3c\x00',
      '\x10\x0e\x00\x04MQTT',
    );
    for (const other of others) {
      expect(recognise(other), JSON.stringify(other)).toBe('no');
      expect(recognise(other, 1), JSON.stringify(other)).toBe('no');
    }
    expect(recognise('\x00\x01\x02\x03', 0, 23)).toBe('no');
  });
});

describe('negotiation', () => {
  it('is told by names, with terminal and environment', () => {
    const session = feed().data(latin('\xff\xfd\x18\xff\xfb\x01\xff\xfe\xfe\xff\xf1'), 1);
    session.data(
      latin(
        '\xff\xfa\x18\x00xterm\xff\xf0\xff\xfa\x27\x00\x00USER\x01-f root\x00API_TOKEN\x01abcdefgh\xff\xf0',
      ),
      0,
    );
    expect(session.printed).toEqual([
      {
        protocol: 'telnet',
        event: 'negotiation',
        options: ['do terminal_type', 'will echo', 'dont option_254'],
      },
      {
        protocol: 'telnet',
        event: 'negotiation',
        options: ['sub terminal_type', 'sub new_environment'],
        terminal_type: 'xterm',
        environment: { USER: '-f root', API_TOKEN: session.secrets.seal('abcdefgh').hash },
      },
    ]);
  });

  it('is not text, but an escaped 255 is', () => {
    const session = feed().data(latin('a\xff\xffb\xff\xfb\x01c'), 0).close();
    expect(session.printed.filter(({ event }) => event === 'data')).toMatchObject([{ length: 4 }]);
  });

  it('without end is malformed', () => {
    const session = feed().data(latin(`\xff\xfa\x18${'a'.repeat(2_000)}`), 0);
    expect(session.printed[0]).toMatchObject({
      event: 'malformed',
      reason: 'subnegotiation too long',
    });
  });

  it('of START_TLS by both hands over', () => {
    const session = feed().data(latin('\xff\xfa\x2e\x01\xff\xf0'), 1);
    expect(session.parser.handover).toBe(false);
    session.data(latin('\xff\xfa\x2e\x01\xff\xf0'), 0);
    expect(session.parser.handover).toBe(true);
  });
});

/** `<` the server, `>` the client, who types a key a packet and is echoed unless it types a password. */
function talk(...turns: string[]): Feed {
  const session = feed();
  let secret = false;
  for (const turn of turns) {
    const said = turn.slice(1);
    if (turn.startsWith('<')) {
      session.data(latin(said), 1);
      secret = /assword/.test(said);
      continue;
    }
    for (const key of said) {
      session.data(latin(key), 0);
      if (!secret) session.data(latin(key === '\r' ? '\r\n' : key), 1);
    }
    if (secret) session.data(latin('\r\n'), 1);
  }
  return session.close();
}
const logins = (...turns: string[]) => {
  const session = talk(...turns);
  return session.printed
    .filter(({ event }) => event === 'login')
    .map(({ username, password, outcome }) => [
      username,
      ['secret', 'wrong', ''].find((clear) => session.secrets.seal(clear).hash === password),
      outcome,
    ]);
};

describe('a sign-in', () => {
  it('is accepted where a shell begins', () => {
    expect(logins('<cam login: ', '>root\r\0', '<Password: ', '>secret\r\0', '<\r\n~ # ')).toEqual([
      ['root', 'secret', 'accepted'],
    ]);
    expect(logins('<Username:', '>admin\r', '<Password:', '>secret\r', '<router>')).toEqual([
      ['admin', 'secret', 'accepted'],
    ]);
    const colours = '\x1b[0;32mcam:~$\x1b[0m ';
    expect(logins('<login: ', '>a\r', '<Password: ', '>secret\r', `<${colours}`)).toEqual([
      ['a', 'secret', 'accepted'],
    ]);
  });

  it('is refused where it is asked for again, or told so and cut off', () => {
    expect(
      logins(
        ...['<login: ', '>root\r', '<Password: ', '>wrong\r', '<Login incorrect\r\n'],
        ...['<cam login: ', '>root\r', '<Password: ', '>secret\r', '<# '],
      ),
    ).toEqual([
      ['root', 'wrong', 'refused'],
      ['root', 'secret', 'accepted'],
    ]);
    expect(logins('<login: ', '>root\r', '<Password: ', '>wrong\r', '<Access denied\r\n')).toEqual([
      ['root', 'wrong', 'refused'],
    ]);
    expect(logins('<Password: ', '>wrong\r', '<Password: ', '>wrong\r', '<Bye')).toMatchObject([
      [undefined, 'wrong', 'refused'],
      [undefined, 'wrong', 'accepted'],
    ]);
  });

  it('is accepted where the client goes on after a greeting, which may speak of the last login', () => {
    const greeting = '<Last login: Mon Nov 23 from a\r\nMenu: 1) Status 2) Reboot\r\nChoice: ';
    expect(logins('<login: ', '>root\r', '<Password: ', '>secret\r', greeting, '>1\r')).toEqual([
      ['root', 'secret', 'accepted'],
    ]);
  });

  it('is open where nothing followed', () => {
    expect(logins('<login: ', '>root\r', '<Password: ', '>secret\r')).toEqual([
      ['root', 'secret', 'unknown'],
    ]);
  });

  it('may be typed with mistakes, or be empty', () => {
    expect(logins('<login: ', '>rooo\x7ft\r', '<Password: ', '>bad\x15secret\r', '<# ')).toEqual([
      ['root', 'secret', 'accepted'],
    ]);
    expect(logins('<login: ', '>root\r', '<Password: ', '>\r', '<# ')).toEqual([
      ['root', '', 'accepted'],
    ]);
  });

  it('never shows what was typed', () => {
    const session = talk('<login: ', '>root\r', '<Password: ', '>secret\r', '<# ', '>id secret\r');
    expect(JSON.stringify(session.events)).not.toContain('secret');
  });
});

describe('hostile input', () => {
  it('never throws and always goes on, whatever the bytes', () => {
    const words = [
      '\xff',
      '\xfa',
      '\xf0',
      '\xfb',
      '\x01',
      'login: ',
      'Password: ',
      '\r',
      'a',
      '# ',
      'denied',
      '\x7f',
    ];
    const stream = fc
      .array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 9 })), { maxLength: 40 })
      .map((parts) => latin(parts.join('')));
    fc.assert(
      fc.property(fc.array(fc.tuple(stream, fc.boolean()), { maxLength: 12 }), (turns) => {
        const session = feed();
        for (const [bytes, server] of turns) session.data(bytes, server ? 1 : 0);
        session.gap(5, 0).close();
        for (const event of session.printed) expect(event.protocol).toBe('telnet');
        for (const [bytes] of turns) recognise(bytes.toString('latin1'), 1, 23);
      }),
      { numRuns: 2_000 },
    );
  });

  it('takes time in proportion to the bytes', () => {
    const session = feed();
    const began = performance.now();
    for (let i = 0; i < 500; i++) session.data(latin('Password: '.repeat(140)), 1);
    for (let i = 0; i < 500; i++) session.data(latin('\xff\xff'.repeat(700)), 0);
    expect(performance.now() - began).toBeLessThan(2_000);
  });
});
