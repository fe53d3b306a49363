import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { httpDecoder } from '../decode/http.ts';
import { Feed, packet } from '../decode/testing.ts';
import { type Observation, Observations } from '../observations.ts';
import { httpObserver } from './http.ts';

const text = (value: string): Buffer => Buffer.from(value.replace(/\r?\n/g, '\r\n'));
const basic = (clear: string) => `Authorization: Basic ${Buffer.from(clear).toString('base64')}`;
const OK = 'HTTP/1.1 200 OK\nContent-Length: 0\n\n';
const DENIED =
  'HTTP/1.1 401 Unauthorized\nWWW-Authenticate: Basic realm="a"\nContent-Length: 0\n\n';

/** Each request with its answer, in one connection to the server of this port. */
function exchanges(
  into: Observations,
  pairs: readonly (readonly [string, (string | undefined)?])[],
  flow = {},
): Observations {
  let carried = [0, 0];
  const payloadBytes = (direction: 0 | 1) => carried[direction]!;
  const session = new Feed(
    httpDecoder,
    { serverPort: 80, payloadBytes, ...flow },
    httpObserver,
    into,
  );
  let number = 1;
  for (const [request, answer] of pairs) {
    const sent = text(request);
    carried = [carried[0]! + sent.length, carried[1]!];
    session.data(sent, 0, packet(number++));
    if (answer === undefined) continue;
    const back = text(answer);
    carried = [carried[0]!, carried[1]! + back.length];
    session.data(back, 1, packet(number++));
  }
  session.close();
  return into;
}
const seen = (...pairs: (readonly [string, (string | undefined)?])[]) =>
  exchanges(new Observations(), pairs);
const logins = (into: Observations) =>
  [...into.of('login')].map(({ method, user, outcome }) => [method, user, outcome]);
const get = (path: string, ...fields: string[]) =>
  `GET ${path} HTTP/1.1\n${['Host: cam', ...fields].join('\n')}\n\n`;
const post = (body: string) =>
  `POST /login HTTP/1.1\nHost: cam\nContent-Type: application/x-www-form-urlencoded\nContent-Length: ${body.length}\n\n${body}`;
const page = (html: string, ...fields: string[]) =>
  `HTTP/1.1 200 OK\n${['Content-Type: text/html', ...fields].join('\n')}\nContent-Length: ${html.length}\n\n${html}`;
const FORM = '<form><input type="password"></form>';

