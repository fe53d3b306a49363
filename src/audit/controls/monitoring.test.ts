import { describe, expect, it } from 'vitest';
import type { Device } from '../../fleet/index.ts';
import { evaluateAll } from '../evaluate.ts';
import { at, type Saw, type Scene, scene } from '../testing.ts';
import { scanning } from './mo-01-scanning.ts';
import { loginAttempts } from './mo-02-login-attempts.ts';
import { dnsTunnel } from './mo-05-dns-tunnel.ts';
import { malformed } from './mo-09-malformed.ts';
import { authorisationFailures } from './mo-11-authorisation-failures.ts';
import { time } from './mo-12-time.ts';

const marked = (...marks: string[]): Partial<Device> => ({
  expected: { name: undefined, type: undefined, segment: undefined, lifeUntil: undefined, marks },
  packetsReceived: 10,
});

describe('MO-01 scanning', () => {
  const burst = { destinations: 40, unanswered: 38, total: 40, outside: 0 };
  function scanned(fields: Saw<'fan_out'>, overrides: Partial<Device> = { packetsReceived: 10 }) {
    const home = scene();
    const device = home.device('192.168.1.20', overrides);
    home.saw('connection', device, home.party('198.51.100.7'));
    home.saw('fan_out', device, home.party('203.0.113.1'), { ...burst, ...fields });
    return { home, device, judgement: home.judge(scanning, device) };
  }

  it('thirty new destinations in a minute that do not answer fail', () => {
    expect(scanned({}).judgement).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { destinations: 40, unanswered: 38, port: 23 } }],
    });
  });

  it.each([
    ['a pool that answers', { unanswered: 3 }],
    ['fewer destinations', { destinations: 29, unanswered: 29 }],
  ])('%s passes', (_what, fields) => {
    expect(scanned(fields).judgement).toMatchObject({ verdict: 'pass' });
  });

  it('a hub that looks through its own network passes, and one that looks outside fails', () => {
    expect(scanned({}, marked('hub')).judgement).toMatchObject({ verdict: 'pass' });
    expect(scanned({ outside: 40 }, marked('hub')).judgement).toMatchObject({ verdict: 'fail' });
  });

  it('an authorised scanner is not judged', () => {
    const { home } = scanned({}, marked('scanner'));
    expect(evaluateAll([scanning], home.network).findings).toEqual([]);
  });

  it('a capture of one direction cannot say', () => {
    const home = scene();
    const device = home.device('192.168.1.20', { packetsReceived: 0 });
    home.saw('fan_out', device, home.party('203.0.113.1'), burst);
    expect(home.judge(scanning, device)).toMatchObject({ verdict: 'not_visible' });
  });

  it('a scanner that nobody answers is one, where others are answered', () => {
    const home = scene();
    home.device('192.168.1.30', { packetsReceived: 100 });
    const device = home.device('192.168.1.20', { packetsReceived: 0 });
    home.saw('fan_out', device, home.party('203.0.113.1'), burst);
    expect(home.judge(scanning, device)).toMatchObject({ verdict: 'fail' });
  });

  it('being scanned is not scanning', () => {
    const home = scene();
    const device = home.device('192.168.1.20');
    home.saw('fan_out', home.party('203.0.113.1'), device, burst);
    expect(home.judge(scanning, device)).toMatchObject({ verdict: 'not_seen' });
  });
});

