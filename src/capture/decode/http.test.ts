import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Direction } from '../decoder.ts';
import { httpDecoder } from './http.ts';
import { Feed, testFlow } from './testing.ts';

const text = (value: string): Buffer => Buffer.from(value.replace(/\r?\n/g, '\r\n'), 'utf8');
const recognise = (value: string | Uint8Array, direction: Direction = 0) => {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'latin1') : value;
  return httpDecoder.recognise(bytes, 0, bytes.length, direction, testFlow());
};
const feed = () => new Feed(httpDecoder, { serverPort: 80 });
const asked = (request: string) => feed().data(text(request), 0).close().printed[0];
const answered = (request: string, answer: string) =>
  feed().data(text(request), 0).data(text(answer), 1).close().printed;
const names = (events: Record<string, unknown>[]) =>
  events.map(({ event, status }) => (status === undefined ? event : status));

const GET = 'GET / HTTP/1.1\nHost: cam\n\n';

describe('recognition', () => {
  it('knows requests and answers on any port', () => {
    expect(recognise('GET / HTTP/1.1\r\n')).toBe('yes');
    expect(recognise('POST http://a/b HTTP/1.0\n')).toBe('yes');
    expect(recognise('M-SEARCH * HTTP/1.1\r\n')).toBe('yes');
    expect(recognise('CONNECT a:443 HTTP/1.1\r\n')).toBe('yes');
    expect(recognise('HTTP/1.1 200 OK\r\n', 1)).toBe('yes');
    expect(recognise('HTTP/1.0 404', 1)).toBe('yes');
  });

  it('waits for as much of the first line as it needs', () => {
    for (let length = 1; length < 15; length++)
      expect(recognise('GET / HTTP/1.1\r\n'.slice(0, length))).toBe('more');
    expect(recognise('HTTP/1.', 1)).toBe('more');
    expect(recognise(`GET /${'a'.repeat(1_500)}`)).toBe('yes');
  });

  it('leaves the bytes of other protocols alone', () => {
    const others = [
      'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'OPTIONS rtsp://a/b RTSP/1.0\r\n',
      'REGISTER sip:a SIP/2.0\r\n',
      'SIP/2.0 200 OK\r\n',
      'RTSP/1.0 200 OK\r\n',
      'SSH-2.0-OpenSSH_9.2\r\n',
      '220 FTP ready\r\n',
      'USER admin\r\n',
      'EHLO a\r\n',
      'HTTP/2 200',
      'HTTPS is fine\r\n',
      '\x16\x03\x01\x02\x00',
      '\x10\x0e\x00\x04MQTT\x04',
      '\xff\xfd\x18',
      'get / HTTP/1.1\r\n',
      'GET  HTTP/1.1\r\n',
    ];
    for (const other of others) expect(recognise(other), other).toBe('no');
  });
});

describe('a request', () => {
  it('is told with the fields of EVE', () => {
    const event = asked(
      'GET /a?b=c HTTP/1.1\nHost: Camera.example:8080\nUser-Agent: Cam/1.0\nReferer: http://x/\nCookie: lang=en; PHPSESSID=0123456789\n\n',
    );
    expect(event).toMatchObject({
      protocol: 'http',
      event: 'request',
      http_method: 'GET',
      url: '/a?b=c',
      version: 'HTTP/1.1',
      hostname: 'camera.example',
      http_port: 8080,
      http_user_agent: 'Cam/1.0',
      http_refer: 'http://x/',
      cookies: ['lang', 'PHPSESSID'],
      length: 0,
    });
  });

  it('takes the host from an absolute target, and IPv6 in brackets', () => {
    expect(asked('GET http://a.example:81/x HTTP/1.1\n\n')).toMatchObject({
      hostname: 'a.example',
      http_port: 81,
    });
    expect(asked('GET / HTTP/1.1\nHost: [fe80::1]:80\n\n')).toMatchObject({
      hostname: '[fe80::1]',
      http_port: 80,
    });
  });

  it('may fold lines, end them with LF only, and repeat fields', () => {
    const event = feed().data(
      Buffer.from('GET / HTTP/1.1\nHost: a\nUser-Agent: b\n\tc\nUser-Agent: d\n\n'),
      0,
    ).printed[0];
    expect(event).toMatchObject({ hostname: 'a', http_user_agent: 'b c, d' });
  });
});