describe('exchanges', () => {
  it('alike in method, path pattern and outcome are counted together', () => {
    const into = seen(
      [get('/api/items/1234567?page=1'), OK],
      [get('/api/items/2345678?page=2'), OK],
      [get('/api/items/3456789?page=3'), DENIED],
      [get('/api/items/4567890?page=3')],
    );
    expect([...into.of('http')].map(({ path, status, count }) => [path, status, count])).toEqual([
      ['/api/items/1234567?page', 200, 2],
      ['/api/items/3456789?page', 401, 1],
      ['/api/items/4567890?page', undefined, 1],
    ]);
  });

  it('tell who asked for what, and what came back', () => {
    const [exchange] = seen([
      get('/config', 'User-Agent: curl', 'Cookie: lang=en; sid=12345678'),
      page('<title>Setup</title>', 'Server: lighttpd'),
    ]).of('http');
    expect(exchange).toMatchObject({
      method: 'GET',
      host: 'cam',
      path: '/config',
      userAgent: 'curl',
      cookie: true,
      cookieNames: ['lang', 'sid'],
      passwordField: false,
      status: 200,
      product: 'lighttpd',
      responseType: 'text/html',
      responseBytes: 20,
      title: 'Setup',
      loginForm: false,
    });
    expect(exchange!.packets.map(({ packet: number }) => number)).toEqual([1, 2]);
  });

  it('keep their pairs when answers are late', () => {
    const into = exchanges(new Observations(), [
      [`${get('/a')}${get('/b')}HEAD /c HTTP/1.1\n\n`],
      [get('/d'), `${OK}${DENIED}${OK}${DENIED}`],
    ]);
    expect([...into.of('http')].map(({ path, status }) => [path, status])).toEqual([
      ['/a', 200],
      ['/b', 401],
      ['/c', 200],
      ['/d', 401],
    ]);
  });

  it('whose request was not seen still tell what the server is', () => {
    const session = new Feed(httpDecoder, { serverPort: 80 }, httpObserver);
    session.data(text('HTTP/1.1 200 OK\nServer: Boa/0.94\nContent-Length: 0\n\n'), 1).close();
    const [exchange] = session.into.of('http');
    expect(exchange).toMatchObject({ method: '', status: 200, product: 'Boa/0.94' });
  });

  it('seen the wrong way round are put right', () => {
    const session = new Feed(httpDecoder, { serverPort: 40_000, clientPort: 80 }, httpObserver);
    session
      .data(text(get('/')), 1)
      .data(text(OK), 0)
      .close();
    const [exchange] = session.into.of('http');
    expect(exchange).toMatchObject({ client: 2, server: 1, clientPort: 40_000, serverPort: 80 });
  });

  it('list the secrets of the packets that prove them', () => {
    const [exchange] = seen([
      get('/x?token=abcdefgh', basic('admin:admin'), 'Cookie: sid=12345678'),
      'HTTP/1.1 200 OK\nSet-Cookie: sid=87654321\nContent-Type: application/json\nContent-Length: 23\n\n{"wifi_key":"v3rysecret"}',
    ]).of('http');
    const revealed = exchange!.secrets.map((secret) => Buffer.from(secret.reveal()).toString());
    expect(revealed).toEqual(
      expect.arrayContaining(['YWRtaW46YWRtaW4=', '12345678', 'abcdefgh', '87654321']),
    );
  });

  it('never show a secret', () => {
    const secret = fc.stringMatching(/^[a-z0-9]{12,20}$/).map((value) => `Zq${value}`);
    fc.assert(
      fc.property(secret, (clear) => {
        const into = seen(
          [
            get(`/a?password=${clear}`, basic(`u:${clear}`), `Cookie: sid=${clear}`),
            `HTTP/1.1 302 Found\nLocation: /b?token=${clear}\nSet-Cookie: sid=${clear}\nContent-Length: 0\n\n`,
          ],
          [get('/b', `Referer: http://a/?pwd=${clear}`, `Authorization: Bearer ${clear}`), OK],
          [post(`user=u&password=${clear}`), OK],
          [get('/c', `X-Api-Key: ${clear}`, `Authorization: ${clear}`), OK],
        );
        for (const kind of into.kinds())
          for (const record of into.of(kind)) expect(JSON.stringify(record)).not.toContain(clear);
      }),
      { numRuns: 50 },
    );
  });
});

describe('a sign-in by Authorization', () => {
  it('is accepted after a challenge, refused with another', () => {
    const into = seen(
      [get('/a'), DENIED],
      [get('/a', basic('admin:wrong')), DENIED],
      [get('/a', basic('admin:right')), OK],
      [get('/b', basic('admin:right')), 'HTTP/1.1 302 Found\nLocation: /c\nContent-Length: 0\n\n'],
    );
    expect(logins(into)).toEqual([
      ['basic', 'admin', 'refused'],
      ['basic', 'admin', 'accepted'],
      ['basic', 'admin', 'accepted'],
    ]);
  });

  it('is accepted unasked, unless the page is open to anybody or asks to sign in', () => {
    expect(logins(seen([get('/a', basic('a:b')), OK]))).toEqual([['basic', 'a', 'accepted']]);
    expect(logins(seen([get('/a'), OK], [get('/a', basic('a:b')), OK]))).toEqual([
      ['basic', 'a', 'unknown'],
    ]);
    expect(logins(seen([get('/a', basic('a:b')), OK], [get('/a'), OK]))).toEqual([
      ['basic', 'a', 'unknown'],
    ]);
    expect(logins(seen([get('/a', basic('a:b')), page(FORM)]))).toEqual([
      ['basic', 'a', 'unknown'],
    ]);
    expect(
      logins(seen([get('/a', basic('a:b')), 'HTTP/1.1 302 Found\nContent-Length: 0\n\n'])),
    ).toEqual([['basic', 'a', 'unknown']]);
  });

  it('is open without an answer, and where only the nonce of Digest was old', () => {
    const digest = 'Authorization: Digest username="o", nonce="1"';
    const stale = 'HTTP/1.1 401 No\nWWW-Authenticate: Digest stale=true\nContent-Length: 0\n\n';
    expect(logins(seen([get('/a', basic('a:b'))]))).toEqual([['basic', 'a', 'unknown']]);
    expect(logins(seen([get('/a', digest), stale], [get('/a', digest), OK]))).toEqual([
      ['digest', 'o', 'unknown'],
      ['digest', 'o', 'accepted'],
    ]);
  });

  it('keeps apart what is tried on different servers', () => {
    const into = new Observations();
    exchanges(into, [[get('/a'), OK]], { server: 2 });
    exchanges(into, [[get('/a', basic('a:b')), OK]], { server: 3 });
    expect(logins(into)).toEqual([['basic', 'a', 'accepted']]);
  });
});

