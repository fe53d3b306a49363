import { describe, expect, test } from 'vitest';
import { scene, secret } from '../testing.ts';
import { telnet } from './ch-01-telnet.ts';
import { clearHttpCredential } from './ch-02-clear-http-credential.ts';
import { clearUpload } from './ch-03-clear-upload.ts';
import { clearMqtt } from './ch-04-clear-mqtt.ts';
import { clearMqttCredential } from './ch-05-clear-mqtt-credential.ts';
import { clearCoap } from './ch-06-clear-coap.ts';
import { clearFileTransfer } from './ch-17-clear-file-transfer.ts';

describe('CH-01 Telnet', () => {
  const session = (fields: object) => {
    const net = scene();
    const [laptop, camera] = [net.device('192.168.1.5'), net.device('192.168.1.20')];
    net.saw('telnet', laptop, camera, { bytes: [40, 300], ...fields });
    return { camera: net.judge(telnet, camera).verdict, laptop: net.judge(telnet, laptop).verdict };
  };

  test('a session fails the server on any port, not the operator’s client', () => {
    expect(session({})).toEqual({ camera: 'fail', laptop: 'not_seen' });
    expect(session({ serverPort: 9527 }).camera).toBe('fail');
  });

  test('a client of a server outside fails itself', () => {
    const net = scene();
    const bot = net.device('192.168.1.66');
    net.saw('telnet', bot, net.party('203.0.113.9'), { bytes: [40, 300] });
    expect(net.judge(telnet, bot).verdict).toBe('fail');
  });

  test('a banner that nobody answers, a serial line without negotiation and a cut opening do not', () => {
    expect(session({ bytes: [0, 60] }).camera).toBe('not_visible');
    expect(session({ negotiated: false }).camera).not.toBe('fail');
    expect(session({ openingSeen: false, serverPort: 9527 }).camera).toBe('not_visible');
    expect(session({ openingSeen: false }).camera).toBe('fail');
  });
});