describe('MO-02 login attempts', () => {
  const every = (seconds: number, count: number) =>
    Array.from({ length: count }, (_, i) => i * seconds);
  function connected(fields: Saw<'connection'>, overrides: Partial<Device> = {}) {
    const home = scene();
    const device = home.device('192.168.1.20', overrides);
    const target = home.party('203.0.113.1');
    home.saw('connection', device, target, { serverPort: 22, ...fields });
    return { home, device, target, judge: () => home.judge(loginAttempts, device) };
  }

  it('ten short SSH sessions in five minutes fail', () => {
    expect(connected({ shortSessions: every(5, 12) }).judge()).toMatchObject({ verdict: 'fail' });
  });

  it('guesses at a mailbox in clear fail, a wrong password that is repeated does not', () => {
    const guess = (secretsTried: number) => {
      const home = scene();
      const device = home.device('192.168.1.20');
      home.saw('connection', device, home.party('203.0.113.1'), { serverPort: 110 });
      home.saw('login', device, home.party('203.0.113.1'), {
        protocol: 'pop3',
        method: 'user_pass',
        outcome: 'refused',
        times: every(5, 20),
        secretsTried,
      });
      return home.judge(loginAttempts, device).verdict;
    };
    expect(guess(20)).toBe('fail');
    expect(guess(1)).toBe('pass');
  });

  it('ten sessions over many targets fail', () => {
    const home = scene();
    const device = home.device('192.168.1.20');
    for (let i = 0; i < 10; i++)
      home.saw('connection', device, home.party(`203.0.113.${i}`), {
        serverPort: 23,
        shortSessions: [i * 10],
      });
    expect(home.judge(loginAttempts, device)).toMatchObject({ verdict: 'fail' });
  });

  it.each([
    ['a health check every minute', { shortSessions: every(60, 60) }],
    ['doors that open and nobody speaks', { answered: 0, shortSessions: every(1, 50) }],
    ['short web sessions', { serverPort: 443, shortSessions: every(1, 50) }],
  ])('%s passes', (_what, fields) => {
    expect(connected(fields).judge()).toMatchObject({ verdict: 'pass' });
  });

  it('a camera that uploads by FTP every few seconds passes, since it is let in', () => {
    const { home, device, target, judge } = connected({
      serverPort: 21,
      shortSessions: every(10, 60),
    });
    home.saw('login', device, target, {
      protocol: 'ftp',
      serverPort: 21,
      outcome: 'accepted',
      count: 60,
    });
    expect(judge()).toMatchObject({ verdict: 'pass' });
  });

  it('different passwords refused over HTTP fail; one wrong password repeated does not', () => {
    const { home, device, target, judge } = connected({ serverPort: 80 });
    const refusals = { outcome: 'refused' as const, count: 20, times: every(3, 20), user: 'admin' };
    home.saw('login', device, target, { ...refusals, secretsTried: 1 });
    expect(judge()).toMatchObject({ verdict: 'pass' });
    home.saw('login', device, target, { ...refusals, user: 'root', secretsTried: 20 });
    expect(judge()).toMatchObject({ verdict: 'fail' });
  });

  it('an authorised scanner is not judged, nor is who is attacked', () => {
    const { home } = connected({ shortSessions: every(1, 50) }, marked('automation'));
    expect(evaluateAll([loginAttempts], home.network).findings).toEqual([]);
    const victim = home.device('192.168.1.30');
    home.saw('connection', home.party('203.0.113.5'), victim, {
      serverPort: 22,
      shortSessions: every(1, 50),
    });
    expect(home.judge(loginAttempts, victim)).toMatchObject({ verdict: 'not_seen' });
  });

  it('sessions whose opening was not seen cannot say', () => {
    const { judge } = connected({ openingSeen: false, shortSessions: every(1, 50) });
    expect(judge()).toMatchObject({ verdict: 'not_visible' });
  });
});

describe('MO-05 DNS tunnel', () => {
  const long = (i: number) => ({
    name: `${i}abcdefghijklmnopqrstuvwxyz0123.t.example`,
    zone: 't.example',
    labelBytes: 32,
    labelEntropy: 4.4,
  });
  function asked(count: number, fields: (i: number) => Saw<'dns'>) {
    const home = scene();
    const device = home.device('192.168.1.20');
    const resolver = home.party('192.168.1.1');
    for (let i = 0; i < count; i++) home.saw('dns', device, resolver, fields(i));
    return { home, device, resolver, judge: () => home.judge(dnsTunnel, device) };
  }

  it('many long names of random look in one zone fail', () => {
    expect(asked(20, long).judge()).toMatchObject({
      verdict: 'fail',
      evidence: expect.arrayContaining([
        expect.objectContaining({
          fields: expect.objectContaining({ zone: 't.example', names: 20 }),
        }),
      ]),
    });
  });

  it('a volume of TXT answers from different names of one zone fails', () => {
    const txt = (i: number) => ({
      name: `${i}.c.example`,
      zone: 'c.example',
      type: 'TXT',
      answerBytes: 200,
    });
    expect(asked(12, txt).judge()).toMatchObject({ verdict: 'fail' });
  });

  it('a folded record counts each lookup', () => {
    const folded = () => ({ ...long(0), name: 't.example', folded: true, count: 5000 });
    expect(asked(1, folded).judge()).toMatchObject({ verdict: 'fail' });
  });

  it.each([
    ['a few long names of a content network', 5, long],
    ['reputation lookups', 40, (i: number) => ({ ...long(i), zone: 'sophosxl.net' })],
    ['reverse lookups', 40, (i: number) => ({ ...long(i), zone: 'ip6.arpa' })],
    ['service discovery', 40, (i: number) => ({ ...long(i), name: `_x${i}._tcp.t.example` })],
    ['one TXT name asked often', 1, () => ({ type: 'TXT', count: 5000, answerBytes: 900_000 })],
    ['multicast names', 40, (i: number) => ({ ...long(i), service: 'mdns' as const })],
  ])('%s do not fail', (_what, count, fields) => {
    expect(asked(count, fields).judge().verdict).not.toBe('fail');
  });

  it('a resolver that forwards for others does not fail', () => {
    const { home, device, judge } = asked(20, long);
    home.saw('dns', home.device('192.168.1.30'), device, long(1));
    expect(judge()).toMatchObject({ verdict: 'pass' });
  });
});

