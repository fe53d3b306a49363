import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { sipObserver } from '../observe/sip.ts';
import { sipDecoder } from './sip.ts';
import { Feed, packet, testFlow } from './testing.ts';

const udp = { carrier: 'udp', serverPort: 5060 } as const;
const tcp = { carrier: 'tcp', serverPort: 5060 } as const;

const bytes = (text: string) => Buffer.from(text.replaceAll('\n', '\r\n'), 'utf8');
function message(start: string, fields: Record<string, string> = {}, body = ''): Buffer {
  const head = {
    Via: 'SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK74bf9',
    From: '<sip:door@example.com>;tag=9fxced76sl',
    To: '<sip:door@example.com>',
    'Call-ID': '1j9FpLxk3uxtm8tn@10.0.0.1',
    CSeq: `1 ${start.split(' ')[0] === 'SIP/2.0' ? 'REGISTER' : start.split(' ')[0]}`,
    ...fields,
    'Content-Length': String(Buffer.byteLength(body)),
  };
  const lines = Object.entries(head).map(([name, value]) => `${name}: ${value}`);
  return Buffer.concat([bytes(`${[start, ...lines].join('\n')}\n\n`), Buffer.from(body)]);
}
const REGISTER = 'REGISTER sip:example.com SIP/2.0';
const SDP = [
  ...['v=0', 'o=door 2890844526 2890844526 IN IP4 10.0.0.1', 's=-', 'c=IN IP4 10.0.0.1', 't=0 0'],
  ...['m=audio 49172 RTP/SAVP 0', 'a=rtpmap:0 PCMU/8000'],
  'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj|2^20',
  ...['m=video 49174 RTP/AVP 96', 'k=clear:opensesame', ''],
].join('\r\n');
const DIGEST =
  'Digest username="door", realm="example.com", nonce="ea9c", uri="sip:example.com", response="dfe5"';

const read = (...messages: Buffer[]) => {
  const feed = new Feed(sipDecoder, udp);
  for (const each of messages) feed.data(each, 0);
  return feed.printed;
};
const recognise = (text: string | Uint8Array, flow: object) => {
  const all = typeof text === 'string' ? bytes(text) : text;
  return sipDecoder.recognise(all, 0, all.length, 0, testFlow(flow));
};

describe('recognition', () => {
  it('knows requests of any method, and responses, on any port', () => {
    for (const start of [REGISTER, 'INVITE sip:a@b SIP/2.0', 'FOO sips:a@b SIP/2.0'])
      for (const flow of [udp, tcp])
        expect(recognise(`${start}\nVia: x\n\n`, { ...flow, serverPort: 9_999 })).toBe('yes');
    expect(recognise('SIP/2.0 200 OK\n', udp)).toBe('yes');
    expect(recognise('\n\nOPTIONS sip:a SIP/2.0\n', udp)).toBe('yes');
  });

  it('waits for a start line', () => {
    for (const text of [
      '',
      '\n\n',
      'R',
      'REGISTER',
      'REGISTER ',
      'REGISTER sip:a',
      'SIP/2.',
      'SIP/2.0 200',
    ])
      expect(recognise(text, tcp)).toBe('more');
    expect(recognise('REGISTER sip:a', udp)).toBe('no');
  });

  it('leaves what looks alike', () => {
    for (const text of [
      'NOTIFY * HTTP/1.1\n',
      'OPTIONS rtsp://a RTSP/1.0\n',
      'SIP/2.0 OK\n',
      'register sip:a SIP/2.0\n',
    ])
      for (const flow of [udp, tcp]) expect(recognise(text, flow)).toBe('no');
    for (const text of ['GET /', 'PUT /x', 'EHLO a']) expect(recognise(text, tcp)).toBe('no');
  });

  it.each(Object.keys(OTHERS).filter((name) => name !== 'sip'))('leaves %s alone', (name) => {
    for (const flow of [udp, tcp]) expect(recognise(OTHERS[name] as Buffer, flow)).toBe('no');
  });
});