describe('CH-02 clear HTTP credential', () => {
  const basic = {
    method: 'basic',
    user: 'admin',
    secret: secret('hunter2!'),
    outcome: 'accepted',
  } as const;

  test('the camera that asks for it fails, the browser does not', () => {
    const net = scene();
    const [laptop, camera] = [net.device('192.168.1.5'), net.device('192.168.1.20')];
    net.saw('login', laptop, camera, basic);
    expect(net.judge(clearHttpCredential, camera)).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { method: 'basic' } }],
    });
    expect(net.judge(clearHttpCredential, laptop).verdict).toBe('not_seen');
    expect(JSON.stringify(net.judge(clearHttpCredential, camera))).not.toContain('hunter2');
  });

  test.each([
    ['smtp', 'plain', 'critical'],
    ['imap', 'login', 'critical'],
    ['pop3', 'user_pass', 'critical'],
    ['irc', 'pass', 'critical'],
    ['smtp', 'cram-md5', 'high'],
    ['pop3', 'apop', 'high'],
  ])('a sign-in at %s by %s is %s', (protocol, method, severity) => {
    const net = scene();
    const camera = net.device('192.168.1.20');
    const proof = severity === 'high' ? undefined : secret('hunter2!');
    const fields = { protocol, method, user: 'cam', secret: proof, outcome: 'refused' } as const;
    // What was refused went over the wire all the same.
    net.saw('login', camera, net.party('198.51.100.7'), fields);
    const judgement = net.judge(clearHttpCredential, camera);
    expect(judgement).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { protocol, method } }],
    });
    expect('severity' in judgement ? judgement.severity : 'critical').toBe(severity);
  });

  test('mail behind TLS passes, and a mechanism that gives nothing away', () => {
    const net = scene();
    const camera = net.device('192.168.1.20');
    const server = net.party('198.51.100.7');
    net.saw('mail', camera, server, { secured: true });
    expect(net.judge(clearHttpCredential, camera)).toEqual({ verdict: 'pass', judged: 1 });
    net.saw('login', camera, server, {
      protocol: 'smtp',
      method: 'scram-sha-256',
      secret: undefined,
      outcome: 'accepted',
    });
    expect(net.judge(clearHttpCredential, camera).verdict).toBe('pass');
  });

  test('a device that posts to a public server in clear fails, answered or not', () => {
    const net = scene();
    const plug = net.device('192.168.1.30');
    net.saw('login', plug, net.party('198.51.100.7'), {
      ...basic,
      method: 'bearer',
      outcome: 'unknown',
    });
    expect(net.judge(clearHttpCredential, plug)).not.toHaveProperty('severity');
    const scale = net.device('192.168.1.31');
    net.saw('login', scale, net.party('198.51.100.7'), { ...basic, method: 'token' });
    expect(net.judge(clearHttpCredential, scale)).toMatchObject({
      verdict: 'fail',
      severity: 'high',
    });
  });

  test('digest alone is high', () => {
    const net = scene();
    const camera = net.device('192.168.1.20');
    net.saw('login', net.party('192.168.1.5'), camera, {
      method: 'digest',
      user: 'admin',
      outcome: 'accepted',
    });
    expect(net.judge(clearHttpCredential, camera)).toMatchObject({
      verdict: 'fail',
      severity: 'high',
    });
  });

  test('a form that sends a hash is high, and a flag, an address or a kind is no secret', () => {
    const form = (value: string) => {
      const net = scene();
      const camera = net.device('192.168.1.20');
      net.saw('login', net.party('192.168.1.5'), camera, {
        ...basic,
        method: 'form',
        secret: secret(value),
      });
      return net.judge(clearHttpCredential, camera);
    };
    expect(form('C13F3CC466DEE516C6BB5840AEC2E330')).toMatchObject({ severity: 'high' });
    for (const value of ['false', '00:24:e4:24:80:2a', 'AdminPassword', '12']) {
      expect(form(value).verdict).not.toBe('fail');
    }
    expect(form('hunter2!')).not.toHaveProperty('severity');
  });

  test('a scheme of parameters signs the request, a bare value is a secret', () => {
    const sent = (value: string) => {
      const net = scene();
      const bridge = net.device('192.168.1.20');
      net.saw('login', bridge, net.party('198.51.100.7'), {
        ...basic,
        method: 'xauth',
        secret: secret(value),
      });
      return net.judge(clearHttpCredential, bridge);
    };
    expect(sent('Nonce="a1", Authentication="b2"').verdict).not.toBe('fail');
    expect(sent('kJ8dUe72').verdict).toBe('fail');
  });

  test('an empty Basic and a refused guess are no credentials', () => {
    const net = scene();
    const camera = net.device('192.168.1.20');
    const visitor = net.party('192.168.1.5');
    net.saw('http', visitor, camera, {});
    net.saw('login', visitor, camera, { ...basic, user: '', secret: secret('') });
    net.saw('login', visitor, camera, { ...basic, outcome: 'refused' });
    expect(net.judge(clearHttpCredential, camera).verdict).toBe('pass');
  });

  test('a session cookie alone may be a visitor’s: medium', () => {
    const net = scene();
    const camera = net.device('192.168.1.20');
    net.saw('http', net.party('192.168.1.5'), camera, {});
    net.saw('login', net.party('192.168.1.5'), camera, {
      ...basic,
      method: 'cookie',
      user: undefined,
    });
    expect(net.judge(clearHttpCredential, camera)).toMatchObject({
      verdict: 'fail',
      severity: 'medium',
    });
  });

  test('a cookie after a sign-in in clear is evidence too', () => {
    const net = scene();
    const camera = net.device('192.168.1.20');
    const laptop = net.party('192.168.1.5');
    net.saw('login', laptop, camera, { ...basic, method: 'form' });
    net.saw('login', laptop, camera, { ...basic, method: 'cookie', user: undefined });
    const judgement = net.judge(clearHttpCredential, camera);
    expect(judgement.verdict === 'fail' && judgement.evidence).toHaveLength(2);
  });

  test('the code for a captive portal is nobody’s credential', () => {
    const net = scene();
    const [tablet, portal] = [
      net.device('192.168.1.40'),
      net.device('192.168.1.1', { roles: ['gateway'] }),
    ];
    net.saw('http', tablet, net.party('203.0.113.1'), {
      host: 'connectivitycheck.gstatic.com',
      path: '/generate_204',
      status: 302,
      location: 'http://192.168.1.1/portal',
    });
    net.saw('login', tablet, portal, { ...basic, method: 'form' });
    expect(net.judge(clearHttpCredential, portal).verdict).not.toBe('fail');
    expect(net.judge(clearHttpCredential, tablet).verdict).not.toBe('fail');
  });

  test('a request to a device that never answered proves nothing', () => {
    const net = scene();
    const camera = net.device('192.168.1.20');
    net.saw('login', net.party('203.0.113.9'), camera, { ...basic, outcome: 'unknown' });
    expect(net.judge(clearHttpCredential, camera).verdict).toBe('not_visible');
  });
});

