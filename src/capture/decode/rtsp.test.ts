import { describe, expect, it } from 'vitest';
import { claimsOfNoise, expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { rtspObserver } from '../observe/rtsp.ts';
import { expectedOn } from './rtp/expected.ts';
import { rtspDecoder } from './rtsp.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { serverPort: 554 } as const;
const text = (...lines: string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1');
const recognise = (bytes: Uint8Array): string =>
  rtspDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ serverPort: 9_999 }));

let sequence = 0;
const ask = (method: string, uri: string, ...fields: string[]): Buffer =>
  text(`${method} ${uri} RTSP/1.0`, `CSeq: ${++sequence}`, ...fields, '', '');
const answer = (status: string, ...fields: string[]): Buffer =>
  text(`RTSP/1.0 ${status}`, `CSeq: ${sequence}`, ...fields, '', '');
const SDP = [
  ...['v=0', 'o=- 1 1 IN IP4 192.0.2.7', 's=Front', 't=0 0', 'a=control:*'],
  ...['m=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000', 'a=control:trackID=1'],
  ...['m=audio 0 RTP/AVP 0', 'a=control:trackID=2', ''],
].join('\r\n');
const described = (sdp = SDP): Buffer =>
  Buffer.concat([
    answer(
      '200 OK',
      'Server: Cam/1.2',
      'Content-Type: application/sdp',
      `Content-Length: ${sdp.length}`,
    ),
    Buffer.from(sdp),
  ]);
const packet = (channel: number, type: number, length = 40): Buffer =>
  Buffer.concat([
    Buffer.from([0x24, channel, length >> 8, length & 255, 0x80, type]),
    Buffer.alloc(length - 2, 7),
  ]);

/** Client in direction 0, server in 1. */
function talk(...said: (readonly [0 | 1, Buffer])[]): Feed {
  const feed = new Feed(rtspDecoder, { ...flow, run: {} }, rtspObserver);
  for (const [direction, bytes] of said) feed.data(bytes, direction);
  return feed;
}
const exchanges = (feed: Feed) => [...feed.into.of('rtsp')];
const logins = (feed: Feed) => [...feed.into.of('login')];

describe('recognition', () => {
  it('knows requests and responses of both versions on any port', () => {
    expect(recognise(ask('OPTIONS', 'rtsp://192.0.2.7/live'))).toBe('yes');
    expect(recognise(text('SETUP rtsp://192.0.2.7/1 RTSP/2.0', 'CSeq: 1', '', ''))).toBe('yes');
    expect(recognise(text('OPTIONS * RTSP/1.0', ''))).toBe('yes');
    expect(recognise(answer('401 Unauthorized'))).toBe('yes');
    expect(recognise(text('DESCRIBE rtsp://192.0'))).toBe('more');
    expect(recognise(text('RTSP'))).toBe('more');
  });

  it('leaves HTTP and SIP alone, whose methods are the same', () => {
    expect(recognise(text('OPTIONS * HTTP/1.1', ''))).toBe('no');
    expect(recognise(text('OPTIONS sip:a@b SIP/2.0', ''))).toBe('no');
    expect(recognise(text('DESCRIBE /x HTTP/1.1', ''))).toBe('no');
  });

  it.each(Object.keys(OTHERS).filter((name) => name !== 'rtsp'))('leaves %s alone', (name) => {
    expect(recognise(OTHERS[name]!)).toBe('no');
  });

  it('claims no noise', () => {
    expect(claimsOfNoise(rtspDecoder, {})).toBe(0);
  });
});