describe('a message', () => {
  it('asks, with names as in EVE', () => {
    expect(
      read(message(REGISTER, { 'User-Agent': 'Doorphone 2.1', Contact: '<sip:door@10.0.0.1>' })),
    ).toEqual([
      {
        protocol: 'sip',
        event: 'request',
        method: 'REGISTER',
        uri: 'sip:example.com',
        version: 'SIP/2.0',
        request_line: REGISTER,
        from: '<sip:door@example.com>;tag=9fxced76sl',
        to: '<sip:door@example.com>',
        call_id: '1j9FpLxk3uxtm8tn@10.0.0.1',
        cseq: '1 REGISTER',
        contact: '<sip:door@10.0.0.1>',
        user_agent: 'Doorphone 2.1',
        content_length: 0,
      },
    ]);
  });

  it('answers', () => {
    const challenge = {
      'WWW-Authenticate': 'Digest realm="example.com", nonce="x"',
      Server: 'PBX 1.2',
    };
    expect(read(message('SIP/2.0 401 Unauthorized', challenge))).toMatchObject([
      {
        event: 'response',
        code: '401',
        reason: 'Unauthorized',
        response_line: 'SIP/2.0 401 Unauthorized',
        server: 'PBX 1.2',
        challenge: 'Digest "example.com"',
      },
    ]);
  });

  it('may use short names', () => {
    const text = 'INVITE sip:a SIP/2.0\nf: <sip:x>\nt: <sip:y>\ni: 77\nm: <sip:z>\nl: 0\n\n';
    expect(read(bytes(text))).toMatchObject([
      { from: '<sip:x>', to: '<sip:y>', call_id: '77', contact: '<sip:z>', content_length: 0 },
    ]);
  });

  it('carries a sign-in, whose proof is not told', () => {
    const [event] = read(message(REGISTER, { Authorization: DIGEST }));
    expect(event!.credentials).toEqual([{ method: 'digest', username: 'door' }]);
    expect(JSON.stringify(event)).not.toContain('dfe5');
    const [basic] = read(message(REGISTER, { Authorization: 'Basic ZG9vcjpodW50ZXIy' }));
    expect(basic!.credentials).toEqual([
      { method: 'basic', username: 'door', secret: expect.stringMatching(/^hmac-sha256:/) },
    ]);
  });

  it('describes media, without their keys', () => {
    const [event] = read(
      message('INVITE sip:a SIP/2.0', { 'Content-Type': 'application/sdp' }, SDP),
    );
    expect(event!.sdp).toMatchObject({
      v: 0,
      o: 'door 2890844526 2890844526 IN IP4 10.0.0.1',
      s: '-',
      c: 'IN IP4 10.0.0.1',
      t: '0 0',
      m: [
        {
          m: 'audio 49172 RTP/SAVP 0',
          a: ['rtpmap:0 PCMU/8000', expect.stringContaining('hmac-sha256:')],
        },
        { m: 'video 49174 RTP/AVP 96', k: expect.stringMatching(/^clear:hmac-sha256:/) },
      ],
    });
    expect(JSON.stringify(event)).not.toMatch(/opensesame|d0Rmdmcm/);
  });

  it('comes in any pieces over TCP, its body passed over', () => {
    const text = message('MESSAGE sip:a SIP/2.0', { 'Content-Type': 'text/plain' }, 'secret words');
    const invite = message('INVITE sip:a SIP/2.0', { 'Content-Type': 'application/sdp' }, SDP);
    const all = Buffer.concat([text, bytes('\n\n'), invite, message(REGISTER)]);
    for (let cut = 0; cut <= all.length; cut += 11) {
      const feed = new Feed(sipDecoder, tcp);
      feed.data(all.subarray(0, cut), 0).data(all.subarray(cut), 0);
      expect(feed.printed.map(({ method }) => method)).toEqual(['MESSAGE', 'INVITE', 'REGISTER']);
      expect(feed.printed[1]!.sdp).toBeDefined();
      expect(JSON.stringify(feed.printed)).not.toContain('secret words');
    }
  });
});