describe('CH-03 clear upload', () => {
  const post = {
    method: 'POST',
    host: 'api.example.com',
    path: '/report',
    requestType: 'application/json',
    requestBytes: 300,
  };
  const upload = (fields: object, address = '198.51.100.7') => {
    const net = scene();
    const scale = net.device('192.168.1.30');
    net.saw('http', scale, net.party(address), { ...post, ...fields });
    return net.judge(clearUpload, scale);
  };

  test('a body to a public address fails', () => {
    expect(upload({})).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { host: 'api.example.com' } }],
    });
  });

  test('status of certificates, connectivity checks, reading and local calls do not', () => {
    expect(upload({ requestType: 'application/ocsp-request' }).verdict).toBe('pass');
    expect(upload({ host: 'ocsp.example.com' }).verdict).toBe('pass');
    expect(upload({ host: 'captive.apple.com', path: '/' }).verdict).toBe('pass');
    expect(upload({ method: 'GET', requestBytes: 0 }).verdict).toBe('pass');
    expect(upload({ requestBytes: 0 }).verdict).toBe('pass');
    expect(upload({}, '192.168.1.9').verdict).toBe('not_seen');
  });

  test('a body that is encrypted itself is not visible, one of plain bytes is low', () => {
    expect(upload({ requestType: 'application/jose' }).verdict).toBe('not_visible');
    expect(upload({ requestType: 'application/octet-stream' })).toMatchObject({
      verdict: 'fail',
      severity: 'low',
    });
  });
});

describe('CH-04 clear MQTT', () => {
  test('a CONNECT that leaves the segment fails the client, answered or not, on any port', () => {
    const net = scene();
    const sensor = net.device('192.168.1.20');
    net.saw('mqtt', sensor, net.party('198.51.100.7'), {
      serverPort: 18_883,
      returnCode: undefined,
    });
    expect(net.judge(clearMqtt, sensor)).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { client_id: 'client', peer: '198.51.100.7' } }],
    });
  });

  test('between two of our segments it fails the broker as well', () => {
    const net = scene();
    const [sensor, broker] = [net.device('192.168.1.20'), net.device('192.168.2.2')];
    net.saw('mqtt', sensor, broker, {});
    expect(net.judge(clearMqtt, sensor).verdict).toBe('fail');
    expect(net.judge(clearMqtt, broker).verdict).toBe('fail');
  });

  test('inside one segment it is neither failed nor passed', () => {
    const net = scene();
    const [sensor, broker] = [net.device('192.168.1.20'), net.device('192.168.1.2')];
    net.saw('mqtt', sensor, broker, {});
    for (const device of [sensor, broker]) {
      expect(net.judge(clearMqtt, device)).toMatchObject({
        verdict: 'not_seen',
        why: expect.any(String),
      });
    }
  });

  test('a CONNECT that a broker never answered is not the broker’s, a person’s tool does not answer for ours', () => {
    const net = scene();
    const host = net.device('192.168.1.2');
    net.saw('mqtt', net.party('203.0.113.9'), host, { returnCode: undefined });
    expect(net.judge(clearMqtt, host).verdict).toBe('not_seen');
    const laptop = net.device('192.168.2.5', { type: 'computer' });
    net.saw('mqtt', laptop, host, {});
    expect(net.judge(clearMqtt, laptop).verdict).toBe('not_seen');
    expect(net.judge(clearMqtt, host).verdict).toBe('fail');
  });

  test('a session whose CONNECT was missed is still MQTT in clear, and port 1883 alone is not', () => {
    const net = scene();
    const [sensor, other] = [net.device('192.168.1.20'), net.device('192.168.1.21')];
    const cloud = net.party('198.51.100.7');
    net.saw('mqtt', sensor, cloud, { protocolVersion: 0, returnCode: undefined, messages: 3 });
    net.saw('connection', other, cloud, { serverPort: 1883 });
    expect(net.judge(clearMqtt, sensor).verdict).toBe('fail');
    expect(net.judge(clearMqtt, other).verdict).toBe('not_seen');
  });

  test('TLS ended in front of the broker on one machine does not leave it', () => {
    const net = scene();
    const broker = net.device('192.168.1.2');
    net.saw('mqtt', broker, broker, {});
    expect(net.judge(clearMqtt, broker).verdict).toBe('not_seen');
  });
});

