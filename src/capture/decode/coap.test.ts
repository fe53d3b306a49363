import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coapDecoder } from './coap.ts';
import { Feed, testFlow } from './testing.ts';

const udp = { carrier: 'udp', serverPort: 5683 } as const;
const bytes = (hex: string, text = '') =>
  Buffer.concat([Buffer.from(hex.replaceAll(' ', ''), 'hex'), Buffer.from(text)]);
const feed = (...messages: Buffer[]) => {
  const run = new Feed(coapDecoder, udp);
  for (const message of messages) run.data(message, 0);
  return run;
};
const only = (message: Buffer) => {
  const { printed } = feed(message);
  expect(printed.length).toBe(1);
  return printed[0]!;
};
const recognise = (message: Uint8Array, flow: object = udp) =>
  coapDecoder.recognise(message, 0, message.length, 0, testFlow({ carrier: 'udp', ...flow }));

describe('messages', () => {
  it('reads the exchange of RFC 7252, figure 16', () => {
    const { printed } = feed(
      bytes('40 01 7d 34 bb', 'temperature'),
      bytes('60 45 7d 34 ff', '22.3 C'),
    );
    expect(printed).toEqual([
      {
        protocol: 'coap',
        event: 'request',
        method: 'GET',
        type: 'CON',
        message_id: 0x7d34,
        token: '',
        uri_path: '/temperature',
        oscore: false,
        payload_length: 0,
      },
      {
        protocol: 'coap',
        event: 'response',
        code: '2.05',
        type: 'ACK',
        message_id: 0x7d34,
        token: '',
        oscore: false,
        payload_length: 6,
        payload: '22.3 C',
      },
    ]);
  });

  it('reads a protected request of RFC 8613, C.4, and does not show its ciphertext as text', () => {
    const request = '44025d1f00003974396c6f63616c686f7374620914ff612f1092f1776f1c1668b3825e';
    expect(only(bytes(request))).toMatchObject({
      method: 'POST',
      token: '00003974',
      uri_host: 'localhost',
      oscore: true,
      oscore_kid: '',
      payload_length: 13,
    });
  });

  it('reads options with their extended deltas and lengths', () => {
    // Observe 0, Uri-Path of 13 bytes, Content-Format 60, Uri-Query, Accept, Block2 1/1/64, Block1, Size1, No-Response.
    const message = bytes(
      '51 02 00 01 aa 60 5d00 73656e736f72732f6f6e652d31 11 3c 33 613d31 21 32 61 1a 41 0e d1 14 c8 d1b91a',
    );
    expect(only(message)).toMatchObject({
      type: 'NON',
      token: 'aa',
      observe: 0,
      uri_path: '/sensors%2Fone-1',
      content_format: 'application/cbor',
      uri_query: 'a=1',
      accept: 'application/json',
      block2: { num: 1, more: true, size: 64 },
      block1: { num: 0, more: true, size: 1024 },
      size1: 200,
      no_response: 26,
    });
  });

  it('knows empty messages by their types', () => {
    const { printed } = feed(bytes('40 00 00 07'), bytes('60 00 00 08'), bytes('70 00 00 09'));
    expect(printed.map(({ event, type }) => [event, type])).toEqual([
      ['empty', 'CON'],
      ['empty', 'ACK'],
      ['empty', 'RST'],
    ]);
  });

  it('hides secrets of query and payload', () => {
    const run = feed(
      bytes('40 02 00 01 b1 61 4b', 'token=abcde'),
      bytes('40 02 00 02 ff', 'pwd=joshua'),
    );
    const hash = (value: string) => run.secrets.seal(value).hash;
    expect(run.printed[0]).toMatchObject({ uri_query: `token=${hash('abcde')}` });
    expect(run.printed[1]).toMatchObject({
      payload: `pwd=${hash('joshua')}`,
      masked: [hash('joshua')],
    });
  });

  it('reads CoAP over TCP (RFC 8323) in any pieces, and steps over what is too long', () => {
    const stream = Buffer.concat([
      bytes('30 e1 21 04 20'),
      bytes('71 01 77 b6', 'status'),
      Buffer.concat([bytes('e0 751f 45 ff'), Buffer.alloc(30_251)]),
      bytes('00 e2'),
    ]);
    const expected = [
      { event: 'csm' },
      { event: 'request', method: 'GET', token: '77', uri_path: '/status' },
      { event: 'ping' },
    ];
    for (const size of [1, 7, 100_000]) {
      const run = new Feed(coapDecoder);
      for (let at = 0; at < stream.length; at += size) run.data(stream.subarray(at, at + size), 0);
      expect(run.printed).toMatchObject(expected);
      expect(run.printed.length).toBe(3);
    }
  });
});

