import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { kerberosObserver } from '../observe/kerberos.ts';
import { krb5Decoder } from './krb5.ts';
import { Feed, packet, testFlow } from './testing.ts';

const udp = { carrier: 'udp', serverPort: 88 } as const;
const tcp = { carrier: 'tcp', serverPort: 88 } as const;

function der(tag: number, ...content: (Uint8Array | readonly number[])[]): Buffer {
  const body = Buffer.concat(content.map((each) => Buffer.from(each)));
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
const int = (value: number) => der(2, [value & 255]);
const field = (number: number, ...content: Buffer[]) => der(0xa0 + number, ...content);
const sequence = (...content: Buffer[]) => der(0x30, ...content);
const text = (value: string) => der(0x1b, Buffer.from(value));
const name = (...parts: string[]) =>
  sequence(field(0, int(1)), field(1, sequence(...parts.map(text))));
const encrypted = (type: number) => sequence(field(0, int(type)), field(2, der(4, [1, 2, 3])));

const REALM = text('EXAMPLE.COM');
function request(type: 10 | 12, { user = 'ann', etypes = [18, 23] } = {}): Buffer {
  const body = sequence(
    field(0, der(3, [0, 0x40, 0, 0, 0])),
    field(1, name(user)),
    field(2, REALM),
    field(3, name('krbtgt', 'EXAMPLE.COM')),
    field(5, der(0x18, Buffer.from('20300101000000Z'))),
    field(7, int(7)),
    field(8, sequence(...etypes.map(int))),
  );
  const padata = sequence(sequence(field(1, int(2)), field(2, der(4, [1]))));
  return der(
    0x60 + type,
    sequence(field(1, int(5)), field(2, int(type)), field(3, padata), field(4, body)),
  );
}
function reply(type: 11 | 13, ticketType = 18): Buffer {
  const ticket = der(
    0x61,
    sequence(
      field(0, int(5)),
      field(1, REALM),
      field(2, name('http', 'a')),
      field(3, encrypted(ticketType)),
    ),
  );
  return der(
    0x60 + type,
    sequence(
      field(0, int(5)),
      field(1, int(type)),
      field(3, REALM),
      field(4, name('ann')),
      field(5, ticket),
      field(6, encrypted(18)),
    ),
  );
}
const error = (code: number) =>
  der(
    0x7e,
    sequence(
      field(0, int(5)),
      field(1, int(30)),
      field(6, int(code)),
      field(9, REALM),
      field(10, name('krbtgt', 'EXAMPLE.COM')),
    ),
  );
const framed = (message: Buffer): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(message.length);
  return Buffer.concat([length, message]);
};

const read = (...messages: Buffer[]) => {
  const feed = new Feed(krb5Decoder, udp);
  for (const message of messages) feed.data(message, 0);
  return feed.printed;
};
const recognise = (bytes: Uint8Array, flow: object) =>
  krb5Decoder.recognise(bytes, 0, bytes.length, 0, testFlow(flow));

describe('recognition', () => {
  const messages = [request(10), reply(11), request(12), reply(13), error(25)];

  it('knows every message on any port', () => {
    for (const message of messages) {
      expect(recognise(message, { ...udp, serverPort: 9_999 })).toBe('yes');
      expect(recognise(framed(message), { ...tcp, serverPort: 9_999 })).toBe('yes');
    }
  });

  it('waits for enough of a stream', () => {
    const stream = framed(request(10));
    for (const cut of [1, 4, 5, 12, 19])
      expect(recognise(stream.subarray(0, cut), tcp)).toBe('more');
    expect(recognise(stream.subarray(0, 30), tcp)).toBe('yes');
  });

  it('takes what lacks version and type on its port only', () => {
    const bare = der(0x7e, sequence(field(6, int(25))));
    expect(recognise(bare, udp)).toBe('yes');
    expect(recognise(bare, { ...udp, serverPort: 9_999 })).toBe('no');
  });

  it.each(Object.keys(OTHERS))('leaves %s alone', (other) => {
    expect(recognise(OTHERS[other] as Buffer, udp)).toBe('no');
    expect(recognise(OTHERS[other] as Buffer, tcp)).not.toBe('yes');
  });
});

