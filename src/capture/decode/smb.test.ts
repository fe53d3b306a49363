import { describe, expect, it } from 'vitest';
import { claimsOfNoise, expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { conversations } from '../../../test/support/peers.ts';
import { smbObserver } from '../observe/smb.ts';
import { smbDecoder } from './smb.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { serverPort: 445 } as const;
const framed = (message: Buffer): Buffer => {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(message.length);
  return Buffer.concat([head, message]);
};
/** A message of version 1: header, words, bytes. */
const one = (
  command: number,
  words: Buffer,
  data: Buffer,
  fields: { reply?: boolean; status?: number; unicode?: boolean } = {},
): Buffer => {
  const head = Buffer.alloc(32);
  head.write('\xffSMB', 'latin1');
  head[4] = command;
  head.writeUInt32LE(fields.status ?? 0, 5);
  head[9] = fields.reply ? 0x88 : 0x08;
  head.writeUInt16LE(0x4001 | (fields.unicode ? 0x8000 : 0), 10);
  const count = Buffer.alloc(2);
  count.writeUInt16LE(data.length);
  return framed(Buffer.concat([head, Buffer.from([words.length / 2]), words, count, data]));
};
/** A message of version 2. */
const two = (
  command: number,
  body: Buffer,
  fields: { response?: boolean; status?: number; id?: number } = {},
): Buffer => {
  const head = Buffer.alloc(64);
  head.write('\xfeSMB', 'latin1');
  head.writeUInt16LE(64, 4);
  head.writeUInt32LE(fields.status ?? 0, 8);
  head.writeUInt16LE(command, 12);
  head.writeUInt32LE(fields.response ? 1 : 0, 16);
  head.writeUInt32LE(fields.id ?? 0, 24);
  return framed(Buffer.concat([head, body]));
};
const negotiate = one(
  0x72,
  Buffer.alloc(0),
  Buffer.from('\x02NT LM 0.12\0\x02SMB 2.002\0', 'latin1'),
);
const recognise = (bytes: Uint8Array, serverPort = 9_999): string =>
  smbDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ serverPort }));
const talk = (...said: (readonly [Buffer, 0 | 1])[]): Feed => {
  const feed = new Feed(smbDecoder, flow, smbObserver);
  for (const [bytes, direction] of said) feed.data(bytes, direction);
  return feed;
};

describe('recognition', () => {
  it('knows messages of every version on any port', () => {
    for (const mark of ['ff', 'fe', 'fd', 'fc'])
      expect(recognise(Buffer.from(`00000080${mark}534d42${'00'.repeat(20)}`, 'hex'))).toBe('yes');
    expect(recognise(negotiate.subarray(0, 6))).toBe('more');
    expect(recognise(Buffer.from('00000080ff534d4300', 'hex'))).toBe('no');
  });

  it('knows the call of NetBIOS on its port', () => {
    const call = Buffer.from(`8100004420${'43'.repeat(32)}0020${'44'.repeat(32)}00`, 'hex');
    expect(recognise(call, 139)).toBe('yes');
    expect(recognise(call, 9_999)).toBe('no');
  });

  it.each(Object.keys(OTHERS))('leaves %s alone', (protocol) => {
    expect(recognise(OTHERS[protocol]!)).toBe('no');
  });

  it('claims no noise', () => {
    expect(claimsOfNoise(smbDecoder, {})).toBe(0);
  });
});

describe('version 1', () => {
  /** NT LM 0.12 with passwords in clear: index, mode, and no extended security. */
  const clear = one(
    ...([0x72, Buffer.concat([Buffer.from([0, 0, 1]), Buffer.alloc(31)])] as const),
    Buffer.from('HOME\0NAS7\0'),
    { reply: true },
  );
  const setup = (password: string, user: string): Buffer => {
    const words = Buffer.alloc(26);
    words.writeUInt16LE(password.length, 14);
    return one(0x73, words, Buffer.from(`${password}${user}\0HOME\0Unix\0`));
  };

  it('seals a password that is sent as it is', () => {
    const feed = talk(
      [negotiate, 0],
      [clear, 1],
      [setup('hunter22\0', 'ada'), 0],
      [one(0x73, Buffer.alloc(6), Buffer.from('Unix\0Samba\0'), { reply: true }), 1],
    ).close();
    expect(feed.printed).toMatchObject([
      { event: 'negotiate_request', dialects: ['NT LM 0.12', 'SMB 2.002'] },
      {
        event: 'negotiate_response',
        dialect: 'NT LM 0.12',
        clear_password: true,
        server: 'NAS7',
        domain: 'HOME',
      },
      {
        mechanism: 'clear_password',
        domain: 'HOME',
        os: 'Unix',
        password: expect.stringMatching(/^hmac/),
      },
      { event: 'session_setup_response', status: 'success', os: 'Unix' },
    ]);
    expect(JSON.stringify(feed.printed)).not.toMatch(/hunter22|ada/);
    expect([...feed.into.of('login')]).toMatchObject([
      { protocol: 'smb', method: 'clear_password', outcome: 'accepted' },
    ]);
  });

  it('tells what was refused', () => {
    const refused = one(0x73, Buffer.alloc(0), Buffer.alloc(0), {
      reply: true,
      status: 0xc000006d,
    });
    const feed = talk(
      [negotiate, 0],
      [clear, 1],
      [setup('wrong\0', 'ada'), 0],
      [refused, 1],
    ).close();
    expect(feed.printed.at(-1)).toMatchObject({ status: 'logon_failure' });
    expect([...feed.into.of('administration')]).toMatchObject([
      { access: 'refused', version: 'NT LM 0.12' },
    ]);
  });
});