describe('credentials', () => {
  const basic = (clear: string) =>
    asked(`GET / HTTP/1.1\nAuthorization: Basic ${Buffer.from(clear).toString('base64')}\n\n`)!;
  const form = (type: string, body: string) =>
    asked(
      `POST /login HTTP/1.1\nContent-Type: ${type}\nContent-Length: ${body.length}\n\n${body}`,
    )!;
  const hash = (clear: string) => feed().secrets.seal(clear).hash;

  it('of Basic are a name and a sealed password, which may hold colons or be empty', () => {
    expect(basic('admin:a:b')).toMatchObject({
      authorization: { scheme: 'basic', username: 'admin' },
      credentials: [{ method: 'basic', username: 'admin', secret: hash('a:b') }],
    });
    expect(basic(':')).toMatchObject({ credentials: [{ username: '', secret: hash('') }] });
    expect(basic('x')).toMatchObject({ credentials: [{ username: 'x' }] });
    expect(asked('GET / HTTP/1.1\nAuthorization: Basic\n\n')).toMatchObject({
      credentials: [{ method: 'basic' }],
    });
  });

  it('of Digest hold no secret', () => {
    const event = asked(
      'GET / HTTP/1.1\nAuthorization: Digest username="owner", realm="a", response="0123"\n\n',
    );
    expect(event).toMatchObject({ authorization: { scheme: 'digest', username: 'owner' } });
    expect(event!.credentials).toEqual([{ method: 'digest', username: 'owner' }]);
  });

  it('are found in bearer tokens, cookies, own fields and URLs', () => {
    const event = asked(
      'GET /x?user=eve&password=p%40ss&csrf_token=12345678 HTTP/1.1\nAuthorization: Bearer abc.def\nCookie: sid=cookie-value; _ga=visitor-1234\nX-Api-Key: key-1234\n\n',
    );
    expect(event!.credentials).toEqual([
      { method: 'bearer', secret: hash('abc.def') },
      { method: 'cookie', secret: hash('cookie-value') },
      { method: 'token', secret: hash('key-1234') },
      { method: 'url', username: 'eve', secret: hash('p@ss') },
    ]);
    expect(event!.url).toBe(
      `/x?user=eve&password=${hash('p%40ss')}&csrf_token=${hash('12345678')}`,
    );
  });

  it('are found in URLs with user information', () => {
    expect(asked('GET http://joe:pw1@a/ HTTP/1.1\n\n')).toMatchObject({
      url: `http://joe:${hash('pw1')}@a/`,
      credentials: [{ method: 'url', username: 'joe', secret: hash('pw1') }],
    });
  });

  it.each([
    ['application/x-www-form-urlencoded', 'username=admin&password=s3cret%21', 's3cret!'],
    ['application/x-www-form-urlencoded', 'psw=s3cret%21&loginUser=admin', 's3cret!'],
    ['application/json', '{"user":"admin","userPwd":"s3cret!"}', 's3cret!'],
    ['application/json', '{"account":"admin","pin": 4711}', '4711'],
    ['text/plain', '{"user":"admin","pass":"s3\\u0063ret!"}', 's3cret!'],
    ['application/xml', '<u:Login><user>admin</user><Password>a&amp;b</Password></u:Login>', 'a&b'],
    [
      'multipart/form-data; boundary=b',
      '--b\nContent-Disposition: form-data; name="user"\n\nadmin\n--b\nContent-Disposition: form-data; name="password"\n\ns3cret!\n--b--\n',
      's3cret!',
    ],
  ])('are found in a form of %s', (type, body, clear) => {
    const event = form(type, body.replaceAll('\n', '\r\n'));
    expect(event.credentials).toEqual([{ method: 'form', username: 'admin', secret: hash(clear) }]);
    expect(JSON.stringify(event)).not.toContain(clear);
  });

  it('are not seen where there are none', () => {
    for (const body of ['pin=4&value=1', 'password=', 'compass=north&passive=1', 'has_password=1'])
      expect(form('application/x-www-form-urlencoded', body).credentials, body).toBeUndefined();
  });
});

