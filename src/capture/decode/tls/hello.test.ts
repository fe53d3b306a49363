import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { readClientHello, readServerHello } from './hello.ts';
import { ja3String, ja3sString, ja4, md5 } from './ja.ts';
import { clientHello, extension, type HelloParts, serverHello } from './testing.ts';

const read = (parts: HelloParts, dtls = false) => {
  const body = clientHello(parts);
  return readClientHello(body, 0, body.length, dtls);
};

/** The example of the specification, with grease where Chrome puts it. */
const chrome: HelloParts = {
  ciphers: [
    ...[0x1a1a, 0x1301, 0x1302, 0x1303, 0xc02b, 0xc02f, 0xc02c, 0xc030, 0xcca9, 0xcca8, 0xc013],
    ...[0xc014, 0x009c, 0x009d, 0x002f, 0x0035],
  ],
  extensions: [
    [0x2a2a, Buffer.alloc(0)],
    [0x001b, Buffer.alloc(3)],
    extension.serverName('example.org'),
    extension.keyShares(0x0a0a, 0x001d),
    extension.alpn('h2', 'http/1.1'),
    [0x4469, Buffer.alloc(5)],
    [0x0017, Buffer.alloc(0)],
    [0x002d, Buffer.from([1, 1])],
    extension.signatureAlgorithms(
      ...[0x0403, 0x0804, 0x0401, 0x0503, 0x0805, 0x0501, 0x0806, 0x0601],
    ),
    [0x0005, Buffer.alloc(5)],
    [0x0023, Buffer.alloc(0)],
    [0x0012, Buffer.alloc(0)],
    extension.versions(0x6a6a, 0x0304, 0x0303),
    [0xff01, Buffer.from([0])],
    extension.pointFormats(0),
    extension.groups(0x8a8a, 0x001d, 0x0017),
    [0x0015, Buffer.alloc(20)],
  ],
};

describe('JA4', () => {
  test('of the specification’s example', () => {
    expect(ja4(read(chrome), 't')).toBe('t13d1516h2_8daaf6152771_e5627efa2ab1');
  });

  test('without signature algorithms the list of extensions stands alone', () => {
    const extensions = chrome.extensions!.filter(([type]) => type !== 0x000d);
    // The specification’s hash keeps 000d in the list; a hello cannot, so the rest of the rule is shown by counts.
    expect(ja4(read({ ...chrome, extensions }), 't')).toMatch(
      /^t13d1515h2_8daaf6152771_[0-9a-f]{12}$/,
    );
    const empty = chrome.extensions!.map((each) =>
      each[0] === 0x000d ? extension.signatureAlgorithms() : each,
    );
    expect(ja4(read({ ...chrome, extensions: empty }), 't')).toBe(
      't13d1516h2_8daaf6152771_6d807ffa2a79',
    );
  });

  test.each([
    [[0xab], 'ab'],
    [[0xab, 0xcd], 'ad'],
    [[0x30, 0xab], '3b'],
    [[0x30, 0x31, 0xab, 0xcd], '3d'],
    [[0x30, 0xab, 0xcd, 0x31], '01'],
    [[...Buffer.from('h2')], 'h2'],
    [[...Buffer.from('http/1.1')], 'h1'],
    [[...Buffer.from('x')], 'xx'],
    [[], '00'],
  ])('of a first protocol of the bytes %j has the mark %s', (bytes, mark) => {
    const hello = read({ extensions: [extension.alpn(Buffer.from(bytes))] });
    expect(ja4(hello, 't').slice(8, 10)).toBe(mark);
  });

  test.each([
    ['t', {}, 't12i010000_'],
    ['t', { version: 0x0300 }, 'ts3i010000_'],
    ['t', { version: 0x0301 }, 't10i010000_'],
    ['t', { version: 0x0302 }, 't11i010000_'],
    ['t', { version: 0x0399 }, 't00i010000_'],
    ['q', { extensions: [extension.versions(0x0304)] }, 'q13i010100_'],
    ['d', { version: 0xfeff }, 'dd1i010000_'],
    ['d', { version: 0xfefd }, 'dd2i010000_'],
    ['d', { version: 0xfefd, extensions: [extension.versions(0xfefc, 0xfefd)] }, 'dd3i010100_'],
    ['t', { extensions: [extension.serverName('a')] }, 't12d010100_'],
    ['t', { ciphers: Array.from({ length: 120 }, (_, i) => i + 1) }, 't12i990000_'],
  ] as const)('over %s of %j begins %s', (transport, parts, beginning) => {
    expect(ja4(read(parts), transport).startsWith(beginning)).toBe(true);
  });

  test('of nothing but grease is all zeros', () => {
    const hello = read({ ciphers: [0x0a0a], extensions: [[0x1a1a, Buffer.alloc(1)]] });
    expect(ja4(hello, 't')).toBe('t12i000000_000000000000_000000000000');
  });
});