describe('MO-09 malformed', () => {
  function sent(fields: Saw<'malformed'>, to: 'sender' | 'receiver' = 'sender') {
    const home = scene();
    const device = home.device('192.168.1.20');
    const other = home.device('192.168.1.30');
    const count = fields.malformed ?? 0;
    home.saw('malformed', device, other, { reasons: new Map([['bad length', count]]), ...fields });
    return home.judge(malformed, to === 'sender' ? device : other);
  }

  it('one unit in twenty fails, for the sender', () => {
    expect(sent({ units: 200, malformed: 10 })).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { units: 200, malformed: 10, reason: 'bad length' } }],
    });
    expect(sent({ units: 200, malformed: 10 }, 'receiver')).toMatchObject({ verdict: 'not_seen' });
  });

  it('a stream of which one side alone was captured passes', () => {
    const home = scene();
    const [device, other] = [home.device('192.168.1.20'), home.device('192.168.1.30')];
    home.saw('connection', device, other, { serverPort: 22, packetCount: [90, 0] });
    const reasons = new Map([['bad length', 50]]);
    home.saw('malformed', device, other, { serverPort: 22, units: 60, malformed: 50, reasons });
    expect(home.judge(malformed, device)).toMatchObject({ verdict: 'pass' });
  });

  it.each([
    ['below one in a hundred', { units: 2000, malformed: 20 }],
    ['too few to tell', { units: 10, malformed: 2 }],
    [
      'cut by the capture',
      { units: 200, malformed: 50, reasons: new Map([['message is cut', 50]]) },
    ],
  ])('%s passes', (_what, fields) => {
    expect(sent(fields)).toMatchObject({ verdict: 'pass' });
  });
});

describe('MO-11 authorisation failures', () => {
  type Kind = 'login' | 'mqtt' | 'coap' | 'snmp' | 'kerberos';
  function tried(...seen: [kind: Kind, fields: object][]) {
    const home = scene();
    const device = home.device('192.168.1.20');
    const cloud = home.party('198.51.100.7', { name: 'cloud.example' });
    for (const [kind, fields] of seen) home.saw(kind, device, cloud, fields as never);
    return home.judge(authorisationFailures, device);
  }

  it('is no demand for pre-authentication, no silence of an agent, no trap', () => {
    const verdict = (kind: Kind, fields: object) => tried([kind, { count: 90, ...fields }]).verdict;
    expect(verdict('kerberos', { outcome: 'refused', error: 25 })).toBe('not_seen');
    expect(verdict('snmp', { outcome: 'unanswered' })).toBe('not_seen');
    expect(verdict('snmp', { operation: 'notify', outcome: 'accepted' })).toBe('not_seen');
  });

  it.each([
    ['HTTP sign-ins', 'login', { protocol: 'http', outcome: 'refused', count: 20 }],
    ['MQTT 3.1.1 CONNACK 5', 'mqtt', { returnCode: 5, count: 20 }],
    ['MQTT 5 CONNACK 0x87', 'mqtt', { returnCode: 0x87, count: 20 }],
    [
      'MQTT SUBACK 0x80',
      'mqtt',
      { count: 20, subscriptions: [{ filter: '#', qos: 0, granted: 0x80 }] },
    ],
    ['CoAP 4.01', 'coap', { response: '4.01', count: 20 }],
    ['mail sign-ins', 'login', { protocol: 'smtp', outcome: 'refused', count: 20 }],
    ['SNMP reads', 'snmp', { outcome: 'refused', count: 20 }],
    ['Kerberos passwords', 'kerberos', { outcome: 'refused', error: 24, count: 20 }],
  ] as const)('%s refused twenty times in an hour fail', (_what, kind, fields) => {
    expect(tried([kind, fields])).toMatchObject({
      verdict: 'fail',
      note: 'Refused by cloud.example.',
    });
  });

  it('a token that expires and is renewed passes', () => {
    expect(
      tried(
        ['login', { method: 'bearer', outcome: 'refused', count: 20 }],
        ['login', { method: 'bearer', outcome: 'accepted', count: 300 }],
      ),
    ).toMatchObject({ verdict: 'pass' });
  });

  it('a few refusals pass, and no sign-in is not seen', () => {
    expect(tried(['login', { outcome: 'refused', count: 5 }])).toMatchObject({ verdict: 'pass' });
    expect(tried(['login', { outcome: 'unknown', count: 50 }])).toMatchObject({
      verdict: 'not_seen',
    });
  });

  it('CONNACK 3, a server that is not there, is no refusal', () => {
    expect(tried(['mqtt', { returnCode: 3, count: 50 }])).toMatchObject({ verdict: 'pass' });
  });
});

