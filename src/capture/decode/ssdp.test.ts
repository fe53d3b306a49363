import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ssdpDecoder } from './ssdp.ts';
import { Feed, testFlow } from './testing.ts';

const text = (value: string): Buffer => Buffer.from(value.replaceAll('\n', '\r\n'));
const udp = { carrier: 'udp', serverPort: 1900 } as const;
const feed = () => new Feed(ssdpDecoder, udp);
const recognise = (value: string | Buffer, flow = {}) => {
  const bytes = Buffer.from(value as string);
  return ssdpDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ ...udp, ...flow }));
};

const notify = text(
  'NOTIFY * HTTP/1.1\nHOST: 239.255.255.250:1900\nCACHE-CONTROL: max-age = 1800\nLocation:http://192.168.1.2:80/d.xml\nNT: upnp:rootdevice\nNTS: ssdp:alive\nSERVER: Linux/3.4 UPnP/1.0 Cam/1.0.3\nUSN: uuid:1::upnp:rootdevice\n\n',
);
const search = text(
  'M-SEARCH * HTTP/1.1\nHOST: 239.255.255.250:1900\nMAN: "ssdp:discover"\nMX: 3\nST: ssdp:all\nUSER-AGENT: a/1\n\n',
);
const answer = text(
  'HTTP/1.1 200 OK\nCACHE-CONTROL: max-age=120\nEXT:\nLOCATION: http://a/\nSERVER: b\nST: upnp:rootdevice\nUSN: uuid:1\n\n',
);

describe('recognition', () => {
  const elsewhere = { serverPort: 5_000 };

  it('knows its three messages, off its port by their fields', () => {
    for (const message of [notify, search, answer]) {
      expect(recognise(message)).toBe('yes');
      expect(recognise(message, { serverPort: 50_000, clientPort: 1900 })).toBe('yes');
      expect(recognise(message, elsewhere)).toBe('yes');
    }
  });

  it('leaves the messages of others alone', () => {
    expect(recognise(text('M-SEARCH * HTTP/1.1\n\n'), elsewhere)).toBe('no');
    expect(recognise(text('HTTP/1.1 200 OK\nContent-Length: 0\n\n'), elsewhere)).toBe('no');
    const others = [
      'GET / HTTP/1.1\r\n\r\n',
      'NOTIFY sip:a SIP/2.0\r\n',
      'HTTP/1.1 404 Not Found\r\n',
    ];
    for (const other of [...others, 'NOTIFY * HT', '\x00\x00\x84\x00', ''])
      expect(recognise(other), other).toBe('no');
  });
});

describe('messages', () => {
  it('are told with their fields', () => {
    const session = feed().data(notify, 0).data(search, 0).data(answer, 1);
    expect(session.printed).toEqual([
      {
        protocol: 'ssdp',
        event: 'notify',
        nt: 'upnp:rootdevice',
        nts: 'ssdp:alive',
        usn: 'uuid:1::upnp:rootdevice',
        location: 'http://192.168.1.2:80/d.xml',
        server: 'Linux/3.4 UPnP/1.0 Cam/1.0.3',
        host: '239.255.255.250:1900',
        max_age: 1800,
      },
      {
        protocol: 'ssdp',
        event: 'm_search',
        st: 'ssdp:all',
        user_agent: 'a/1',
        host: '239.255.255.250:1900',
        mx: 3,
        man: '"ssdp:discover"',
      },
      {
        protocol: 'ssdp',
        event: 'response',
        st: 'upnp:rootdevice',
        usn: 'uuid:1',
        location: 'http://a/',
        server: 'b',
        max_age: 120,
      },
    ]);
  });

  it('that are malformed are named', () => {
    const session = feed().data(text('NOTIFY * HTTP/1.1\nno colon\nNT: a\n\n'), 0);
    session.data(text('NOTHING\n\n'), 0);
    expect(session.printed).toMatchObject([
      { event: 'malformed', reason: 'field without colon', offset: 19 },
      { event: 'notify', nt: 'a' },
      { event: 'malformed', reason: 'invalid start line' },
    ]);
  });
});

describe('hostile input', () => {
  it('never throws, whatever the bytes and wherever they are cut', () => {
    for (const message of [notify, search, answer])
      for (let cut = 0; cut < message.length; cut++) feed().data(message.subarray(0, cut), 0);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(notify.length - 1), fc.nat(255)), { maxLength: 8 }),
        fc.uint8Array({ maxLength: 200 }),
        (changes, noise) => {
          const mutated = Buffer.from(notify);
          for (const [at, value] of changes) mutated[at] = value;
          const session = feed().data(mutated, 0).data(noise, 0).data(mutated, 1);
          for (const event of session.printed) expect(event.protocol).toBe('ssdp');
          recognise(mutated, { serverPort: 9 });
          recognise(Buffer.from(noise));
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
