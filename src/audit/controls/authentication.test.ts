import { hash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { PasswordProof } from '../../capture/index.ts';
import { scene, secret } from '../testing.ts';
import { defaultCredential } from './an-01-default-credential.ts';
import { sharedCredential } from './an-03-shared-credential.ts';
import { anonymousMqtt } from './an-04-anonymous-mqtt.ts';
import { openConfiguration } from './an-05-open-configuration.ts';
import { unlimitedGuesses } from './an-07-unlimited-guesses.ts';

const login = (
  user: string,
  password: string,
  outcome: 'accepted' | 'refused' | 'unknown' = 'accepted',
) => ({
  user,
  secret: secret(password),
  outcome,
});

describe('AN-01 default credential', () => {
  test('the server that accepts one fails, its client does not', () => {
    const net = scene();
    const camera = net.device('192.168.1.20');
    const laptop = net.device('192.168.1.5');
    net.saw('login', laptop, camera, {
      protocol: 'telnet',
      method: 'user_pass',
      ...login('root', 'xc3511'),
    });
    expect(net.judge(defaultCredential, camera)).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { protocol: 'telnet', user: 'root', client: '192.168.1.5' } }],
    });
    expect(net.judge(defaultCredential, laptop).verdict).toBe('not_seen');
  });

  test('evidence holds the hash and never the password', () => {
    const net = scene();
    const camera = net.device('192.168.1.20');
    net.saw('login', net.party('192.168.1.99'), camera, login('root', 'xc3511'));
    expect(JSON.stringify(net.judge(defaultCredential, camera))).not.toContain('xc3511');
  });

  test('a proof is held against the defaults, and no password is guessed', () => {
    const h = (text: string): string => hash('md5', text, 'hex');
    const answer = (password: string): string =>
      h(`${h(`admin:Cam:${password}`)}:1:${h('DESCRIBE:rtsp://192.0.2.7/live')}`);
    const judge = (password: string, outcome: 'accepted' | 'refused') => {
      const net = scene();
      const camera = net.device('192.168.1.20');
      const proof: PasswordProof = {
        kind: 'digest',
        method: 'DESCRIBE',
        realm: 'Cam',
        nonce: '1',
        uri: 'rtsp://192.0.2.7/live',
        response: answer(password),
        algorithm: 'md5',
        session: false,
        qop: undefined,
        nc: '',
        cnonce: '',
      };
      const fields = { protocol: 'rtsp', method: 'digest', user: 'admin', outcome, proof };
      net.saw('login', net.party('192.168.1.99'), camera, fields);
      return net.judge(defaultCredential, camera);
    };
    expect(judge('12345', 'accepted')).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { protocol: 'rtsp', method: 'digest', user: 'admin' } }],
    });
    expect(judge('12345', 'refused').verdict).not.toBe('fail');
    expect(judge('Quite-a-long-1', 'accepted')).toEqual({ verdict: 'pass', judged: 1 });
  });

  test('a guess that was refused is an attack, not a failure', () => {
    const net = scene();
    const camera = net.device('192.168.1.20');
    net.saw('login', net.party('203.0.113.9'), camera, login('admin', 'admin', 'refused'));
    expect(net.judge(defaultCredential, camera).verdict).toBe('not_seen');
  });

  test.each(['smtp', 'imap', 'pop3'])(
    'counts at a %s server too, but no token does',
    (protocol) => {
      const net = scene();
      const recorder = net.device('192.168.1.20');
      const [outlook, laptop] = [net.party('192.168.1.99'), net.party('192.168.1.98')];
      net.saw('login', outlook, recorder, {
        protocol,
        method: 'xoauth2',
        ...login('admin', 'admin'),
      });
      expect(net.judge(defaultCredential, recorder).verdict).toBe('not_seen');
      net.saw('login', laptop, recorder, { protocol, method: 'plain', ...login('admin', 'admin') });
      expect(net.judge(defaultCredential, recorder)).toMatchObject({
        verdict: 'fail',
        evidence: [{ fields: { protocol, method: 'plain', client: '192.168.1.98' } }],
      });
    },
  );

  test('a guess whose answer is missing is not visible', () => {
    const net = scene();
    const camera = net.device('192.168.1.20');
    net.saw('login', net.party('203.0.113.9'), camera, login('admin', 'admin', 'unknown'));
    expect(net.judge(defaultCredential, camera).verdict).toBe('not_visible');
  });

  test('a default user with a password of its own passes, and so does a token that spells a default', () => {
    const net = scene();
    const camera = net.device('192.168.1.20');
    net.saw('login', net.party('192.168.1.99'), camera, login('admin', 'Xk3-hq9_v7'));
    net.saw('login', net.party('192.168.1.99'), camera, {
      method: 'bearer',
      ...login('', 'admin'),
    });
    expect(net.judge(defaultCredential, camera)).toEqual({ verdict: 'pass', judged: 1 });
  });

  test('digest hides the password', () => {
    const net = scene();
    const camera = net.device('192.168.1.20');
    net.saw('login', net.party('192.168.1.99'), camera, {
      method: 'digest',
      user: 'admin',
      outcome: 'accepted',
    });
    expect(net.judge(defaultCredential, camera).verdict).toBe('not_visible');
  });

  test('a device that signs in outside with a default fails itself', () => {
    const net = scene();
    const sensor = net.device('192.168.1.30');
    net.saw('login', sensor, net.party('198.51.100.7'), {
      protocol: 'mqtt',
      method: 'connect',
      ...login('admin', 'admin'),
    });
    expect(net.judge(defaultCredential, sensor).verdict).toBe('fail');
  });
});