describe('CH-05 clear broker credential', () => {
  const connect = (fields: object) => {
    const net = scene();
    const [sensor, broker] = [net.device('192.168.1.20'), net.device('192.168.2.2')];
    net.saw('mqtt', sensor, broker, {
      userName: 'sensor',
      password: secret('hunter2!'),
      ...fields,
    });
    return [
      net.judge(clearMqttCredential, sensor),
      net.judge(clearMqttCredential, broker),
    ] as const;
  };

  test('user name and password in clear fail both sides', () => {
    for (const judgement of connect({})) {
      expect(judgement).toMatchObject({ verdict: 'fail' });
      expect(JSON.stringify(judgement)).not.toContain('hunter2');
    }
  });

  test('a signed token that expires is high', () => {
    const jwt = secret('eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.c2ln');
    const sas = secret('SharedAccessSignature sr=hub&sig=abc&se=1700000000');
    for (const password of [jwt, sas])
      expect(connect({ password })[0]).toMatchObject({ severity: 'high' });
  });

  test('a user without a password, an empty one, or a refused guess do not', () => {
    expect(connect({ password: undefined })[0].verdict).toBe('pass');
    expect(connect({ password: secret('') })[0].verdict).toBe('pass');
    expect(connect({ returnCode: 5 }).map(({ verdict }) => verdict)).toEqual(['pass', 'pass']);
  });

  test('behind a TLS terminator nobody reads along; a loopback capture is a laboratory', () => {
    const fields = { userName: 'sensor', password: secret('hunter2!') };
    const net = scene();
    const local = net.device('127.0.0.1', { mac: undefined });
    net.saw('mqtt', local, local, fields);
    expect(net.judge(clearMqttCredential, local).verdict).toBe('fail');
    net.device('192.168.1.2');
    expect(net.judge(clearMqttCredential, local).verdict).toBe('not_seen');
  });

  test('without a CONNECT in view the credential is not visible', () => {
    expect(connect({ protocolVersion: 0, returnCode: undefined })[0].verdict).toBe('not_visible');
  });

  test('an answer that is missing keeps the broker out of it, not the client', () => {
    expect(connect({ returnCode: undefined }).map(({ verdict }) => verdict)).toEqual([
      'fail',
      'pass',
    ]);
  });
});

describe('CH-05 at brokers of AMQP and NATS', () => {
  const signIn = (fields: object) => {
    const net = scene();
    const [pump, broker] = [net.device('192.168.1.20'), net.device('192.168.2.2')];
    net.saw('login', pump, broker, {
      protocol: 'amqp',
      method: 'plain',
      user: 'pump',
      secret: secret('impeller'),
      outcome: 'accepted',
      ...fields,
    });
    return [pump, broker].map((device) => net.judge(clearMqttCredential, device));
  };

  test.each(['amqp', 'nats'])('a password that %s accepted fails both sides', (protocol) => {
    for (const judgement of signIn({ protocol })) {
      expect(judgement).toMatchObject({ verdict: 'fail', evidence: [{ fields: { protocol } }] });
      expect(JSON.stringify(judgement)).not.toContain('impeller');
    }
  });

  test('a proof instead of a password passes, a guess is no failure, and others are not judged', () => {
    expect(signIn({ method: 'scram-sha-256', secret: undefined })[0]!.verdict).toBe('pass');
    expect(signIn({ outcome: 'refused' }).map(({ verdict }) => verdict)).toEqual(['pass', 'pass']);
    expect(signIn({ protocol: 'ftp' })[0]!.verdict).toBe('not_seen');
  });
});

