import { describe, expect, it } from 'vitest';
import { bytesOf, conversations } from '../../../test/support/peers.ts';
import { Observations } from '../observations.ts';
import { httpObserver } from '../observe/http.ts';
import { http2Decoder } from './http2.ts';
import { claimsOfNoise, endure, Feed, testFlow } from './testing.ts';

const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
const frame = (type: number, flags: number, stream: number, body: string | Buffer = ''): Buffer => {
  const bytes = typeof body === 'string' ? bytesOf(body) : body;
  const head = Buffer.alloc(9);
  head.writeUIntBE(bytes.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, bytes]);
};
const settings = frame(4, 0, 0, '0003 0000 0064');
/** A literal field without indexing. */
const field = (name: string, value: string): Buffer =>
  Buffer.concat([
    Buffer.from([0, name.length]),
    Buffer.from(name),
    Buffer.from([value.length]),
    Buffer.from(value),
  ]);
const fields = (pairs: Readonly<Record<string, string>>): Buffer =>
  Buffer.concat(Object.entries(pairs).map(([name, value]) => field(name, value)));
const get = { ':method': 'GET', ':scheme': 'http', ':path': '/', ':authority': 'hub.local' };
const END = 5;
const HEADERS_ONLY = 4;
const opened = () => new Feed(http2Decoder).data(PREFACE, 0).data(settings, 0).data(settings, 1);
const recognise = (bytes: Uint8Array, direction: 0 | 1 = 0) =>
  http2Decoder.recognise(bytes, 0, bytes.length, direction, testFlow({ serverPort: 8080 }));
const named = (feed: Feed) =>
  feed.printed.map(({ event, status, url, reason }) => reason ?? status ?? url ?? event);

describe('recognition', () => {
  it('knows a client by its preface, and a server by its settings', () => {
    for (let length = 0; length < PREFACE.length; length++)
      expect(recognise(PREFACE.subarray(0, length))).toBe('more');
    expect(recognise(PREFACE)).toBe('yes');
    for (let length = 0; length < 11; length++)
      expect(recognise(settings.subarray(0, length), 1), String(length)).toBe('more');
    expect(recognise(settings, 1)).toBe('yes');
    expect(recognise(frame(4, 0, 0), 1)).toBe('more');
    expect(recognise(Buffer.concat([frame(4, 0, 0), frame(4, 1, 0)]), 1)).toBe('yes');
  });

  it.each([
    'PROPFIND / HTTP/1.1\r\n',
    '\x00\x00\x00\x05\x00\x01',
    '\x00\x1e\x12\x34\x01\x00\x00\x01',
  ])('leaves %j alone', (other) => {
    expect(recognise(Buffer.from(other, 'latin1'))).toBe('no');
  });

  it('is not taken in by noise', () => {
    expect(claimsOfNoise(http2Decoder, {})).toBe(0);
  });
});

describe('requests and responses', () => {
  it('puts together what CONTINUATION, padding and priority spread', () => {
    const block = fields({ ...get, cookie: 'a=1', 'user-agent': 'panel' });
    const more = field('cookie', 'session=0123456789');
    const feed = opened();
    const head = Buffer.concat([bytesOf('03 80000000 10'), block.subarray(0, 20), Buffer.alloc(3)]);
    feed.data(frame(1, 0x29, 1, head), 0);
    feed.data(frame(9, 0, 1, block.subarray(20)), 0);
    feed.data(frame(9, 4, 1, more), 0);
    expect(feed.printed.at(-1)).toMatchObject({
      event: 'request',
      http_method: 'GET',
      url: '/',
      version: 'HTTP/2',
      hostname: 'hub.local',
      http_user_agent: 'panel',
      cookies: ['a', 'session'],
      stream_id: 1,
    });
  });

  it('seals credentials, and counts bodies that come in pieces among other streams', () => {
    const feed = opened();
    const post = { ...get, ':method': 'POST', 'content-type': 'application/x-www-form-urlencoded' };
    feed.data(frame(1, HEADERS_ONLY, 1, fields(post)), 0);
    feed.data(frame(1, END, 3, fields(get)), 0);
    feed.data(frame(0, 0, 1, Buffer.from('user=ada&pass')), 0);
    feed.data(
      frame(
        0,
        9,
        1,
        Buffer.concat([Buffer.from([4]), Buffer.from('word=lovelace'), Buffer.alloc(4)]),
      ),
      0,
    );
    expect(feed.printed.slice(2)).toMatchObject([
      { stream_id: 3 },
      { stream_id: 1, length: 26, credentials: [{ method: 'form', username: 'ada' }] },
    ]);
    expect(JSON.stringify(feed.events)).not.toContain('lovelace');
  });

  it('tells interim answers, trailers and pushed requests from answers', () => {
    const feed = opened();
    feed.data(frame(1, END, 1, fields(get)), 0);
    feed.data(frame(1, HEADERS_ONLY, 1, fields({ ':status': '103' })), 1);
    feed.data(
      frame(5, 4, 1, Buffer.concat([bytesOf('00000002'), fields({ ...get, ':path': '/style' })])),
      1,
    );
    feed.data(
      frame(1, HEADERS_ONLY, 1, fields({ ':status': '200', 'content-type': 'text/plain' })),
      1,
    );
    feed.data(frame(0, 0, 1, Buffer.from('hello')), 1);
    feed.data(frame(1, END, 1, fields({ 'grpc-status': '0' })), 1);
    feed.close();
    expect(named(feed)).toEqual(['settings', 'settings', '/', 103, 200]);
    expect(feed.printed.at(-1)).toMatchObject({ length: 5 });
  });

  it('says what of a stream was seen when it is reset or the connection ends', () => {
    const feed = opened();
    feed.data(frame(1, HEADERS_ONLY, 1, fields({ ...get, ':method': 'POST' })), 0);
    feed.data(frame(3, 0, 1, '00000008'), 0);
    feed.data(frame(1, HEADERS_ONLY, 3, fields({ ...get, ':method': 'POST', ':path': '/b' })), 0);
    feed.data(frame(7, 0, 0, '00000003 0000000b'), 1).close();
    expect(named(feed)).toEqual(['settings', 'settings', 'rst_stream', '/', 'goaway', '/b']);
    expect(feed.printed[4]).toMatchObject({ error_code: 'ENHANCE_YOUR_CALM', stream_id: 3 });
  });

  it('holds the beginnings of few bodies, and counts all', () => {
    const feed = opened();
    const post = { ...get, ':method': 'POST', 'content-type': 'application/x-www-form-urlencoded' };
    const ids = Array.from({ length: 50 }, (_, i) => 2 * i + 1);
    for (const id of ids) feed.data(frame(1, HEADERS_ONLY, id, fields(post)), 0);
    for (const id of ids) feed.data(frame(0, 0, id, Buffer.from('user=ada&password=')), 0);
    for (const id of ids) feed.data(frame(0, 1, id, Buffer.from('lovelace')), 0);
    const requests = feed.printed.slice(2);
    expect(requests.every(({ length }) => length === 26)).toBe(true);
    expect(requests.filter(({ credentials }) => credentials).length).toBe(8);
  });

  it('reads DNS messages in bodies and URLs (RFC 8484)', () => {
    // The example of RFC 8484, 4.1.1.
    const query = 'AAABAAABAAAAAAAAA3d3dwdleGFtcGxlA2NvbQAAAQAB';
    const dns = { 'content-type': 'application/dns-message' };
    const feed = opened();
    feed.data(frame(1, END, 1, fields({ ...get, ':path': `/dns-query?dns=${query}` })), 0);
    feed.data(frame(1, HEADERS_ONLY, 3, fields({ ...get, ...dns, ':method': 'POST' })), 0);
    feed.data(frame(0, 1, 3, Buffer.from(query, 'base64url')), 0);
    feed.data(frame(1, END, 5, fields({ ...get, ':path': `/page?dns=${'A'.repeat(44)}` })), 0);
    const asked = feed.printed.filter(({ protocol }) => protocol === 'dns');
    expect(asked).toMatchObject([
      { event: 'query', rrname: 'www.example.com', rrtype: 'A' },
      { event: 'query', rrname: 'www.example.com', rrtype: 'A' },
    ]);
  });
});