describe('messages', () => {
  it('shows what is asked and answered, description and all', () => {
    const feed = talk(
      [0, ask('DESCRIBE', 'rtsp://192.0.2.7/live', 'User-Agent: NVR', 'Accept: application/sdp')],
      [1, described()],
    );
    expect(feed.printed).toMatchObject([
      { event: 'request', method: 'DESCRIBE', uri: 'rtsp://192.0.2.7/live', user_agent: 'NVR' },
      {
        ...{ event: 'response', status: 200, server: 'Cam/1.2', content_type: 'application/sdp' },
        sdp: { s: 'Front', m: [{ m: 'video 0 RTP/AVP 96' }, { m: 'audio 0 RTP/AVP 0' }] },
      },
    ]);
    expect(exchanges(feed.close())).toMatchObject([
      {
        ...{ method: 'DESCRIBE', path: '/live', status: 200, product: 'Cam/1.2' },
        ...{ authorization: undefined, credentialInUrl: false, midstream: false },
        media: ['video RTP/AVP H264', 'audio RTP/AVP PCMU'],
      },
    ]);
    expect([...feed.into.of('identification')]).toMatchObject([{ more: { server: 'Cam/1.2' } }]);
  });

  it('lists what the server offers', () => {
    const feed = talk(
      [0, ask('OPTIONS', '*')],
      [1, answer('200 OK', 'Public: DESCRIBE, SETUP,PLAY')],
    );
    expect(feed.printed[1]).toMatchObject({ public: ['DESCRIBE', 'SETUP', 'PLAY'] });
  });

  it('reads them in whatever pieces they come', () => {
    const bytes = Buffer.concat([
      ask('DESCRIBE', 'rtsp://192.0.2.7/a'),
      ask('SETUP', 'rtsp://192.0.2.7/a/1'),
    ]);
    for (const size of [1, 7, 40]) {
      const feed = talk();
      for (let at = 0; at < bytes.length; at += size) feed.data(bytes.subarray(at, at + size), 0);
      expect(feed.printed.map(({ method }) => method)).toEqual(['DESCRIBE', 'SETUP']);
    }
  });

  it('finds the next message behind a gap', () => {
    const feed = talk([0, ask('OPTIONS', '*')]);
    feed.gap(100, 0);
    feed.data(Buffer.concat([text('rest of a line', ''), ask('PLAY', 'rtsp://192.0.2.7/live')]), 0);
    expect(feed.printed.map(({ method }) => method)).toEqual(['OPTIONS', 'PLAY']);
  });

  it('reports what is none', () => {
    const feed = talk([0, ask('OPTIONS', '*')], [0, text('nothing of the kind', '', '')]);
    expect(feed.printed[1]).toMatchObject({ event: 'malformed', reason: 'not a message' });
    const wrong = talk([0, ask('SETUP', 'rtsp://a/', 'Content-Length: x')]);
    expect(wrong.printed).toMatchObject([
      { reason: 'invalid content-length', readable: true },
      { method: 'SETUP' },
    ]);
  });
});

describe('credentials', () => {
  const basic = `Authorization: Basic ${Buffer.from('admin:hunter22').toString('base64')}`;
  const digest =
    'Authorization: Digest username="admin", realm="Cam", nonce="1", uri="/", response="00"';
  const challenge = 'WWW-Authenticate: Digest realm="Cam", nonce="1"';

  it('are never shown', () => {
    const feed = talk(
      [0, ask('DESCRIBE', 'rtsp://admin:hunter22@192.0.2.7/live?token=abcdef123', basic)],
      [0, ask('SETUP', 'rtsp://192.0.2.7/user=admin&password=hunter22&channel=1&stream=0.sdp')],
      [0, ask('SETUP', 'rtsp://192.0.2.7/user=admin_password=hunter22_channel=1_stream=0.sdp')],
    ).close();
    const printed = JSON.stringify(feed.printed);
    expect(printed).not.toMatch(/hunter22|abcdef123|YWRtaW4/);
    expect(logins(feed).map(({ method, user }) => [method, user])).toEqual([
      ['basic', 'admin'],
      ['url', 'admin'],
      ['token', undefined],
      ['url', 'admin'],
      ['url', 'admin'],
    ]);
    expect(Buffer.from(logins(feed)[1]!.secret!.reveal()).toString()).toBe('hunter22');
    for (const { credentialInUrl } of exchanges(feed)) expect(credentialInUrl).toBe(true);
  });

  it('are weighed by the answer', () => {
    const refused = talk(
      [0, ask('DESCRIBE', 'rtsp://192.0.2.7/a', digest)],
      [1, answer('401 Unauthorized', challenge)],
    );
    expect(logins(refused.close())).toMatchObject([
      { protocol: 'rtsp', method: 'digest', user: 'admin', outcome: 'refused' },
    ]);
    expect(exchanges(refused)).toMatchObject([{ status: 401, realm: 'Cam' }]);
    const accepted = talk([0, ask('DESCRIBE', 'rtsp://192.0.2.7/a', basic)], [1, described()]);
    expect(logins(accepted.close())).toMatchObject([{ method: 'basic', outcome: 'accepted' }]);
    const options = talk([0, ask('OPTIONS', '*', basic)], [1, answer('200 OK')]);
    expect(logins(options.close())).toMatchObject([{ outcome: 'unknown' }]);
  });

  it('hold for the rest of the connection', () => {
    const feed = talk(
      ...([
        [0, ask('DESCRIBE', 'rtsp://192.0.2.7/a', basic)],
        [1, described()],
      ] as const),
    );
    feed.data(
      ask('SETUP', 'rtsp://192.0.2.7/a/trackID=1', 'Transport: RTP/AVP/TCP;interleaved=0-1'),
      0,
    );
    feed.data(answer('200 OK', 'Transport: RTP/AVP/TCP;interleaved=0-1'), 1);
    expect(exchanges(feed.close())).toMatchObject([
      { method: 'DESCRIBE', authorization: 'basic' },
      { method: 'SETUP', authorization: 'basic' },
    ]);
  });

  it('may be the path itself', () => {
    const of = (path: string) =>
      exchanges(talk([0, ask('DESCRIBE', `rtsp://192.0.2.7${path}`)]).close())[0]!.credentialInUrl;
    expect(of('/aB3dE7gH1jK9mN2p?enableSrtp')).toBe(true);
    expect(of('/cam/realmonitor?channel=1&subtype=0')).toBe(false);
    expect(of('/Streaming/Channels/101')).toBe(false);
    expect(of('/axis-media/media.amp')).toBe(false);
  });
});

