import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../base/index.ts';
import type { Direction } from '../decoder.ts';
import { ftpDataDecoder, ftpDecoder } from './ftp.ts';
import { Feed, testFlow } from './testing.ts';

const lines = (...each: string[]): Buffer =>
  Buffer.from(each.map((line) => `${line}\r\n`).join(''));
const feed = (run?: object) => new Feed(ftpDecoder, { serverPort: 21, ...(run && { run }) });
const recognise = (value: string, direction: Direction = 0, flow = {}) => {
  const bytes = Buffer.from(value, 'latin1');
  return ftpDecoder.recognise(bytes, 0, bytes.length, direction, testFlow(flow));
};

describe('recognition', () => {
  it('knows FTP by its own words, on any port', () => {
    expect(recognise('220 (vsFTPd 3.0.5)\r\n', 1)).toBe('yes');
    expect(recognise('220-Welcome\r\n220 Pure-FTPd\r\n', 1)).toBe('yes');
    expect(recognise('227 Entering Passive Mode (1,2,3,4,5,6)\r\n', 1)).toBe('yes');
    for (const word of ['SYST', 'FEAT', 'PASV', 'CWD /', 'RETR a', 'TYPE I'])
      expect(recognise(`${word}\r\n`)).toBe('yes');
  });

  it('waits where SMTP, POP3 and IRC say the same', () => {
    expect(recognise('220 ready\r\n', 1)).toBe('more');
    expect(recognise('USER admin\r\n')).toBe('more');
    expect(recognise('QUIT\r\n')).toBe('more');
    expect(recognise('AUTH TLS\r\n')).toBe('more');
    const greeted = { payloadBytes: (direction: Direction) => (direction === 1 ? 11 : 0) };
    expect(recognise('USER admin\r\n', 0, greeted)).toBe('yes');
    expect(recognise('QUIT\r\n', 0, { serverPort: 21 })).toBe('yes');
    expect(recognise('USE')).toBe('more');
    expect(recognise('22', 1)).toBe('more');
  });

  it('leaves the bytes of other protocols alone', () => {
    const clients = [
      'EHLO a\r\n',
      'HELO a\r\n',
      'NICK a\r\n',
      'GET / HTTP/1.1\r\n',
      'SSH-2.0-a\r\n',
    ];
    clients.push('a001 LOGIN\r\n', '\x16\x03\x01', '\xff\xfd\x18', '\x10\x0e\x00\x04MQTT');
    for (const client of clients) expect(recognise(client), client).toBe('no');
    const servers = ['220 a ESMTP Postfix\r\n', '220 ftp.a SMTP\r\n', '200 news\r\n', '+OK\r\n'];
    servers.push('2201\r\n', ':irc 001 a\r\n', 'HTTP/1.1 200 OK\r\n');
    for (const server of servers) expect(recognise(server, 1), server).toBe('no');
  });
});