describe('an answer', () => {
  it('is told with the fields of EVE', () => {
    const [, event] = answered(
      GET,
      'HTTP/1.1 401 Unauthorized\nServer: lighttpd/1.4\nContent-Type: text/html; charset=utf-8\nWWW-Authenticate: Basic realm="cam"\nSet-Cookie: sid=abcdef; Path=/\nSet-Cookie: lang=en\nLocation: /l?token=abcdefgh\nContent-Length: 5\n\nhello',
    );
    expect(event).toMatchObject({
      event: 'response',
      status: 401,
      version: 'HTTP/1.1',
      server: 'lighttpd/1.4',
      http_content_type: 'text/html',
      content_length: 5,
      length: 5,
      www_authenticate: 'Basic realm="cam"',
      set_cookies: ['sid', 'lang'],
      login_form: false,
    });
    expect(JSON.stringify(event)).not.toMatch(/abcdef/);
  });

  it.each([
    ['<html><title>\n Cam &amp; co </title><input name=p type="password">', 'Cam & co', true],
    ['<title>Sign in</title>', 'Sign in', true],
    ['<title>Blog in the making</title>', 'Blog in the making', false],
    ['<h1>Status</h1>', undefined, false],
  ])('that is a page shows its title and whether it asks to sign in', (html, title, form) => {
    const [, event] = answered(GET, `HTTP/1.1 200 OK\nContent-Type: text/html\n\n${html}`);
    expect(event!.title).toBe(title);
    expect(event!.login_form).toBe(form);
  });

  it('that is compressed is not judged', () => {
    const [, event] = answered(
      GET,
      'HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Encoding: gzip\nContent-Length: 4\n\nabcd',
    );
    expect(event).toMatchObject({ content_encoding: 'gzip', length: 4 });
    expect(event!.login_form).toBeUndefined();
  });

  it('that is a UPnP description shows the device', () => {
    const xml =
      '<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><device><deviceType>urn:schemas-upnp-org:device:Basic:1</deviceType><friendlyName>Cam &lt;1&gt;</friendlyName><manufacturer>M</manufacturer><modelName/><modelNumber>1.0.3</modelNumber><serialNumber>0042</serialNumber><UDN>uuid:1</UDN></device></root>';
    const [, event] = answered(GET, `HTTP/1.1 200 OK\nContent-Type: text/xml\n\n${xml}`);
    expect(event!.upnp).toEqual({
      device_type: 'urn:schemas-upnp-org:device:Basic:1',
      friendly_name: 'Cam <1>',
      manufacturer: 'M',
      model_number: '1.0.3',
      serial_number: '0042',
      udn: 'uuid:1',
    });
  });

  it('that is large shows by its first bytes what it is, without being read', () => {
    const session = feed().data(text('GET /fw.bin HTTP/1.1\n\n'), 0);
    session.data(text('HTTP/1.1 200 OK\nContent-Length: 200000\n\n'), 1);
    expect(session.events.length).toBe(1);
    session.data(Buffer.concat([Buffer.from('27051956', 'hex'), Buffer.alloc(600)]), 1);
    expect(session.printed[1]).toMatchObject({ magic: 'uimage', length: 200_000 });
    session.data(Buffer.alloc(199_396), 1).data(text(GET), 0);
    session.data(text('HTTP/1.1 204 No Content\n\n'), 1);
    expect(names(session.printed)).toEqual(['request', 200, 'request', 204]);
  });
});