describe('a sign-in by form', () => {
  const body = 'user=admin&password=hunter22';

  it.each([
    [
      'a session begins',
      'HTTP/1.1 302 Found\nLocation: /home\nSet-Cookie: PHPSESSID=1234567\nContent-Length: 0\n\n',
      'accepted',
    ],
    [
      'a session begins on a page',
      page('<h1>Welcome</h1>', 'Set-Cookie: session=1234567'),
      'accepted',
    ],
    ['the form comes again', page(FORM, 'Set-Cookie: session=1234567'), 'refused'],
    ['it is refused', DENIED, 'refused'],
    [
      'it leads back to the form',
      'HTTP/1.1 302 Found\nLocation: /login?error=1\nSet-Cookie: sid=1234567\nContent-Length: 0\n\n',
      'unknown',
    ],
    ['a preference is set', page('<h1>Ok</h1>', 'Set-Cookie: lang=english'), 'unknown'],
    ['nothing tells', OK, 'unknown'],
    ['the server fails', 'HTTP/1.1 500 No\nContent-Length: 0\n\n', 'unknown'],
  ])('where %s', (_what, answer, outcome) => {
    const into = seen([post(body), answer]);
    expect(logins(into)).toEqual([['form', 'admin', outcome]]);
    expect([...into.of('http')]).toMatchObject([{ passwordField: true }]);
  });

  it('is proved by the packet that holds the form', () => {
    const session = new Feed(httpDecoder, { serverPort: 80 }, httpObserver);
    const whole = text(post(body));
    session.data(whole.subarray(0, whole.length - 10), 0, packet(5));
    session.data(whole.subarray(whole.length - 10), 0, packet(6));
    session.data(text(DENIED), 1, packet(7)).close();
    const [login] = session.into.of('login');
    expect(login!.packets.map(({ packet: number }) => number)).toEqual([6]);
  });

  it('may be guessed at, in times', () => {
    const guesses = Array.from(
      { length: 30 },
      (_, i) => [post(`user=admin&password=guess${i}`), DENIED] as const,
    );
    const [login, ...others] = seen(...guesses).of('login');
    expect(others).toEqual([]);
    expect(login).toMatchObject({ outcome: 'refused', count: 30 });
    expect(login!.times.length).toBe(30);
  });
});

describe('a transfer', () => {
  const image = Buffer.concat([Buffer.from('hsqs'), Buffer.alloc(199_996)]);
  function download(request: string, head: string, body: Buffer, came = body.length) {
    let carried = 0;
    const flow = { serverPort: 80, payloadBytes: (side: 0 | 1) => (side === 1 ? carried : 0) };
    const session = new Feed(httpDecoder, flow, httpObserver);
    session.data(text(request), 0);
    const stream = Buffer.concat([text(head), body.subarray(0, came)]);
    for (let at = 0; at < stream.length; at += 1_400) {
      const segment = stream.subarray(at, at + 1_400);
      carried += segment.length;
      session.data(segment, 1);
    }
    session.close();
    return [...session.into.of('transfer')].map(
      ({ name, bytes, magic, toClient }): Partial<Observation<'transfer'>> => ({
        name,
        bytes,
        magic,
        toClient,
      }),
    );
  }
  const head = (...fields: string[]) => `HTTP/1.1 200 OK\n${fields.join('\n')}\n\n`;
  const whole = { name: '/fw/v2', bytes: 200_000, magic: 'squashfs', toClient: true };

  it('of an image is known by its first bytes, however long it was said to be', () => {
    expect(download(get('/fw/v2'), head('Content-Length: 200000'), image)).toEqual([whole]);
    expect(download(get('/fw/v2'), head('Connection: close'), image)).toEqual([whole]);
    const chunked = Buffer.concat([Buffer.from('30d40\r\n'), image, Buffer.from('\r\n0\r\n\r\n')]);
    expect(download(get('/fw/v2'), head('Transfer-Encoding: chunked'), chunked)).toEqual([whole]);
  });

  it('that was cut off has as many bytes as came', () => {
    const [cut] = download(get('/fw/v2'), head('Content-Length: 200000'), image, 50_000);
    expect(cut!.bytes).toBeGreaterThan(49_000);
    expect(cut!.bytes).toBeLessThan(70_000);
  });

  it('in pieces is noted piece by piece', () => {
    const session = new Feed(httpDecoder, { serverPort: 80 }, httpObserver);
    for (let from = 0; from < 3; from++) {
      const range = `Content-Range: bytes ${from * 4096}-${from * 4096 + 4095}/200000`;
      const piece = image.subarray(from * 4096, from * 4096 + 4096);
      session.data(text(get('/fw/v2')), 0);
      session.data(text(`HTTP/1.1 206 Partial Content\n${range}\nContent-Length: 4096\n\n`), 1);
      session.data(piece, 1);
    }
    session.close();
    const transfers = [...session.into.of('transfer')];
    expect(transfers.map(({ magic, count, bytes }) => [magic, count, bytes])).toEqual([
      ['squashfs', 1, 4096],
      [undefined, 2, 4096],
    ]);
  });

  it('to a device is noted as well', () => {
    const session = new Feed(
      httpDecoder,
      { serverPort: 80, payloadBytes: () => 200_000 },
      httpObserver,
    );
    session.data(
      text(
        'POST /upgrade HTTP/1.1\nContent-Type: multipart/form-data; boundary=b\nContent-Length: 200000\n\n--b\nContent-Disposition: form-data; name="f"; filename="a.bin"\n\n',
      ),
      0,
    );
    session.data(image, 0).close();
    expect([...session.into.of('transfer')]).toMatchObject([
      { name: '/upgrade', magic: 'squashfs', toClient: false },
    ]);
  });

  it('of something to watch is none', () => {
    const film = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(100_000)]);
    expect(download(get('/a.jpg'), head('Connection: close'), film)).toEqual([]);
    const type = head('Content-Type: video/mp4');
    expect(download(get('/firmware.bin'), type, Buffer.alloc(100_000))).toEqual([]);
  });
});