describe('what breaks the specification', () => {
  const give = (...frames: Buffer[]) => {
    const feed = opened();
    for (const each of frames) feed.data(each, 0);
    return feed;
  };

  it.each([
    ['a field block that cannot be read', [frame(1, END, 1, 'be')], 'index without a table entry'],
    [
      'frames in a field block',
      [frame(1, 1, 1, fields(get)), settings],
      'field block without its end',
    ],
    ['CONTINUATION of nothing', [frame(9, 4, 1, '82')], 'continuation of nothing'],
    ['padding beyond the frame', [frame(0, 8, 1, 'ff')], 'padding beyond the frame'],
    ['fields on stream 0', [frame(1, END, 0, fields(get))], 'frame of fields'],
  ])('%s ends the reading', (_, frames, reason) => {
    const feed = give(...frames);
    expect(named(feed).at(-1)).toBe(reason);
    expect(feed.parser.done).toBe(true);
  });

  it('half a setting, or a request without a path, is reported and passed over', () => {
    const feed = give(
      frame(4, 0, 0, '0003 00'),
      frame(1, END, 1, fields({ ':method': 'GET' })),
      frame(1, END, 3, fields(get)),
    );
    expect(named(feed).slice(2)).toEqual(['settings', 'request without a path', '/']);
    expect(feed.parser.done).toBe(false);
  });
});

describe('hostile input', () => {
  const [session] = conversations('http2');

  it('reads the same whatever the pieces', () => {
    const whole = new Feed(http2Decoder);
    const pieces = new Feed(http2Decoder);
    for (const [bytes, direction] of session!) {
      whole.data(bytes, direction);
      for (let at = 0; at < bytes.length; at += 11)
        pieces.data(bytes.subarray(at, at + 11), direction);
    }
    expect(pieces.close().printed).toEqual(whole.close().printed);
    expect(whole.printed.length).toBeGreaterThan(30);
  });

  it('never throws', () => {
    expect(endure(http2Decoder, session!.slice(0, 12), {}, httpObserver)).toBeGreaterThan(0);
    for (const conversation of conversations('h2c')) {
      expect(endure(http2Decoder, conversation, {}, httpObserver, 100)).toBeGreaterThanOrEqual(0);
    }
  });
});

describe('observations', () => {
  it('are those of HTTP', () => {
    const into = new Observations();
    const feed = new Feed(http2Decoder, {}, httpObserver, into);
    feed.data(PREFACE, 0).data(settings, 0);
    feed.data(frame(1, END, 1, fields({ ...get, authorization: 'Basic YWRtaW46YWRtaW4=' })), 0);
    feed.data(frame(1, END, 1, fields({ ':status': '200', server: 'hub/4.2' })), 1).close();
    expect(into.of('http')).toMatchObject([
      { method: 'GET', host: 'hub.local', authorization: 'basic', status: 200, product: 'hub/4.2' },
    ]);
    expect(into.of('login')).toMatchObject([{ protocol: 'http', method: 'basic', user: 'admin' }]);
  });
});