describe('AN-03 shared credential', () => {
  const site = (vendors: [string?, string?], password = 'S3cret-of-ours') => {
    const net = scene();
    const laptop = net.device('192.168.1.5');
    const [one, other] = vendors.map((vendor, i) => net.device(`192.168.1.${20 + i}`, { vendor }));
    for (const device of [one, other]) net.saw('login', laptop, device!, login('admin', password));
    return { net, laptop, one: one!, other: other! };
  };

  test('two devices of one maker with one password are critical, both of them', () => {
    const { net, one, other, laptop } = site(['Acme', 'Acme']);
    expect(net.judge(sharedCredential, one)).toMatchObject({
      verdict: 'fail',
      severity: 'critical',
    });
    expect(net.judge(sharedCredential, other)).toMatchObject({
      verdict: 'fail',
      severity: 'critical',
    });
    expect(net.judge(sharedCredential, laptop).verdict).toBe('not_visible');
  });

  test('a password that somebody set on products of different makers is medium, unless it is a default', () => {
    const { net, one } = site(['Acme', 'Umbrella']);
    expect(net.judge(sharedCredential, one)).toMatchObject({ verdict: 'fail', severity: 'medium' });
    const factory = site(['Acme', 'Umbrella'], 'admin');
    expect(factory.net.judge(sharedCredential, factory.one)).toMatchObject({
      severity: 'critical',
    });
  });

  test.each(['mqtt', 'amqp', 'nats'])(
    'two clients with one account of a broker (%s) are medium',
    (protocol) => {
      const net = scene();
      const [pump, valve] = [net.device('192.168.1.20'), net.device('192.168.1.21')];
      const broker = net.device('192.168.1.3');
      for (const client of [pump, valve])
        net.saw('login', client, broker, {
          protocol,
          method: 'plain',
          ...login('plant', 'pw-of-all'),
        });
      expect(net.judge(sharedCredential, pump)).toMatchObject({
        verdict: 'fail',
        severity: 'medium',
      });
    },
  );

  test('one hub that acts for many signs in at one broker only', () => {
    const net = scene();
    const hub = net.device('192.168.1.2');
    const broker = net.device('192.168.1.3');
    for (let i = 0; i < 3; i++)
      net.saw('login', hub, broker, {
        protocol: 'mqtt',
        method: 'connect',
        ...login('hub', 'pw-of-hub'),
      });
    expect(net.judge(sharedCredential, hub).verdict).toBe('pass');
    expect(net.judge(sharedCredential, broker).verdict).toBe('pass');
  });

  test('two clients with one account at one broker are medium', () => {
    const net = scene();
    const broker = net.party('198.51.100.7');
    const [one, other] = [net.device('192.168.1.20'), net.device('192.168.1.21')];
    for (const device of [one, other]) {
      net.saw('login', device, broker, {
        protocol: 'mqtt',
        method: 'connect',
        ...login('fleet', 'pw-of-all'),
      });
    }
    expect(net.judge(sharedCredential, one)).toMatchObject({ verdict: 'fail', severity: 'medium' });
  });

  test('one machine seen by two address families, anonymous sign-ins and empty passwords share nothing', () => {
    const net = scene();
    const client = net.party('192.168.1.5');
    const four = net.device('192.168.1.20', { mac: undefined });
    const six = net.device('fd00::20', { mac: undefined });
    for (const device of [four, six])
      net.saw('login', client, device, login('admin', 'S3cret-of-ours'));
    expect(net.judge(sharedCredential, four).verdict).toBe('pass');

    const [one, other] = [net.device('192.168.1.30'), net.device('192.168.1.31')];
    for (const device of [one, other]) {
      net.saw('login', client, device, {
        protocol: 'ftp',
        method: 'user_pass',
        ...login('anonymous', 'me@example.com'),
      });
      net.saw('login', client, device, login('guest', ''));
    }
    expect(net.judge(sharedCredential, one).verdict).toBe('not_visible');
  });
});