describe('MO-12 time', () => {
  function asks(fields: Saw<'ntp'>, timeServers: string[] = [], allowed: string[] = []) {
    const home = scene({ timeServers: new Set(timeServers) });
    const device = home.device('192.168.1.20');
    home.saw('dhcp', device, home.device('192.168.1.1'), { address: '192.168.1.20', timeServers });
    home.saw('ntp', device, home.party('203.0.113.123', { name: '0.pool.ntp.org' }), {
      first: at(0),
      last: at(600),
      serverOffset_s: 0,
      ...fields,
    });
    return home.judge(time, device, { allowed });
  }
  const wrong = (error_s: number) => ({
    offset_s: error_s,
    offsets_s: [error_s, error_s, error_s],
  });

  it('a clock that stays an hour off fails', () => {
    expect(asks(wrong(3600))).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { offset_s: 3600 } }],
    });
  });

  it('a server that DHCP does not list fails', () => {
    expect(asks({}, ['192.168.1.1'])).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { time_server: '203.0.113.123' } }],
    });
  });

  it.each([
    ['no list at all', {}, [], []],
    ['the listed server', {}, ['203.0.113.123'], []],
    ['a server allowed by name', {}, ['192.168.1.1'], ['*.pool.ntp.org']],
    ['a list of the other address family', {}, ['2001:db8::1'], []],
    [
      'a wrong clock that the first answer puts right',
      { offset_s: 0, offsets_s: [-9e8, 0.1, 0] },
      [],
      [],
    ],
    ['a burst of requests at boot', { ...wrong(-9e8), last: at(15) }, [], []],
    ['random transmit times', { offset_s: undefined, offsets_s: [5e8, -1e9, 3e8] }, [], []],
    ['a wrong capture clock', { ...wrong(3600), serverOffset_s: 3599 }, [], []],
  ])('%s passes', (_what, fields, listed, allowed) => {
    expect(asks({ count: 5, ...fields }, listed, allowed)).toEqual({ verdict: 'pass', judged: 5 });
  });

  describe('silence', () => {
    function silent(hours: number, more: (home: Scene, device: Device) => void = () => {}) {
      const home = scene({ duration_s: hours * 3600 });
      const device = home.device('192.168.1.20');
      home.saw('connection', device, home.party('198.51.100.7'));
      home.saw('ntp', home.device('192.168.1.30'), home.party('203.0.113.123'));
      more(home, device);
      return home.judge(time, device);
    }

    it('of a day fails where nothing else could have brought the time', () => {
      expect(silent(25)).toMatchObject({ verdict: 'fail' });
    });

    it('of an hour is not seen', () => {
      expect(silent(1)).toMatchObject({ verdict: 'not_seen' });
    });

    it('is not visible where an encrypted session may have brought the time', () => {
      const withTls = silent(25, (home, device) =>
        home.saw('tls', device as never, home.party('198.51.100.7')),
      );
      expect(withTls).toMatchObject({ verdict: 'not_visible' });
    });
  });
});