describe('CH-06 clear CoAP', () => {
  const exchange = (fields: object, server = '192.168.1.20') => {
    const net = scene();
    const client = net.device('192.168.1.5');
    const other = server.startsWith('192.') ? net.device(server) : net.party(server);
    net.saw('coap', client, other, fields);
    return {
      client: net.judge(clearCoap, client).verdict,
      server: 'party' in other ? net.judge(clearCoap, other).verdict : undefined,
    };
  };

  test('a write in clear fails who sends it and who takes it', () => {
    expect(exchange({ method: 'PUT', path: '/light', payloadBytes: 4, response: '2.04' })).toEqual({
      client: 'fail',
      server: 'fail',
    });
  });

  test('an answer with payload fails the server, and the client only where the server is outside', () => {
    const read = { method: 'GET', path: '/temperature', response: '2.05', responseBytes: 12 };
    expect(exchange(read)).toEqual({ client: 'pass', server: 'fail' });
    expect(exchange(read, '198.51.100.7').client).toBe('fail');
  });

  test('OSCORE, discovery and multicast are fine', () => {
    expect(
      exchange({
        method: 'POST',
        oscore: true,
        payloadBytes: 30,
        response: '2.04',
        responseBytes: 30,
      }),
    ).toEqual({
      client: 'pass',
      server: 'pass',
    });
    expect(
      exchange({ path: '/.well-known/core', response: '2.05', responseBytes: 200 }).server,
    ).toBe('not_seen');
    expect(
      exchange({ multicast: true, path: '/status', response: '2.05', responseBytes: 9 }).server,
    ).toBe('not_seen');
  });

  test('an ask that is not answered is not the device’s failure', () => {
    expect(exchange({ method: 'GET', path: '/x', response: undefined }).server).toBe('not_visible');
    expect(exchange({ method: 'GET', path: '/x', response: '4.04', responseBytes: 9 }).server).toBe(
      'pass',
    );
  });
});

describe('CH-17 FTP and TFTP', () => {
  const ftp = (fields: object) => {
    const net = scene();
    const [laptop, camera] = [net.device('192.168.1.5'), net.device('192.168.1.20')];
    net.saw('ftp', laptop, camera, {
      banner: '220 ready',
      user: 'admin',
      passwordSent: true,
      ...fields,
    });
    return {
      camera: net.judge(clearFileTransfer, camera),
      laptop: net.judge(clearFileTransfer, laptop),
    };
  };
  const tftp = (name: string, client = '192.168.1.30') => {
    const net = scene();
    const [phone, server] = [net.device(client), net.device('192.168.1.2')];
    net.saw('transfer', phone, server, { protocol: 'tftp', name, bytes: 5000, carrier: 'udp' });
    return [
      net.judge(clearFileTransfer, phone).verdict,
      net.judge(clearFileTransfer, server).verdict,
    ];
  };

  test('PASS in clear fails the server, not the operator’s client', () => {
    const { camera, laptop } = ftp({});
    expect(camera).toMatchObject({ verdict: 'fail' });
    expect(laptop.verdict).toBe('not_seen');
  });

  test('AUTH TLS before USER is fine, a banner alone is no sign-in, anonymous is medium', () => {
    expect(ftp({ secured: true, passwordSent: false }).camera.verdict).toBe('pass');
    expect(ftp({ user: undefined, passwordSent: false }).camera.verdict).toBe('not_visible');
    expect(ftp({ user: 'anonymous' }).camera).toMatchObject({
      verdict: 'fail',
      severity: 'medium',
    });
  });

  test('a request by TFTP that nobody answers is no transfer, but told', () => {
    const net = scene();
    const [camera, server] = [net.device('192.168.1.20'), net.device('192.168.1.2')];
    net.saw('tftp', camera, server, { file: '/update.sh', outcome: 'unanswered' });
    expect(net.judge(clearFileTransfer, camera)).toEqual({
      verdict: 'not_seen',
      why: 'it asked for /update.sh by TFTP, and nobody gave it',
    });
    expect(net.judge(clearFileTransfer, server)).toEqual({ verdict: 'not_seen' });
  });

  test('a device that uploads to a server outside fails itself', () => {
    const net = scene();
    const camera = net.device('192.168.1.20');
    net.saw('ftp', camera, net.party('198.51.100.7'), { user: 'cam', passwordSent: true });
    expect(net.judge(clearFileTransfer, camera).verdict).toBe('fail');
  });

  test('a file by TFTP fails both ends, network boot inside the segment neither', () => {
    expect(tftp('SEP001122334455.cnf.xml')).toEqual(['fail', 'fail']);
    expect(tftp('pxelinux.0')).toEqual(['not_seen', 'not_seen']);
    expect(tftp('pxelinux.0', '10.0.0.9')).toEqual(['fail', 'fail']);
  });
});