describe('bodies', () => {
  it('of pipelined messages on one connection are told apart', () => {
    const session = feed().data(
      text(
        'POST /a HTTP/1.1\nContent-Length: 3\nContent-Type: a/b\n\nxyzHEAD /b HTTP/1.1\n\nGET /c HTTP/1.1\n\nGET /d HTTP/1.1\n\nGET /e HTTP/1.1\n\n',
      ),
      0,
    );
    session.data(
      text(
        'HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nContent-Length: 2\n\nokHTTP/1.1 200 OK\nContent-Length: 99\n\nHTTP/1.1 304 Not Modified\nContent-Length: 99\n\nHTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3;x=y\nabc\n1F\n0123456789012345678901234567890\n0\nTrailer: a\n\nHTTP/1.1 204 No Content\n\n',
      ),
      1,
    );
    const requests = session.printed.filter(({ event }) => event === 'request');
    const answers = session.printed.filter(({ event }) => event === 'response');
    expect(requests.map(({ url, length }) => [url, length])).toEqual([
      ...[['/a', 3]],
      ...['/b', '/c', '/d', '/e'].map((url) => [url, 0]),
    ]);
    expect(answers.map(({ status, length }) => [status, length])).toEqual([
      ...[[100, 0]],
      ...[[200, 2]],
      ...[[200, 0]],
      ...[[304, 0]],
      ...[[200, 34]],
      ...[[204, 0]],
    ]);
  });

  it('without a length go on until the connection closes', () => {
    const session = feed().data(text(GET), 0).data(text('HTTP/1.0 200 OK\n\nabc'), 1);
    session.data(Buffer.alloc(100_000), 1).close();
    expect(session.printed[1]).toMatchObject({ status: 200, length: 100_003 });
  });

  it('of requests that were cut off are told at the end', () => {
    const session = feed().data(
      text(
        'POST / HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 900\n\npassword=abc',
      ),
      0,
    );
    expect(session.events).toEqual([]);
    expect(session.close().printed).toMatchObject([{ event: 'request', length: 900 }]);
  });

  it('are told before the answer that came too early', () => {
    const session = feed().data(text('POST / HTTP/1.1\nContent-Length: 900\n\n{'), 0);
    session.data(text('HTTP/1.1 413 Too Large\nContent-Length: 0\n\n'), 1);
    expect(names(session.printed)).toEqual(['request', 413]);
  });
});

describe('a connection', () => {
  it('is handed over after CONNECT and Upgrade', () => {
    const tunnel = feed().data(text('CONNECT a:443 HTTP/1.1\nHost: a:443\n\n'), 0);
    expect(tunnel.parser.handover).toBe(false);
    tunnel.data(text('HTTP/1.1 200 Connection established\n\n'), 1);
    expect(tunnel.parser.handover).toBe(true);

    const refused = feed().data(text('CONNECT a:443 HTTP/1.1\n\n'), 0);
    refused.data(text('HTTP/1.1 403 Forbidden\nContent-Length: 0\n\n'), 1);
    expect(refused.parser.handover).toBe(false);

    const socket = feed().data(text('GET /ws HTTP/1.1\nUpgrade: websocket\n\n'), 0);
    socket.data(text('HTTP/1.1 101 Switching Protocols\nUpgrade: WebSocket\n\n'), 1);
    expect(socket.parser.handover).toBe(true);
    expect(socket.printed[1]).toMatchObject({ status: 101, upgrade: 'websocket' });
  });

  it('finds its feet again after a gap', () => {
    const session = feed()
      .data(text(`${GET}POST /a HTTP/1.1\nContent-Le`), 0)
      .gap(500, 0);
    session.data(text('garbage that was a body'), 0).data(text('GET /c HTTP/1.1\n\n'), 0);
    expect(session.printed.map(({ url }) => url)).toEqual(['/', '/c']);
  });

  it('goes on over a gap within a body', () => {
    const session = feed().data(text(GET), 0);
    session.data(
      text('HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 1000\n\n<title>a</title>'),
      1,
    );
    session.gap(500, 1);
    expect(session.printed[1]).toMatchObject({ title: 'a' });
    session.data(Buffer.alloc(484), 1).data(text(GET), 0);
    session.data(text('HTTP/1.1 204 No\n\n'), 1);
    expect(names(session.printed)).toEqual(['request', 200, 'request', 204]);
  });

  it('may be seen the wrong way round', () => {
    const session = feed().data(text(GET), 1).data(text('HTTP/1.1 204 No\n\n'), 0);
    expect(names(session.printed)).toEqual(['request', 204]);
  });
});