describe('a port mapping', () => {
  const body =
    '<u:AddPortMapping><NewExternalPort>8080</NewExternalPort><NewProtocol>UDP</NewProtocol><NewInternalPort>80</NewInternalPort><NewInternalClient>10.0.0.5</NewInternalClient><NewPortMappingDescription>cam</NewPortMappingDescription><NewLeaseDuration>0</NewLeaseDuration></u:AddPortMapping>';
  const soap = (action: string) =>
    `POST /ctl HTTP/1.1\nSOAPAction: "urn:schemas-upnp-org:service:WANPPPConnection:1#${action}"\nContent-Type: text/xml\nContent-Length: ${body.length}\n\n${body}`;

  it.each([
    ['granted', OK],
    ['refused', 'HTTP/1.1 500 Internal Server Error\nContent-Length: 0\n\n'],
    ['unknown', undefined],
  ])('is %s by the gateway', (outcome, answer) => {
    const into = seen([soap('AddPortMapping'), answer]);
    expect([...into.of('port_mapping')]).toMatchObject([
      {
        protocol: 'upnp',
        externalPort: 8080,
        internalPort: 80,
        internalClient: '10.0.0.5',
        transport: 'udp',
        lease_s: 0,
        description: 'cam',
        outcome,
      },
    ]);
  });

  it('that is taken away opens nothing', () => {
    expect([...seen([soap('DeletePortMapping'), OK]).of('port_mapping')]).toEqual([]);
  });

  describe('commands over a maker’s UPnP services', () => {
    const call = (service: string, head = '') =>
      `POST /upnp/control/basicevent1 HTTP/1.1\n${head}SOAPACTION: "urn:${service}"\nContent-Length: 0\n\n`;
    const controls = (request: string, answer?: string) => [
      ...seen([request, answer]).of('local_control'),
    ];

    it('are told apart by what they do, whether the asker signed in, and the answer', () => {
      expect(controls(call('Belkin:service:basicevent:1#SetBinaryState'), OK)).toMatchObject([
        {
          protocol: 'upnp',
          operation: 'basicevent#SetBinaryState',
          effect: 'change',
          protection: 'none',
          outcome: 'accepted',
        },
      ]);
      const read = call('Belkin:service:basicevent:1#GetBinaryState', `${basic('a:b')}\n`);
      expect(controls(read)).toMatchObject([
        { effect: 'read', protection: 'key', outcome: 'unknown' },
      ]);
      expect(controls(call('Belkin:service:basicevent:1#SetBinaryState'), DENIED)).toMatchObject([
        { outcome: 'refused' },
      ]);
    });

    it('are not what UPnP defines for everybody', () => {
      expect(controls(call('schemas-upnp-org:service:RenderingControl:1#SetVolume'), OK)).toEqual(
        [],
      );
    });
  });
});
