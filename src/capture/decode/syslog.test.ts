import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { syslogObserver } from '../observe/syslog.ts';
import { syslogDecoder } from './syslog.ts';
import { Feed, testFlow } from './testing.ts';

const udp = { carrier: 'udp', serverPort: 514 } as const;
const tcp = { carrier: 'tcp', serverPort: 514 } as const;
const bytes = (text: string) => Buffer.from(text, 'utf8');
const read = (text: string) => new Feed(syslogDecoder, udp).data(bytes(text), 0).printed[0];
const recognise = (text: string | Uint8Array, flow: object = { ...udp, serverPort: 9_999 }) => {
  const all = typeof text === 'string' ? bytes(text) : text;
  return syslogDecoder.recognise(all, 0, all.length, 0, testFlow(flow));
};

const OLD = "<34>Oct 11 22:14:15 mymachine su[231]: 'su root' failed for lonvick on /dev/pts/8";
const NEW =
  '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="App]lication"][examplePriority@32473 class="high"] BOMAn application event log entry';

describe('recognition', () => {
  it('knows both headers on any port', () => {
    expect(recognise(OLD)).toBe('yes');
    expect(recognise(NEW)).toBe('yes');
    expect(recognise('<14>1 - host app - - - no time')).toBe('yes');
    expect(recognise('<14>2020-01-01T00:00:00Z host app: x')).toBe('yes');
  });

  it('takes a bare priority on its ports only', () => {
    for (const text of ['<0>kernel panic', '<191>x', '<13> not much']) {
      expect(recognise(text, udp)).toBe('yes');
      expect(recognise(`${text} and something more`)).toBe('no');
    }
    for (const text of ['<192>x', '<013>x', '<>x', '<1x>', '<?xml version="1.0"?>', '<html>'])
      expect(recognise(text, udp)).toBe('no');
  });

  it('knows both framings of TCP', () => {
    expect(recognise(`${OLD}\n`, tcp)).toBe('yes');
    expect(recognise(`${OLD.length} ${OLD}`, tcp)).toBe('yes');
    for (const text of ['<', '<34>Oct', '1', '83', '83 ', '83 <3'])
      expect(recognise(text, tcp)).toBe('more');
    for (const text of ['220 ready\r\n', '1234567 ', '83 x', 'x'])
      expect(recognise(text, tcp)).toBe('no');
  });

  it.each(Object.keys(OTHERS))('leaves %s alone', (name) => {
    expect(recognise(OTHERS[name] as Buffer, udp)).toBe('no');
    expect(recognise(OTHERS[name] as Buffer, tcp)).toBe('no');
  });
});

describe('a header', () => {
  it('of RFC 5424 is told field by field, without the message', () => {
    expect(read(NEW)).toEqual({
      protocol: 'syslog',
      event: 'message',
      facility: 20,
      facility_name: 'local4',
      severity: 5,
      severity_name: 'notice',
      version: 1,
      timestamp: '2003-10-11T22:14:15.003Z',
      hostname: 'mymachine.example.com',
      app_name: 'evntslog',
      msgid: 'ID47',
      sd_ids: ['exampleSDID@32473', 'examplePriority@32473'],
      length: NEW.length,
    });
  });

  it('of RFC 3164 has host, program and process', () => {
    expect(read(OLD)).toMatchObject({
      facility_name: 'auth',
      severity_name: 'crit',
      timestamp: 'Oct 11 22:14:15',
      hostname: 'mymachine',
      app_name: 'su',
      procid: '231',
    });
    expect(JSON.stringify(read(OLD))).not.toContain('lonvick');
  });

  it.each([
    ['<30>Oct  9 22:33:20 dnsmasq-dhcp[712]: DHCPACK', undefined, 'dnsmasq-dhcp'],
    ['<30>Oct  9 22:33:20 cam1 kernel: eth0 up', 'cam1', 'kernel'],
    ['<30>Oct  9 22:33:20 10.0.0.7 10:23 nothing', '10.0.0.7', undefined],
    ['<6>kernel: booted', undefined, 'kernel'],
    ['<13>just words here', undefined, undefined],
    ['<13>', undefined, undefined],
  ])('in use: %s', (text, hostname, app) => {
    expect(read(text)?.hostname).toBe(hostname);
    expect(read(text)?.app_name).toBe(app);
  });

  it('without a priority is malformed where the flow is known', () => {
    expect(read('hello')).toMatchObject({ event: 'malformed', reason: 'no priority' });
  });
});

describe('a stream', () => {
  const hosts = (feed: Feed) => feed.printed.map(({ hostname }) => hostname);

  it('counts octets, or ends messages with lines, as each begins', () => {
    const counted = `${OLD.length} ${OLD}${NEW.length} ${NEW}`;
    const all = bytes(`${counted}${OLD}\n${NEW}\r\n`);
    for (let cut = 0; cut <= all.length; cut += 7) {
      const feed = new Feed(syslogDecoder, tcp).data(all.subarray(0, cut), 0);
      expect(hosts(feed.data(all.subarray(cut), 0))).toEqual([
        ...['mymachine', 'mymachine.example.com', 'mymachine', 'mymachine.example.com'],
      ]);
    }
  });

  it('skips what a long message holds behind its header', () => {
    const feed = new Feed(syslogDecoder, tcp);
    feed.data(bytes(`50000 ${OLD}${'x'.repeat(3_000)}`), 0);
    expect(feed.printed).toMatchObject([{ hostname: 'mymachine', length: 50_000 }]);
    feed.data(Buffer.alloc(50_000 - 3_000 - OLD.length, 0x3c), 0).data(bytes(`${OLD}\n`), 0);
    expect(hosts(feed)).toEqual(['mymachine', 'mymachine']);
  });

  it('goes on after lines without a priority, which belong to the message before', () => {
    const feed = new Feed(syslogDecoder, tcp).data(bytes(`${OLD}\n  at line 2\n${OLD}\n`), 0);
    expect(hosts(feed)).toEqual(['mymachine', 'mymachine']);
  });

  it('finds its feet after a gap', () => {
    const feed = new Feed(syslogDecoder, tcp).data(bytes(`${OLD}\n<34>Oct 11`), 0);
    feed.gap(100, 0).data(bytes(`lost\n${NEW}\n`), 0);
    expect(hosts(feed)).toEqual(['mymachine', 'mymachine.example.com']);
  });
});

describe('what is observed', () => {
  it('is who logs, with which programs, and how severe at worst', () => {
    const feed = new Feed(syslogDecoder, udp, syslogObserver);
    feed.data(bytes(OLD), 0).data(bytes('<38>Oct 11 22:14:15 mymachine sshd[1]: x'), 0);
    expect([...feed.into.of('syslog')]).toMatchObject([
      {
        client: 1,
        server: 2,
        hostName: 'mymachine',
        apps: ['su', 'sshd'],
        messages: 2,
        severity: 2,
      },
    ]);
  });
});

describe('hostile input', () => {
  const samples = [OLD, NEW, `${OLD.length} ${OLD}`, `${OLD}\n${NEW}\n`].map(bytes);
  it.each([
    ['datagrams', udp],
    ['streams', tcp],
  ])('does no harm: %s', (_what, flow) => {
    expectUnharmed({ decoder: syslogDecoder, flow, observer: syslogObserver, samples });
  });
});