describe('port mappings', () => {
  const soap = (action: string, body: string) =>
    `POST /ctl HTTP/1.1\nHost: gw\nContent-Type: text/xml; charset="utf-8"\nSOAPAction: "urn:schemas-upnp-org:service:WANIPConnection:1#${action}"\nContent-Length: ${body.length}\n\n${body}`;
  const add =
    '<s:Envelope><s:Body><u:AddPortMapping xmlns:u="x"><NewRemoteHost></NewRemoteHost><NewExternalPort>8080</NewExternalPort><NewProtocol>tcp</NewProtocol><NewInternalPort>80</NewInternalPort><NewInternalClient>192.168.1.5</NewInternalClient><NewEnabled>1</NewEnabled><NewPortMappingDescription>cam</NewPortMappingDescription><NewLeaseDuration>3600</NewLeaseDuration></u:AddPortMapping></s:Body></s:Envelope>';

  it('are told beside the exchange that carries them', () => {
    const events = answered(
      soap('AddPortMapping', add),
      'HTTP/1.1 200 OK\nContent-Type: text/xml\nContent-Length: 0\n\n',
    );
    expect(events.map(({ event }) => event)).toEqual([
      ...['request', 'add_port_mapping', 'response', 'add_port_mapping_response'],
    ]);
    expect(events[1]).toEqual({
      protocol: 'upnp',
      event: 'add_port_mapping',
      new_external_port: 8080,
      new_protocol: 'TCP',
      new_internal_port: 80,
      new_internal_client: '192.168.1.5',
      new_enabled: true,
      new_port_mapping_description: 'cam',
      new_lease_duration: 3600,
    });
  });

  it('may be refused, or be any port, or go away', () => {
    const fault =
      '<s:Fault><detail><UPnPError><errorCode>718</errorCode><errorDescription>ConflictInMappingEntry</errorDescription></UPnPError></detail></s:Fault>';
    expect(
      answered(
        soap('AddPortMapping', add),
        `HTTP/1.1 500 Internal Server Error\nContent-Type: text/xml\nContent-Length: ${fault.length}\n\n${fault}`,
      )[3],
    ).toEqual({
      protocol: 'upnp',
      event: 'fault',
      error_code: 718,
      error_description: 'ConflictInMappingEntry',
    });
    const reserved = '<NewReservedPort>8081</NewReservedPort>';
    expect(
      answered(
        soap('AddAnyPortMapping', add),
        `HTTP/1.1 200 OK\nContent-Type: text/xml\nContent-Length: ${reserved.length}\n\n${reserved}`,
      )[3],
    ).toMatchObject({ event: 'add_any_port_mapping_response', new_reserved_port: 8081 });
    expect(
      answered(
        soap('DeletePortMapping', '<NewExternalPort>1</NewExternalPort>'),
        'HTTP/1.1 200 OK\n\n',
      )[1],
    ).toMatchObject({ event: 'delete_port_mapping', new_external_port: 1 });
    expect(asked(soap('GetExternalIPAddress', '<a/>'))).toMatchObject({
      soap_action: '"urn:schemas-upnp-org:service:WANIPConnection:1#GetExternalIPAddress"',
    });
  });
});

describe('malformed', () => {
  const reasons = (request: string) =>
    feed()
      .data(text(request), 0)
      .close()
      .printed.filter(({ event }) => event === 'malformed')
      .map(({ reason }) => reason);

  it.each([
    ['GET / HTTP/1.1\nno colon\nHost: a\n\n', 'field without colon'],
    [`GET / HTTP/1.1\n${'A: b\n'.repeat(300)}\n`, 'too many fields'],
    ['GET / HTTP/1.1\nContent-Length: -1\n\n', 'invalid content-length'],
    ['GET / HTTP/1.1\nContent-Length: 1, 2\n\n', 'invalid content-length'],
    [
      'POST / HTTP/1.1\nContent-Length: 3\nTransfer-Encoding: chunked\n\n0\n\n',
      'content-length beside transfer-encoding',
    ],
    ['POST / HTTP/1.1\nTransfer-Encoding: chunked\n\nxyz\n', 'invalid chunk size'],
    ['POST / HTTP/1.1\nTransfer-Encoding: chunked\n\n2\nabcd\n', 'chunk without end'],
    ['BAD / HTTP/x\n\n', 'invalid start line'],
    ['\x01\x02\x03\x04', 'not a message'],
  ])('%j', (request, reason) => {
    expect(reasons(request)).toEqual([reason]);
  });

  it('is a head that does not end', () => {
    const session = feed()
      .data(text(`GET / HTTP/1.1\nA: ${'b'.repeat(65_500)}`), 0)
      .gap(65_536, 0);
    expect(session.printed).toMatchObject([{ event: 'malformed', reason: 'head too long' }]);
  });

  it('leaves what is well-formed in it readable', () => {
    expect(asked('GET / HTTP/1.1\nContent-Length: 3, 3\nHost: a\n\nabc')).toMatchObject({
      hostname: 'a',
      length: 3,
    });
  });
});