describe('a message', () => {
  it('asks for a ticket', () => {
    expect(read(request(10))).toEqual([
      {
        protocol: 'krb5',
        event: 'as_req',
        msg_type: 'KRB_AS_REQ',
        cname: 'ann',
        realm: 'EXAMPLE.COM',
        sname: 'krbtgt/EXAMPLE.COM',
        etypes: [18, 23],
        padata: [2],
      },
    ]);
  });

  it('brings one, and tells weak encryption of either part', () => {
    expect(read(reply(13, 23))).toEqual([
      {
        protocol: 'krb5',
        event: 'tgs_rep',
        msg_type: 'KRB_TGS_REP',
        cname: 'ann',
        realm: 'EXAMPLE.COM',
        sname: 'http/a',
        encryption: 'aes256-cts-hmac-sha1-96',
        weak_encryption: false,
        ticket_encryption: 'rc4-hmac',
        ticket_weak_encryption: true,
        etype: 18,
        ticket_etype: 23,
      },
    ]);
  });

  it('refuses one, and what was asked for is known if it was seen', () => {
    expect(read(request(12), error(7))[1]).toMatchObject({
      event: 'error',
      msg_type: 'KRB_ERROR',
      failed_request: 'KRB_TGS_REQ',
      error_code: 'KDC_ERR_S_PRINCIPAL_UNKNOWN',
    });
    expect(read(error(25))[0]).toMatchObject({ failed_request: 'UNKNOWN' });
  });

  it('may lack its service', () => {
    const bare = sequence(field(2, REALM), field(8, sequence(int(11))));
    const message = der(0x6a, sequence(field(1, int(5)), field(2, int(10)), field(4, bare)));
    expect(read(message)).toMatchObject([{ event: 'as_req', realm: 'EXAMPLE.COM', etypes: [11] }]);
  });

  it('comes in any pieces over TCP', () => {
    const all = Buffer.concat([framed(request(10)), framed(request(12))]);
    for (let cut = 0; cut <= all.length; cut += 5) {
      const feed = new Feed(krb5Decoder, tcp);
      feed.data(all.subarray(0, cut), 0).data(all.subarray(cut), 0);
      expect(feed.printed.map(({ event }) => event)).toEqual(['as_req', 'tgs_req']);
    }
  });

  it('that is too long is skipped', () => {
    const feed = new Feed(krb5Decoder, tcp).data(Buffer.from([0, 1, 0x86, 0xa0, 1]), 0);
    feed.data(Buffer.alloc(99_999), 0).data(framed(request(10)), 0);
    expect(feed.printed.map(({ event }) => event)).toEqual(['malformed', 'as_req']);
  });
});

describe('malformed', () => {
  it.each([
    ['message cut off', request(10).subarray(0, 40), false],
    ['no Kerberos message', sequence(int(1)), false],
    ['invalid message', der(0x6a, int(1)), false],
    ['field missing', der(0x6a, sequence(field(1, int(5)), field(2, int(10)))), false],
    ['version or type missing', der(0x7e, sequence(field(6, int(25)))), true],
  ])('%s', (reason, bytes, readable) => {
    const events = read(bytes);
    expect(events[0]).toMatchObject({ event: 'malformed', reason });
    expect(events.length).toBe(readable ? 2 : 1);
  });
});

describe('what is observed', () => {
  const exchange = (...messages: [Buffer, 0 | 1][]) => {
    const feed = new Feed(krb5Decoder, udp, kerberosObserver);
    for (const [i, [bytes, direction]] of messages.entries())
      feed.data(bytes, direction, packet(i + 1));
    return [...feed.close().into.of('kerberos')];
  };

  it('is a request with its answer, in both packets', () => {
    const [record] = exchange([request(10), 0], [reply(11), 1]);
    expect(record).toMatchObject({ request: 'as', user: 'ann', outcome: 'accepted' });
    expect(record!.packets.map(({ packet: number }) => number)).toEqual([1, 2]);
    expect(exchange([request(12), 0], [error(7), 1])).toMatchObject([
      { request: 'tgs', outcome: 'refused', error: 7 },
    ]);
    expect(exchange([request(10), 0], [request(10), 0])).toMatchObject([
      { outcome: 'unanswered', count: 1 },
    ]);
  });

  it('is a ticket whose request was not seen', () => {
    expect(exchange([reply(13, 23), 1])).toMatchObject([
      { client: 1, request: 'tgs', service: 'http/a', ticketEncryption: 23 },
    ]);
  });
});

describe('hostile input', () => {
  const samples = [request(10), reply(11), error(25)];
  it('does no harm', () => {
    expectUnharmed({ decoder: krb5Decoder, flow: udp, observer: kerberosObserver, samples });
    const streams = samples.map(framed);
    expectUnharmed({
      decoder: krb5Decoder,
      flow: tcp,
      observer: kerberosObserver,
      samples: streams,
      runs: 500,
    });
  });
});