describe('JA3', () => {
  test('of the original publication’s example', () => {
    const string = '769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0';
    const hello = read({
      version: 769,
      ciphers: [47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4],
      extensions: [
        extension.serverName('example.org'),
        extension.groups(23, 24, 25),
        extension.pointFormats(0),
      ],
    });
    expect(ja3String(hello)).toBe(string);
    expect(md5(string)).toBe('ada70206e40642a3e4461f35503241d5');
  });

  test('of a hello without extensions has empty fields', () => {
    const hello = read({ version: 769, ciphers: [4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99] });
    expect(ja3String(hello)).toBe('769,4-5-10-9-100-98-3-6-19-18-99,,,');
    expect(md5(ja3String(hello))).toBe('de350869b8c85de67a350c8d186f11e6');
  });

  test('of the server names what it chose and answered', () => {
    const types = [65281, 0, 11, 35, 5, 16];
    const extensions = types.map((type): [number, Buffer] => [type, Buffer.alloc(0)]);
    const body = serverHello(47, { version: 769, extensions });
    expect(ja3sString(readServerHello(body, 0, body.length))).toBe('769,47,65281-0-11-35-5-16');
  });
});

describe('a ClientHello', () => {
  it('is told without grease and in the client’s order', () => {
    expect(read(chrome)).toMatchObject({
      legacyVersion: 0x0303,
      versions: [0x0304, 0x0303],
      groups: [0x001d, 0x0017],
      keyShares: [0x001d],
      serverName: 'example.org',
      alpn: ['h2', 'http/1.1'],
      flaw: undefined,
    });
  });

  it('of DTLS has a cookie before its suites', () => {
    expect(read({ cookie: Buffer.alloc(20), ciphers: [0xc0a8] }, true)).toMatchObject({
      cookieLength: 20,
      ciphers: [0xc0a8],
      flaw: undefined,
    });
  });

  it('shows identities that people chose and no tickets', () => {
    const identity = (bytes: Buffer) =>
      Buffer.concat([Buffer.from([0, bytes.length]), bytes, Buffer.alloc(4)]);
    const identities = Buffer.concat([
      identity(Buffer.from('sensor-17')),
      identity(Buffer.from([0, 1, 2, 255])),
    ]);
    const data = Buffer.concat([Buffer.from([0, identities.length]), identities]);
    expect(read({ extensions: [[41, data]] }).pskIdentities).toEqual(['sensor-17']);
  });

  it('cut anywhere is flawed or shorter, and keeps what came before', () => {
    const body = clientHello(chrome);
    const whole = readClientHello(body, 0, body.length);
    for (let end = 0; end < body.length; end++) {
      const cut = readClientHello(body, 0, end);
      expect(cut.flaw !== undefined || cut.extensions.length === 0, `cut at ${end}`).toBe(true);
      expect(whole.ciphers.slice(0, cut.ciphers.length)).toEqual(cut.ciphers);
      if (cut.flaw) expect(cut.flaw.offset).toBeLessThanOrEqual(end);
    }
  });

  it('never reads beyond its end', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(80), (noise, from) => {
        const start = Math.min(from, noise.length);
        const guarded = new Proxy(noise, {
          get(target, key) {
            const index = typeof key === 'string' ? Number(key) : Number.NaN;
            if (Number.isInteger(index) && (index < start || index >= noise.length))
              throw new Error(`read at ${index}`);
            return Reflect.get(target, key, target);
          },
        });
        readClientHello(guarded, start, noise.length, from % 2 === 0);
        readServerHello(guarded, start, noise.length);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a ServerHello', () => {
  const readServer = (cipher: number, parts: HelloParts) => {
    const body = serverHello(cipher, parts);
    return readServerHello(body, 0, body.length);
  };

  it('chooses its version in supported_versions', () => {
    const hello = readServer(0x1301, {
      extensions: [
        [43, Buffer.from([3, 4])],
        [51, Buffer.concat([Buffer.from([0x11, 0xec, 0, 4]), Buffer.alloc(4)])],
      ],
    });
    expect(hello).toMatchObject({ version: 0x0304, legacyVersion: 0x0303, group: 0x11ec });
  });

  it('with a certain random is a HelloRetryRequest', () => {
    const random = Buffer.from(
      'cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c',
      'hex',
    );
    const hello = readServer(0x1301, {
      random,
      extensions: [
        [43, Buffer.from([3, 4])],
        [51, Buffer.from([0, 23])],
      ],
    });
    expect(hello).toMatchObject({ retry: true, group: 23 });
  });

  it('of a draft has neither session id nor compression', () => {
    const body = Buffer.concat([
      Buffer.from([0x7f, 0x12]),
      Buffer.alloc(32),
      Buffer.from([0x13, 0x01, 0, 4, 0xff, 1, 0, 0]),
    ]);
    expect(readServerHello(body, 0, body.length)).toMatchObject({
      version: 0x7f12,
      cipher: 0x1301,
      extensions: [0xff01],
      flaw: undefined,
    });
  });
});