describe('hostile input', () => {
  const requests = text(
    `${GET}POST /login?token=abcdefgh HTTP/1.1\nAuthorization: Basic YTpi\nCookie: sid=1234567\nContent-Type: application/x-www-form-urlencoded\nContent-Length: 21\n\nuser=admin&password=xPOST /c HTTP/1.1\nTransfer-Encoding: chunked\nContent-Type: application/json\n\n10\n{"password":"q"}\n0\n\n`,
  );
  const answers = text(
    'HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: 16\n\n<title>a</title>HTTP/1.1 302 Found\nSet-Cookie: sid=abcdefg\nLocation: /\nContent-Length: 0\n\nHTTP/1.1 200 OK\nTransfer-Encoding: chunked\nContent-Type: text/xml\n\n4\n<a/>\n0\n\n',
  );

  it('reads the same whatever the pieces', () => {
    const expected = feed().data(requests, 0).data(answers, 1).close().printed;
    expect(names(expected)).toEqual(['request', 'request', 'request', 200, 302, 200]);
    for (let cut = 0; cut <= requests.length; cut++) {
      const session = feed().data(requests.subarray(0, cut), 0).data(requests.subarray(cut), 0);
      expect(session.data(answers, 1).close().printed).toEqual(expected);
    }
    for (let cut = 0; cut <= answers.length; cut++) {
      const session = feed().data(requests, 0).data(answers.subarray(0, cut), 1);
      expect(session.data(answers.subarray(cut), 1).close().printed).toEqual(expected);
    }
    const bytewise = feed();
    for (const byte of requests) bytewise.data(Buffer.from([byte]), 0);
    for (const byte of answers) bytewise.data(Buffer.from([byte]), 1);
    expect(bytewise.close().printed).toEqual(expected);
  });

  it('never throws and always goes on, whatever the bytes', () => {
    const mutated = (whole: Buffer) =>
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }).map((changes) => {
        const copy = Buffer.from(whole);
        for (const [at, value] of changes) copy[at] = value;
        return copy;
      });
    const noise = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(
        fc.oneof(noise, mutated(requests)),
        fc.oneof(noise, mutated(answers)),
        fc.nat(300),
        (sent, back, cut) => {
          const session = feed().data(sent.subarray(0, cut), 0).data(back.subarray(0, cut), 1);
          session.gap(cut, cut % 2 === 0 ? 0 : 1);
          session.data(sent.subarray(cut), 0).data(back.subarray(cut), 1).close();
          for (const event of session.printed) expect(['http', 'upnp']).toContain(event.protocol);
          recognise(sent);
          recognise(back, 1);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('takes time in proportion to the bytes, whatever they repeat', () => {
    const began = performance.now();
    for (const piece of ['name="', '<input ', '"a":"', 'token', '<a ', '<title', 'a=b&', '\\"']) {
      const body = piece.repeat(16_384 / piece.length);
      for (const type of ['text/html', 'application/json', 'text/xml', 'multipart/form-data'])
        answered(
          `POST / HTTP/1.1\nContent-Type: ${type}\nContent-Length: ${body.length}\n\n${body}`,
          `HTTP/1.1 200 OK\nContent-Type: ${type}\nContent-Length: ${body.length}\n\n${body}`,
        );
    }
    const session = feed();
    for (let i = 0; i < 60; i++) session.data(Buffer.alloc(1_000, 'A: b\r\n'), 0);
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});