describe('AN-04 anonymous MQTT', () => {
  test('a broker that lets a client in without a user fails, its client does not', () => {
    const net = scene();
    const [sensor, broker] = [net.device('192.168.1.20'), net.device('192.168.1.2')];
    net.saw('mqtt', sensor, broker, { returnCode: 0 });
    expect(net.judge(anonymousMqtt, broker).verdict).toBe('fail');
    expect(net.judge(anonymousMqtt, sensor).verdict).toBe('not_seen');
  });

  test('a client of a broker outside that asks for nothing fails', () => {
    const net = scene();
    const sensor = net.device('192.168.1.20');
    net.saw('mqtt', sensor, net.party('198.51.100.7'), { returnCode: 0 });
    expect(net.judge(anonymousMqtt, sensor).verdict).toBe('fail');
  });

  test('refused, unanswered, and otherwise authenticated sessions do not fail', () => {
    const net = scene();
    const broker = net.device('192.168.1.2');
    const client = net.party('192.168.1.20');
    net.saw('mqtt', client, broker, { returnCode: undefined });
    expect(net.judge(anonymousMqtt, broker).verdict).toBe('not_visible');
    net.saw('mqtt', client, broker, { returnCode: 5 });
    net.saw('mqtt', client, broker, { returnCode: 0, userName: 'a', password: secret('b') });
    net.saw('mqtt', client, broker, {
      returnCode: 0,
      protocolVersion: 5,
      password: secret('token'),
    });
    net.saw('mqtt', client, broker, {
      returnCode: 0,
      protocolVersion: 5,
      authenticationMethod: 'SCRAM-SHA-256',
    });
    expect(net.judge(anonymousMqtt, broker)).toEqual({ verdict: 'pass', judged: 4 });
  });
});

describe('AN-04 at brokers of AMQP and NATS', () => {
  test.each(['amqp', 'nats'])(
    'a sign-in without a user that %s accepted fails the broker',
    (protocol) => {
      const net = scene();
      const [pump, broker] = [net.device('192.168.1.20'), net.device('192.168.1.2')];
      const signIn = (fields: object) =>
        net.saw('login', pump, broker, {
          protocol,
          method: 'anonymous',
          outcome: 'accepted',
          ...fields,
        });
      signIn({ outcome: 'unknown' });
      expect(net.judge(anonymousMqtt, broker).verdict).toBe('not_visible');
      signIn({ outcome: 'refused' });
      signIn({ method: 'plain', user: 'pump', secret: secret('impeller') });
      expect(net.judge(anonymousMqtt, broker)).toEqual({ verdict: 'pass', judged: 2 });
      signIn({});
      expect(net.judge(anonymousMqtt, broker).verdict).toBe('fail');
      expect(net.judge(anonymousMqtt, pump).verdict).toBe('not_seen');
    },
  );
});

describe('AN-05 open configuration', () => {
  const page = {
    path: '/admin/network.html',
    status: 200,
    responseType: 'text/html',
    responseBytes: 4000,
  };

  test('settings served to anybody fail', () => {
    const net = scene();
    const router = net.device('192.168.1.1');
    net.saw('http', net.party('192.168.1.5'), router, page);
    expect(net.judge(openConfiguration, router)).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { path: '/admin/network.html', status: 200, authorization: false } }],
    });
  });

  test.each([
    ['a sign-in form', { ...page, loginForm: true }],
    ['a page titled sign in', { ...page, title: 'Router Login' }],
    ['a UPnP description', { ...page, path: '/setup', upnpDescription: {} as never }],
    ['a session', { ...page, cookie: true }],
    ['an Authorization', { ...page, authorization: 'digest' }],
    ['a redirect', { ...page, status: 302, responseBytes: 0 }],
    ['a refusal', { ...page, status: 401 }],
    ['a bare OK', { ...page, responseBytes: 2 }],
    ['a picture', { ...page, responseType: 'image/png' }],
    ['a compressed page that may be a form', { ...page, responseEncoding: 'gzip' }],
    ['the home page', { ...page, path: '/' }],
  ])('%s does not', (_what, fields) => {
    const net = scene();
    const router = net.device('192.168.1.1');
    net.saw('http', net.party('192.168.1.5'), router, fields);
    expect(net.judge(openConfiguration, router).verdict).not.toBe('fail');
  });

  test('a client that signed in before may be known by its address', () => {
    const net = scene();
    const router = net.device('192.168.1.1');
    const laptop = net.party('192.168.1.5');
    net.saw('login', laptop, router, { method: 'form', ...login('admin', 'pw', 'unknown') });
    net.saw('http', laptop, router, page);
    expect(net.judge(openConfiguration, router).verdict).not.toBe('fail');
  });

  test('a request without an answer is not visible, and the asker never fails', () => {
    const net = scene();
    const [laptop, router] = [net.device('192.168.1.5'), net.device('192.168.1.1')];
    net.saw('http', laptop, router, { ...page, status: undefined });
    expect(net.judge(openConfiguration, router).verdict).toBe('not_visible');
    expect(net.judge(openConfiguration, laptop).verdict).toBe('not_seen');
  });
});