describe('media', () => {
  const setUp = (transport: string, answered: string, sdp = SDP) => {
    const feed = talk([0, ask('DESCRIBE', 'rtsp://192.0.2.7/live')], [1, described(sdp)]);
    feed.data(ask('SETUP', 'rtsp://192.0.2.7/live/trackID=1', `Transport: ${transport}`), 0);
    feed.data(answer('200 OK', 'Session: 12345678;timeout=60', `Transport: ${answered}`), 1);
    return feed;
  };
  const udp = (feed: Feed, clientPort: number, serverPort: number) =>
    expectedOn(
      testFlow({
        ...{ carrier: 'udp', clientPort, serverPort, clientAddress: '10.0.0.2' },
        ...{ serverAddress: '10.0.0.1', run: feed.flow.run! },
      }),
    );

  it('is announced to RTP, with what the description says of it', () => {
    const feed = setUp(
      'RTP/AVP;unicast;client_port=5000-5001',
      'RTP/AVP/UDP;unicast;client_port=5000-5001;server_port=6970-6971',
    );
    expect(udp(feed, 6_970, 5_000)).toMatchObject({
      media: 'video',
      profile: 'RTP/AVP',
      encrypted: false,
    });
    expect(udp(feed, 6_970, 5_000)!.encodings.get(96)).toBe('H264');
    expect(udp(feed, 6_971, 5_001)).toBeDefined();
    expect(udp(feed, 7_000, 7_002)).toBeUndefined();
  });

  it('is encrypted by profile or by keys', () => {
    const savp = setUp(
      'RTP/SAVP;unicast;client_port=5000-5001',
      'RTP/SAVP;unicast;client_port=5000-5001',
    );
    expect(udp(savp, 6_970, 5_000)).toMatchObject({ encrypted: true });
    const keyed = setUp(
      ...([
        'RTP/AVP;unicast;client_port=5000-5001',
        'RTP/AVP;unicast;client_port=5000-5001',
      ] as const),
      SDP.replace(
        'a=control:trackID=1',
        'a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0a2V5\r\na=control:trackID=1',
      ),
    );
    expect(udp(keyed, 6_970, 5_000)).toMatchObject({ encrypted: true });
    expect(JSON.stringify(keyed.printed)).not.toContain('c2VjcmV0a2V5');
  });

  it('of RTSP 2.0 has its addresses in other words', () => {
    const feed = setUp(
      ...([
        'RTP/AVP;unicast;dest_addr=":5000"/":5001"',
        'RTP/AVP;unicast;dest_addr=":5000"/":5001";src_addr="10.0.0.2:6970"/"10.0.0.2:6971"',
      ] as const),
    );
    expect(udp(feed, 6_970, 5_000)).toMatchObject({ media: 'video' });
  });

  it('between the messages is counted and passed over', () => {
    const feed = setUp(
      'RTP/AVP/TCP;unicast;interleaved=0-1',
      'RTP/AVP/TCP;unicast;interleaved=0-1',
    );
    // A packet's rest need not even be seen.
    for (let i = 0; i < 3; i++) feed.data(packet(0, 0x60, 1_000), 1);
    feed.data(packet(1, 200), 1);
    feed.data(Buffer.concat([packet(0, 0x60), answer('200 OK')]), 1).close();
    expect(feed.printed.slice(-3)).toMatchObject([
      { event: 'response' },
      { event: 'interleaved_data', channel: 0, payload_type: 96, packets: 4 },
      { event: 'interleaved_data', channel: 1, packets: 1 },
    ]);
    expect([...feed.into.of('media_stream')]).toMatchObject([
      {
        ...{ client: 2, server: 1, media: 'video', encoding: 'H264', profile: 'RTP/AVP' },
        ...{ protection: 'clear', carriage: 'rtsp', packetsSeen: 4 },
      },
    ]);
  });

  it('is found again behind a gap', () => {
    const feed = setUp('RTP/AVP/TCP;interleaved=0-1', 'RTP/AVP/TCP;interleaved=0-1');
    feed.data(packet(0, 0x60), 1).gap(500, 1);
    feed.data(Buffer.concat([Buffer.alloc(30, 0x24), packet(0, 0x60), packet(0, 0x60)]), 1).close();
    expect(feed.printed.at(-1)).toMatchObject({ event: 'interleaved_data', packets: 3 });
  });
});

it('survives anything', () => {
  sequence = 0;
  const samples = [
    ask('SETUP', 'rtsp://a:b@192.0.2.7/user=x_password=y_z', 'Transport: RTP/AVP;interleaved=0-1'),
    Buffer.concat([described(), packet(0, 96), packet(1, 200), answer('200 OK')]),
  ];
  expectUnharmed({
    decoder: rtspDecoder,
    flow,
    observer: { ...rtspObserver, protocols: ['rtsp'] },
    samples,
  });
});