describe('a command', () => {
  it('is told with its replies, as in EVE', () => {
    const session = feed().data(lines('220 FTP'), 1).data(lines('USER bob'), 0);
    session.data(lines('331 Password please'), 1).data(lines('RETR a b.txt'), 0);
    session.data(lines('150 Opening', '226 Done'), 1);
    expect(session.printed).toEqual([
      {
        protocol: 'ftp',
        event: 'response',
        completion_code: ['220'],
        reply: ['FTP'],
        reply_truncated: false,
      },
      {
        protocol: 'ftp',
        event: 'command',
        command: 'USER',
        command_data: 'bob',
        command_truncated: false,
        completion_code: ['331'],
        reply: ['Password please'],
        reply_received: 'yes',
        reply_truncated: false,
      },
      {
        protocol: 'ftp',
        event: 'command',
        command: 'RETR',
        command_data: 'a b.txt',
        command_truncated: false,
        completion_code: ['150', '226'],
        reply: ['Opening', 'Done'],
        reply_received: 'yes',
        reply_truncated: false,
      },
    ]);
  });

  it('may have a reply of many lines', () => {
    const session = feed().data(lines('feat'), 0);
    session.data(lines('211-Features:', ' MDTM', '220 not the end', ' SIZE'), 1);
    expect(session.events).toEqual([]);
    session.data(lines('211 End'), 1);
    expect(session.printed[0]).toMatchObject({
      command: 'FEAT',
      completion_code: ['211', '220', '211'],
      reply: ['Features:', ' MDTM', 'not the end', ' SIZE', 'End'],
    });
  });

  it('that nobody answers is told at the end', () => {
    expect(feed().data(lines('QUIT'), 0).close().printed[0]).toMatchObject({
      command: 'QUIT',
      reply_received: 'no',
    });
  });

  it('that is too long is cut', () => {
    const session = feed().data(lines(`RETR ${'a'.repeat(9_000)}`, 'RETR b'), 0);
    session.data(lines('550 no', '550 no'), 1);
    const commands = session.printed.filter(({ event }) => event === 'command');
    expect(commands).toMatchObject([
      { command: 'RETR', command_truncated: true },
      { command: 'RETR', command_data: 'b', command_truncated: false },
    ]);
    expect((commands[0]!.command_data as string).length).toBe(4_091);
    expect(session.printed[0]).toMatchObject({ event: 'malformed', reason: 'line too long' });
  });

  it('PASS keeps its password sealed', () => {
    const session = feed().data(lines('PASS hunter2', 'ACCT x9y8'), 0).close();
    expect(session.events[0]).toMatchObject({ command_data: expect.any(Secret) });
    expect(JSON.stringify(session.events)).not.toMatch(/hunter2|x9y8/);
  });

  it.each([
    ['PORT 10,0,0,1,4,1', '200 ok', 1025, 'active'],
    ['EPRT |2|fe80::1|2000|', '200 ok', 2000, 'active'],
    ['PASV', '227 Entering Passive Mode (10,0,0,2,185,13).', 47_373, 'passive'],
    ['PASV', '227 =10,0,0,2,185,13', 47_373, 'passive'],
    ['EPSV', '229 Extended Passive Mode (|||58612|)', 58_612, 'passive'],
    ['EPSV', '229 Extended Passive Mode', undefined, undefined],
    ['PORT 999,0,0,1,4,1', '500 no', undefined, undefined],
  ])('%s %s names the data connection', (command, reply, port, mode) => {
    const event = feed().data(lines(command), 0).data(lines(reply), 1).printed[0]!;
    expect(event.dynamic_port).toBe(port);
    expect(event.mode).toBe(mode);
  });

  it('AUTH hands over what is accepted', () => {
    const session = feed().data(lines('AUTH TLS'), 0).data(lines('234 Go ahead'), 1);
    expect(session.parser.handover).toBe(true);
    const refused = feed().data(lines('AUTH TLS'), 0).data(lines('502 No'), 1);
    expect(refused.parser.handover).toBe(false);
  });
});

describe('a data connection', () => {
  const dataFlow = (run: object, fields = {}) =>
    testFlow({
      run,
      serverPort: 47_373,
      payloadBytes: (side) => (side === 1 ? 3_000 : 0),
      ...fields,
    });
  const offered = (run: object, bytes = Buffer.from('abc'), fields = {}) =>
    ftpDataDecoder.recognise(bytes, 0, bytes.length, 1, dataFlow(run, fields));

  it('is recognised because it was announced, once and in the same run', () => {
    const run = {};
    expect(offered(run)).toBe('no');
    feed(run).data(lines('PASV'), 0).data(lines('227 (192,168,9,9,185,13)'), 1);
    expect(offered(run)).toBe('yes');
    expect(offered(run, undefined, { serverAddress: '192.168.9.9' })).toBe('yes');
    expect(offered(run, undefined, { serverPort: 47_374 })).toBe('no');
    expect(offered(run, Buffer.from([0x16, 3, 1]))).toBe('no');
    expect(offered({})).toBe('no');
  });

  it('tells what it was used for, how long it was and what it held', () => {
    const run = {};
    const control = feed(run).data(lines('PASV'), 0).data(lines('227 (10,0,0,2,185,13)'), 1);
    control.data(lines('RETR fw.img'), 0);
    const data = new Feed(ftpDataDecoder, dataFlow(run));
    data.data(Buffer.from('hsqs'), 1).data(Buffer.alloc(2_996), 1).close();
    control.data(lines('150 Opening', '226 Done'), 1);
    expect(data.printed).toEqual([
      {
        protocol: 'ftp_data',
        event: 'transfer',
        command: 'RETR',
        filename: 'fw.img',
        mode: 'passive',
        sent_by: 'server',
        length: 3_000,
        magic: 'squashfs',
      },
    ]);
  });

  it('that is announced and never opened is forgotten in time', () => {
    const run = {};
    const control = feed(run).data(lines('PORT 10,0,0,2,185,13'), 0);
    for (let port = 1; port < 5_000; port++)
      control.data(lines(`PORT 10,0,0,7,${port >> 8},${port & 255}`), 0);
    expect(offered(run)).toBe('no');
  });
});