describe('AN-05 over local protocols', () => {
  const judged = (fields: object) => {
    const net = scene();
    const plug = net.device('192.168.1.30');
    const phone = net.device('192.168.1.5');
    net.saw('local_control', phone, plug, fields);
    return { plug: net.judge(openConfiguration, plug), phone: net.judge(openConfiguration, phone) };
  };

  test('a plug that anybody switches fails, and whoever switches it does not', () => {
    const { plug, phone } = judged({});
    expect(plug).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { protocol: 'kasa', operation: 'system.set_relay_state' } }],
    });
    expect(phone.verdict).toBe('not_seen');
  });

  test('a device that gives its key to whoever asks fails', () => {
    const key = { protocol: 'miio', operation: 'hello', effect: 'key' };
    expect(judged(key).plug).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { key: 'given to whoever asks' } }],
    });
  });

  test.each([
    ['a command under the device’s key', { protocol: 'tuya', protection: 'key' }, 'pass'],
    [
      'a question that changes nothing',
      { operation: 'system.get_sysinfo', effect: 'read' },
      'not_seen',
    ],
    ['a command that was refused', { outcome: 'refused' }, 'not_seen'],
    ['a command without an answer', { outcome: 'unknown' }, 'not_visible'],
  ])('%s does not', (_what, fields, verdict) => {
    expect(judged(fields).plug.verdict).toBe(verdict);
  });
});

describe('AN-07 unlimited guesses', () => {
  const guesses = (gaps: number[], more: object = {}) => {
    const net = scene();
    const camera = net.device('192.168.1.20', more);
    const attacker = net.party('192.168.1.66');
    let now = 0;
    const times = gaps.map((gap) => (now += gap));
    net.saw('login', attacker, camera, {
      ...login('root', 'x', 'refused'),
      protocol: 'telnet',
      method: 'terminal',
      times,
      count: times.length,
    });
    return { net, camera, attacker };
  };

  test('twenty refusals within five minutes and no hindrance fail', () => {
    const { net, camera } = guesses(Array(20).fill(1));
    expect(net.judge(unlimitedGuesses, camera)).toMatchObject({ verdict: 'fail' });
  });

  test('nineteen, or twenty over an hour, do not', () => {
    for (const { net, camera } of [guesses(Array(19).fill(1)), guesses(Array(20).fill(180))]) {
      expect(net.judge(unlimitedGuesses, camera).verdict).toBe('not_seen');
    }
  });

  test('a delay that grows, or an answer of 429, is the defence that was asked for', () => {
    const growing = guesses([...Array(6).fill(0.2), ...Array(18).fill(5)]);
    expect(growing.net.judge(unlimitedGuesses, growing.camera).verdict).toBe('pass');
    const limited = guesses(Array(30).fill(1));
    limited.net.saw('http', limited.attacker, limited.camera, { status: 429 });
    expect(limited.net.judge(unlimitedGuesses, limited.camera).verdict).toBe('pass');
  });

  test('a constrained device is exempt by mark', () => {
    expect(unlimitedGuesses.exempt).toContain('constrained');
  });

  test('the guesser itself is not judged', () => {
    const net = scene();
    const [bot, camera] = [net.device('192.168.1.66'), net.device('192.168.1.20')];
    net.saw('login', bot, camera, {
      ...login('root', 'x', 'refused'),
      times: Array.from({ length: 50 }, (_, i) => i),
    });
    expect(net.judge(unlimitedGuesses, bot).verdict).toBe('not_seen');
  });
});