describe('malformed messages', () => {
  const cases: [string, Buffer, string][] = [
    ['another version', bytes('80 01 00 01'), 'unknown version'],
    ['three bytes', bytes('40 01 00'), 'message too short'],
    ['token of nine bytes', bytes('49 01 00 01 000000000000000000'), 'token length'],
    ['token beyond the end', bytes('44 01 00 01 aa'), 'token length'],
    ['marker without payload', bytes('40 01 00 01 ff'), 'payload marker without payload'],
    ['reserved delta', bytes('40 01 00 01 f0'), 'option header'],
    ['option beyond the end', bytes('40 01 00 01 b5 61'), 'option beyond the message'],
    ['class 1', bytes('40 20 00 01'), 'reserved code'],
    ['signal over UDP', bytes('40 e1 00 01'), 'reserved code'],
  ];
  for (const [name, message, reason] of cases) {
    it(`${name} is reported`, () => {
      expect(only(message)).toMatchObject({ event: 'malformed', reason, readable: false });
    });
  }

  it('what can be read all the same is read', () => {
    const { printed } = feed(
      bytes('60 01 00 01 b1 61'),
      bytes('40 00 00 01 ff 61'),
      bytes('40 01 00 01 64 00000001'),
    );
    expect(printed).toMatchObject([
      { reason: 'acknowledgement with a request', readable: true },
      { event: 'request', uri_path: '/a' },
      { reason: 'empty message with content', readable: true },
      { event: 'empty' },
      { reason: 'option length', readable: true },
      { event: 'request' },
    ]);
  });
});

describe('recognition', () => {
  const elsewhere = { serverPort: 9999 };

  it('takes well-formed messages on its port, and elsewhere requests with a path', () => {
    expect(recognise(bytes('60 45 7d 34 ff', '22.3 C'))).toBe('yes');
    expect(recognise(bytes('40 00 00 01'))).toBe('yes');
    expect(recognise(bytes('40 01 7d 34 bb', 'temperature'), elsewhere)).toBe('yes');
    expect(recognise(bytes('60 45 7d 34 ff', '22.3 C'), elsewhere)).toBe('no');
    expect(recognise(bytes('40 01 7d 34'), elsewhere)).toBe('no');
    expect(recognise(bytes('40 00 00 01'), elsewhere)).toBe('no');
    expect(recognise(bytes('50 00 00 01'))).toBe('no');
  });

  it('leaves the bytes of other protocols alone', () => {
    const dns = `4a01 0100 0001 0000 0000 0000 03777777 07657861 6d706c65 03636f6d 00 0001 0001`;
    const others = [
      bytes(dns),
      bytes('', 'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n\r\n'),
      bytes('', 'NOTIFY * HTTP/1.1\r\n\r\n'),
      bytes('', 'REGISTER sip:example.org SIP/2.0\r\nVia: SIP/2.0/UDP a\r\n\r\n'),
      bytes('', 'OPTIONS sip:a SIP/2.0\r\n\r\n'),
      bytes('16fefd00000000000000000036010000'),
      Buffer.concat([bytes('23'), Buffer.alloc(47)]),
      Buffer.concat([bytes('01010600 3903f326'), Buffer.alloc(232), bytes('63825363 350101 ff')]),
    ];
    for (const other of others) {
      expect(recognise(other, elsewhere)).toBe('no');
      expect(recognise(other)).toBe('no');
    }
  });

  it('is not taken in by noise', () => {
    let taken = 0;
    const sample = fc.sample(fc.uint8Array({ minLength: 8, maxLength: 64 }), {
      numRuns: 20_000,
      seed: 1,
    });
    for (const noise of sample) {
      if (recognise(noise, elsewhere) === 'yes') taken++;
      const stream = { carrier: 'tcp', serverPort: 9999 } as const;
      expect(recognise(noise, stream)).not.toBe('yes');
    }
    expect(taken).toBeLessThan(4);
  });

  it('waits for a whole CSM over TCP', () => {
    const csm = bytes('30 e1 21 04 20');
    const tcp = { carrier: 'tcp' } as const;
    for (let length = 0; length < csm.length; length++)
      expect(recognise(csm.subarray(0, length), tcp)).toBe('more');
    expect(recognise(csm, tcp)).toBe('yes');
    expect(recognise(bytes('00 e1'), tcp)).toBe('no');
    expect(recognise(bytes('00 e1'), { ...tcp, serverPort: 5683 })).toBe('yes');
  });
});

describe('hostile input', () => {
  const message = bytes('44025d1f00003974396c6f63616c686f7374620914ff612f1092f1776f1c1668b3825e');

  it('never throws, whatever the bytes', () => {
    const input = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .array(fc.tuple(fc.nat(message.length - 1), fc.nat(255)), { maxLength: 6 })
        .map((changes) => {
          const mutated = Buffer.from(message);
          for (const [at, value] of changes) mutated[at] = value;
          return mutated;
        }),
      fc.nat(message.length).map((length) => message.subarray(0, length)),
    );
    fc.assert(
      fc.property(input, fc.nat(200), (noise, cut) => {
        for (const event of new Feed(coapDecoder, udp).data(noise, 0).printed)
          expect(event.protocol).toBe('coap');
        new Feed(coapDecoder).data(noise.subarray(0, cut), 0).data(noise.subarray(cut), 0);
        recognise(noise);
        recognise(noise, { carrier: 'tcp' });
      }),
      { numRuns: 3_000 },
    );
  });
});
