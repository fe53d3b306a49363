import { describe, expect, it } from 'vitest';
import { claimsOfNoise, expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { rtpObserver } from '../observe/rtp.ts';
import { type ExpectedMedia, expectedOn, expectMedia } from './rtp/expected.ts';
import { expectDescribed } from './rtp/media.ts';
import { rtpDecoder } from './rtp.ts';
import { Feed, testFlow } from './testing.ts';

const udp = { carrier: 'udp', clientPort: 5_000, serverPort: 6_970 } as const;
const rtp = (
  sequence: number,
  fields: { type?: number; ssrc?: number; time?: number } = {},
): Buffer => {
  const bytes = Buffer.alloc(60, 0x5a);
  bytes[0] = 0x80;
  bytes[1] = fields.type ?? 96;
  bytes.writeUInt16BE(sequence & 0xffff, 2);
  bytes.writeUInt32BE(fields.time ?? sequence * 160, 4);
  bytes.writeUInt32BE(fields.ssrc ?? 0x1234abcd, 8);
  return bytes;
};
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');
/** A sender's report with its description and farewell (RFC 3550, 6.4 to 6.6). */
const report = hex(`80c80006 1234abcd e000000080000000 00010000 00000064 00003e80
  81ca0006 1234abcd 0109 63616d407365676d74 0603 564c43 00000000
  81cb0003 1234abcd 05 6f76657221 0000`);

let id = 1;
const judge = (...said: [Buffer, (0 | 1)?][]): string[] => {
  const flow = testFlow({ ...udp, id: id++ });
  return said.map(([bytes, direction = 0]) =>
    rtpDecoder.recognise(bytes, 0, bytes.length, direction, flow),
  );
};
const media = (fields: Partial<ExpectedMedia> = {}): ExpectedMedia => ({
  media: 'video',
  formats: new Set([96]),
  encodings: new Map([[96, 'H264']]),
  profile: 'RTP/AVP',
  encrypted: false,
  ...fields,
});

describe('recognition', () => {
  it('believes the second packet of a stream', () => {
    expect(judge([rtp(7)], [rtp(8)])).toEqual(['no', 'yes']);
    expect(judge([rtp(65_535)], [rtp(0, { time: 65_536 * 160 })])).toEqual(['no', 'yes']);
    expect(judge([rtp(7)], [rtp(90), 1], [rtp(9)])).toEqual(['no', 'no', 'yes']);
  });

  it('does not where source, type, number or time do not follow', () => {
    expect(judge([rtp(7)], [rtp(8, { ssrc: 5 })])[1]).toBe('no');
    expect(judge([rtp(7)], [rtp(8, { type: 97 })])[1]).toBe('no');
    expect(judge([rtp(7)], [rtp(7)])[1]).toBe('no');
    expect(judge([rtp(7)], [rtp(500)])[1]).toBe('no');
    expect(judge([rtp(7)], [rtp(8, { time: 0 })])[1]).toBe('no');
    expect(judge([rtp(7, { type: 50 })], [rtp(8, { type: 50 })])[1]).toBe('no');
  });

  it('believes the first where signalling announced it, and RTCP by its form', () => {
    const run = {};
    expectMedia(run, '10.0.0.2', 6_970, media());
    const flow = testFlow({ ...udp, run });
    expect(rtpDecoder.recognise(rtp(1), 0, 60, 0, flow)).toBe('yes');
    expect(judge([report])).toEqual(['yes']);
    expect(judge([report.subarray(0, report.length - 4)])).toEqual(['no']);
  });

  it('does not believe random bytes where a stream is announced', () => {
    const run = {};
    expectMedia(run, '10.0.0.2', 6_970, media());
    const flow = testFlow({ ...udp, run });
    expect(rtpDecoder.recognise(rtp(1, { type: 113 }), 0, 60, 0, flow)).toBe('no');
    const feed = new Feed(rtpDecoder, { ...udp, run }).data(rtp(1, { type: 113 }), 0).close();
    expect(feed.events).toEqual([]);
  });

  it.each(Object.keys(OTHERS))('leaves %s alone', (name) => {
    expect(judge([Buffer.from(OTHERS[name]!)], [Buffer.from(OTHERS[name]!)])).toEqual(['no', 'no']);
  });

  it('claims no noise', () => {
    expect(claimsOfNoise(rtpDecoder, { carrier: 'udp' })).toBe(0);
  });
});

describe('a stream', () => {
  it('is told once, with how much of it was seen', () => {
    const feed = new Feed(rtpDecoder, udp, rtpObserver);
    for (let i = 0; i < 5; i++) feed.data(rtp(i), 1);
    feed.data(rtp(0, { ssrc: 9, type: 0 }), 0).close();
    expect(feed.printed).toEqual([
      {
        ...{ protocol: 'rtp', event: 'stream', ssrc: 9, payload_type: 0, encoding: 'PCMU' },
        ...{ media: 'audio', protection: 'unknown', packets: 1, bytes: 48 },
      },
      {
        ...{ protocol: 'rtp', event: 'stream', ssrc: 0x1234abcd, payload_type: 96 },
        ...{ protection: 'unknown', packets: 5, bytes: 240 },
      },
    ]);
    expect([...feed.into.of('media_stream')]).toMatchObject([
      { client: 1, server: 2, packetsSeen: 1, protection: 'unknown' },
      { client: 2, server: 1, packetsSeen: 5, payloadType: 96 },
    ]);
  });

  it('is what signalling says, though it comes later', () => {
    for (const [fields, protection] of [
      [{}, 'clear'],
      [{ profile: 'RTP/SAVP', encrypted: true }, 'encrypted'],
    ] as const) {
      const run = {};
      const feed = new Feed(rtpDecoder, { ...udp, run }, rtpObserver).data(rtp(1), 1);
      expectMedia(run, '10.0.0.1', 5_000, media(fields));
      feed.data(rtp(2), 1).close();
      expect(feed.printed).toMatchObject([{ encoding: 'H264', media: 'video', protection }]);
    }
  });

  it('is encrypted where DTLS is spoken on its ports', () => {
    const dtls = Buffer.from(OTHERS.dtls!);
    const feed = new Feed(rtpDecoder, udp).data(rtp(1), 1).data(dtls, 0).data(rtp(2), 1).close();
    expect(feed.printed.at(-1)).toMatchObject({ event: 'stream', protection: 'encrypted' });
  });

  it('reads headers with sources and extensions', () => {
    const extended = Buffer.concat([
      hex('92600001 00000000 00000007 00000001 00000002 bede0001 10ff0000'),
      Buffer.alloc(10),
    ]);
    expect(new Feed(rtpDecoder, udp).data(extended, 0).close().printed).toMatchObject([
      { ssrc: 7, bytes: 10 },
    ]);
    expect(
      new Feed(rtpDecoder, udp).data(hex('9f600001 00000000 00000007'), 0).printed,
    ).toMatchObject([{ event: 'malformed', reason: 'header longer than its datagram' }]);
  });
});

describe('RTCP', () => {
  it('is read packet by packet', () => {
    expect(new Feed(rtpDecoder, udp).data(report, 0).printed).toEqual([
      {
        ...{ protocol: 'rtcp', event: 'sender_report', ssrc: 0x1234abcd },
        ...{ packet_count: 100, octet_count: 16_000, reports: 0 },
      },
      {
        protocol: 'rtcp',
        event: 'source_description',
        ssrc: 0x1234abcd,
        cname: 'cam@segmt',
        tool: 'VLC',
      },
      { protocol: 'rtcp', event: 'goodbye', ssrc: 0x1234abcd, reason: 'over!' },
    ]);
  });

  it('is malformed only where it is known not to be encrypted', () => {
    const broken = Buffer.from(report);
    broken.writeUInt16BE(900, 2);
    expect(new Feed(rtpDecoder, udp).data(broken, 0).printed).toEqual([]);
    const run = {};
    expectMedia(run, '10.0.0.1', 5_000, media());
    expect(new Feed(rtpDecoder, { ...udp, run }).data(broken, 0).printed).toMatchObject([
      { protocol: 'rtcp', event: 'malformed', reason: 'packet longer than its datagram' },
    ]);
  });
});

describe('streams of a call', () => {
  const session = {
    c: 'IN IP4 192.168.9.9',
    m: [
      { m: 'audio 49170/2 RTP/AVP 0 8' },
      {
        m: 'video 51372 UDP/TLS/RTP/SAVPF 96',
        c: 'IN IP4 224.2.1.1/127',
        a: ['rtpmap:96 VP8/90000'],
      },
      { m: 'image 0 RTP/AVP 34' },
      { m: 'image 54111 udptl t38' },
      { m: 'audio 99999 RTP/AVP 0' },
      { m: '' },
    ],
  };

  it('are expected where the description says, and where its sender is', () => {
    const run = {};
    expectDescribed(run, session, '10.0.0.1');
    const at = (serverAddress: string, serverPort: number) => {
      const expected = expectedOn(testFlow({ run, serverAddress, serverPort }));
      return expected && [expected.media, expected.profile, expected.encrypted];
    };
    for (const address of ['192.168.9.9', '10.0.0.1'])
      expect(at(address, 49_171)).toEqual(['audio', 'RTP/AVP', false]);
    expect(at('224.2.1.1', 51_372)).toEqual(['video', 'UDP/TLS/RTP/SAVPF', true]);
    expect(at('192.168.9.9', 51_372)).toBeUndefined();
    for (const port of [0, 54_111, 99_999]) expect(at('10.0.0.1', port)).toBeUndefined();
  });
});

it('survives anything', () => {
  const observer = { ...rtpObserver, protocols: ['rtp', 'rtcp', 'stun', 'dtls'] };
  expectUnharmed({ decoder: rtpDecoder, flow: udp, observer, samples: [rtp(1), report] });
});