describe('real programs: Samba and smbclient', () => {
  const run = (index: number): Feed => {
    const feed = new Feed(smbDecoder, flow, smbObserver);
    for (const [bytes, direction] of conversations('smb')[index]!) feed.data(bytes, direction);
    return feed.close();
  };
  const sessions = (feed: Feed) => [...feed.into.of('administration')];

  it('version 3 with NTLM: who both are, and which shares', () => {
    const feed = run(0);
    expect(sessions(feed)).toMatchObject([
      {
        ...{ protocol: 'smb', answered: true, version: '3.1.1', security: 'ntlmv2' },
        ...{ access: 'granted', anonymous: false, target: 'IPC$, public', signing: false },
      },
    ]);
    expect([...feed.into.of('login')]).toMatchObject([
      {
        method: 'ntlmv2',
        outcome: 'accepted',
        user: expect.stringMatching(/^hmac-sha256:/),
        secret: undefined,
      },
    ]);
    const names = [...feed.into.of('identification')].map(({ name, server }) => [name, server]);
    expect(names).toEqual([
      ['NAS7', 2],
      ['LAPTOP3', 1],
    ]);
    expect(feed.printed.filter(({ event }) => event === 'malformed')).toEqual([]);
  });

  it('version 2.1, and version 1', () => {
    expect(sessions(run(1))).toMatchObject([{ version: '2.1', access: 'granted' }]);
    expect(sessions(run(4))).toMatchObject([{ version: 'NT LANMAN 1.0', access: 'granted' }]);
  });

  it('without a password is anonymous, and a wrong one is refused', () => {
    expect(sessions(run(2))).toMatchObject([
      { anonymous: true, access: 'granted', security: 'none' },
    ]);
    const wrong = run(3);
    expect(sessions(wrong)).toMatchObject([
      { anonymous: false, access: 'refused', target: undefined },
    ]);
    expect([...wrong.into.of('login')]).toMatchObject([{ outcome: 'refused' }]);
  });

  it('says when the rest is encrypted', () => {
    const events = run(5).events.map(({ event }) => event);
    expect(events.filter((event) => event === 'encrypted')).toHaveLength(2);
    expect(events).not.toContain('tree_connect_request');
  });

  it('is the same in whatever pieces it comes', () => {
    const feed = new Feed(smbDecoder, flow, smbObserver);
    for (const [bytes, direction] of conversations('smb')[0]!)
      for (let at = 0; at < bytes.length; at += 37)
        feed.data(bytes.subarray(at, at + 37), direction);
    expect(feed.printed).toEqual(run(0).printed);
  });
});

it('reports what contradicts itself', () => {
  expect(talk([one(0x75, Buffer.alloc(2), Buffer.alloc(0)), 0]).printed).toMatchObject([
    { reason: 'parameters missing' },
  ]);
  expect(talk([two(0, Buffer.alloc(20)), 0]).printed).toMatchObject([
    { reason: 'truncated negotiation' },
  ]);
  const beyond = Buffer.alloc(24);
  beyond.writeUInt16LE(88, 12);
  beyond.writeUInt16LE(4_000, 14);
  expect(talk([two(1, beyond), 0]).printed).toMatchObject([
    { reason: 'security token longer than its message' },
  ]);
  expect(
    talk([negotiate, 0], [framed(Buffer.from('nothing of the kind')), 0]).printed.at(-1),
  ).toMatchObject({ reason: 'not a message' });
});

it('survives anything', () => {
  const whole = (index: number): Buffer =>
    Buffer.concat(
      conversations('smb')
        [index]!.slice(0, 8)
        .map(([bytes]) => bytes),
    ).subarray(0, 1_800);
  const samples = [negotiate, whole(0), whole(4)];
  expectUnharmed({ decoder: smbDecoder, flow, observer: smbObserver, samples, runs: 500 });
});