describe('malformed', () => {
  it.each([
    ['\x01\x02', 0, 'invalid command'],
    ['USER=bob', 0, 'invalid command'],
    ['welcome', 1, 'reply without code'],
  ] as const)('%j', (line, direction, reason) => {
    expect(feed().data(lines(line), direction).printed[0]).toMatchObject({
      event: 'malformed',
      reason,
    });
  });

  it('is not what was lost', () => {
    const session = feed().data(lines('USER a'), 0).gap(50, 0).gap(50, 1);
    session.data(lines('rest of a line', 'SYST'), 0).data(lines('rest', '215 UNIX'), 1);
    expect(session.printed.map(({ command, reply }) => [command, reply])).toEqual([
      ['USER', []],
      ['SYST', ['UNIX']],
    ]);
  });
});

describe('hostile input', () => {
  const sent = lines('USER bob', 'PASS secret', 'PASV', 'RETR x', 'QUIT');
  const back = lines(
    '220-Hello',
    '220 FTP',
    '331 ok',
    '230 in',
    '227 (10,0,0,2,185,13)',
    '150 a',
    '226 b',
    '221 bye',
  );

  it('reads the same whatever the pieces', () => {
    const expected = feed().data(sent, 0).data(back, 1).close().printed;
    for (let cut = 0; cut <= back.length; cut++) {
      const session = feed().data(sent, 0).data(back.subarray(0, cut), 1);
      expect(session.data(back.subarray(cut), 1).close().printed).toEqual(expected);
    }
    for (let cut = 0; cut <= sent.length; cut++) {
      const session = feed().data(sent.subarray(0, cut), 0).data(sent.subarray(cut), 0);
      expect(session.data(back, 1).close().printed).toEqual(expected);
    }
  });

  it('never throws and always goes on, whatever the bytes', () => {
    const noise = fc.uint8Array({ maxLength: 300 });
    const mutated = (whole: Buffer) =>
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }).map((changes) => {
        const copy = Buffer.from(whole);
        for (const [at, value] of changes) copy[at] = value;
        return copy;
      });
    fc.assert(
      fc.property(
        fc.oneof(noise, mutated(sent)),
        fc.oneof(noise, mutated(back)),
        fc.nat(200),
        (client, server, cut) => {
          const session = feed({})
            .data(client.subarray(0, cut), 0)
            .data(server.subarray(0, cut), 1);
          session.gap(cut, cut % 2 === 0 ? 0 : 1);
          session.data(client.subarray(cut), 0).data(server.subarray(cut), 1).close();
          for (const event of session.printed) expect(event.protocol).toBe('ftp');
          recognise(Buffer.from(client).toString('latin1'));
          recognise(Buffer.from(server).toString('latin1'), 1);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('is bounded: replies without end, commands without replies', () => {
    const session = feed();
    for (let i = 0; i < 2_000; i++) session.data(lines('NOOP'), 0);
    session.data(lines('200-a'), 1);
    for (let i = 0; i < 2_000; i++) session.data(lines('b'.repeat(100)), 1);
    session.close();
    for (const event of session.printed)
      expect((event.reply as string[] | undefined)?.length ?? 0).toBeLessThanOrEqual(128);
  });
});