describe('malformed', () => {
  it.each([
    ['invalid Content-Length', bytes(`${REGISTER}\nContent-Length: bad\n\n`), true],
    ['body cut off', bytes(`${REGISTER}\nContent-Length: 9\n\nabc`), true],
    ['field without colon', bytes(`${REGISTER}\nnonsense\n\n`), true],
    ['invalid start line', bytes('hello\n\n'), false],
  ])('%s', (reason, text, readable) => {
    const events = read(text);
    expect(events[0]).toMatchObject({ event: 'malformed', reason, readable });
    expect(events.length).toBe(readable ? 2 : 1);
  });

  it('is no empty line, and no missing end of the head', () => {
    expect(read(bytes('\n\n'))).toEqual([]);
    expect(read(bytes(`${REGISTER}\nExpires: 3600\n`))).toMatchObject([{ method: 'REGISTER' }]);
  });

  it('ends a stream that cannot be followed', () => {
    const feed = new Feed(sipDecoder, tcp).data(message(REGISTER), 0).data(bytes('hello\n\n'), 0);
    expect(feed.parser.done).toBe(true);
    const long = new Feed(sipDecoder, tcp).data(Buffer.alloc(20_000, 0x41), 0);
    expect(long.printed).toMatchObject([{ reason: 'head too long' }]);
  });
});

describe('what is observed', () => {
  const exchange = (...messages: [Buffer, 0 | 1][]) => {
    const feed = new Feed(sipDecoder, udp, sipObserver);
    for (const [i, [each, direction]] of messages.entries())
      feed.data(each, direction, packet(i + 1));
    return feed.close().into;
  };
  const answer = (status: string, fields = {}) => message(`SIP/2.0 ${status}`, fields);

  it('is a request with its final answer', () => {
    const into = exchange(
      [message(REGISTER, { 'User-Agent': 'Doorphone 2.1' }), 0],
      [answer('100 Trying'), 1],
      [answer('200 OK', { Server: 'PBX 1.2' }), 1],
    );
    expect([...into.of('sip')]).toMatchObject([
      {
        client: 1,
        server: 2,
        method: 'REGISTER',
        userAgent: 'Doorphone 2.1',
        product: 'PBX 1.2',
        status: 200,
      },
    ]);
    expect(into.of('sip')[0]!.packets.map(({ packet: number }) => number)).toEqual([1, 3]);
    expect([...into.of('login')]).toEqual([]);
  });

  it.each([
    ['200 OK', 'accepted'],
    ['403 Forbidden', 'refused'],
    ['500 Server Error', 'unknown'],
  ])('is a sign-in that ends with %s', (status, outcome) => {
    const into = exchange([message(REGISTER, { Authorization: DIGEST }), 0], [answer(status), 1]);
    expect([...into.of('login')]).toMatchObject([
      { protocol: 'sip', method: 'digest', user: 'door', secret: undefined, outcome },
    ]);
  });

  it('lists what must be masked: a password as it stands on the wire, keys of media', () => {
    const invite = message(
      'INVITE sip:a SIP/2.0',
      { 'Content-Type': 'application/sdp', Authorization: 'Basic ZG9vcjpodW50ZXIy' },
      SDP,
    );
    const into = exchange([invite, 0], [answer('200 OK'), 1]);
    const masked = (kind: 'sip' | 'login') =>
      into.of(kind)[0]!.secrets.map((secret) => Buffer.from(secret.reveal()).toString());
    expect(masked('sip')).toEqual(
      expect.arrayContaining(['ZG9vcjpodW50ZXIy', 'opensesame', expect.stringMatching(/^d0Rm/)]),
    );
    expect(masked('login')).toEqual(expect.arrayContaining(['hunter2', 'ZG9vcjpodW50ZXIy']));
  });

  it('is how media will travel', () => {
    const invite = message('INVITE sip:a SIP/2.0', { 'Content-Type': 'application/sdp' }, SDP);
    expect([...exchange([invite, 0]).of('sip')]).toMatchObject([
      { media: ['RTP/SAVP', 'RTP/AVP'], status: undefined },
    ]);
  });
});

describe('hostile input', () => {
  const samples = [
    message(
      'INVITE sip:a SIP/2.0',
      { 'Content-Type': 'application/sdp', Authorization: DIGEST },
      SDP.slice(0, 200),
    ),
    message('SIP/2.0 401 Unauthorized', { 'WWW-Authenticate': 'Digest realm="a"' }),
  ];
  it.each([udp, tcp])('does no harm: $carrier', (flow) => {
    expectUnharmed({ decoder: sipDecoder, flow, observer: sipObserver, samples, runs: 800 });
  });
});
