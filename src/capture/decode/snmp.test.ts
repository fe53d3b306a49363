import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { snmpObserver } from '../observe/snmp.ts';
import { snmpDecoder } from './snmp.ts';
import { Feed, packet, testFlow } from './testing.ts';

const flow = { carrier: 'udp', serverPort: 161 } as const;

/** An element of BER. */
function ber(tag: number, ...content: (Uint8Array | readonly number[])[]): Buffer {
  const body = Buffer.concat(content.map((each) => Buffer.from(each)));
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
const int = (...bytes: number[]) => ber(2, bytes);
const text = (value: string) => ber(4, Buffer.from(value));
const SYS_DESCR = [0x2b, 6, 1, 2, 1, 1, 1, 0];
const SYS_NAME = [0x2b, 6, 1, 2, 1, 1, 5, 0];
const variable = (name: readonly number[], value: Buffer = ber(5)) =>
  ber(0x30, ber(6, name), value);

interface Fields {
  readonly version?: number;
  readonly community?: string;
  readonly type?: number;
  readonly number?: number;
  readonly error?: number;
  readonly variables?: readonly Buffer[];
}
function pdu({ type = 0xa0, number = 7, error = 0, variables = [variable(SYS_DESCR)] }: Fields) {
  return ber(type, int(number), int(error), int(0), ber(0x30, ...variables));
}
function message(fields: Fields = {}): Buffer {
  const { version = 1, community = 'public' } = fields;
  return ber(0x30, int(version), text(community), pdu(fields));
}
/** Version 3 with the user-based security model. */
function message3(flags: number, user: string, data: Buffer, number = 9): Buffer {
  const header = ber(0x30, int(number), int(5, 0xdc), ber(4, [flags]), int(3));
  const security = ber(0x30, ber(4, [1, 2, 3]), int(0), int(0), text(user), ber(4), ber(4));
  return ber(0x30, int(3), header, ber(4, security), data);
}
const scoped = (fields: Fields) => ber(0x30, text('engine'), text(''), pdu(fields));

const read = (bytes: Buffer) => new Feed(snmpDecoder, flow).data(bytes, 0).printed;
const recognise = (bytes: Uint8Array, serverPort: number) =>
  snmpDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ ...flow, serverPort }));

describe('recognition', () => {
  it('knows every version on any port', () => {
    for (const version of [0, 1]) expect(recognise(message({ version }), 9_999)).toBe('yes');
    expect(recognise(message3(0, 'bob', scoped({})), 9_999)).toBe('yes');
    expect(recognise(message3(3, 'bob', ber(4, [1, 2])), 9_999)).toBe('yes');
    expect(recognise(message({ version: 2 }), 161)).toBe('no');
  });

  it('takes what is not whole on its ports only', () => {
    const cut = Buffer.concat([message(), Buffer.from([0])]);
    expect(recognise(cut, 161)).toBe('yes');
    expect(recognise(cut, 9_999)).toBe('no');
  });

  it.each(Object.keys(OTHERS).filter((name) => name !== 'snmp'))('leaves %s alone', (name) => {
    expect(recognise(OTHERS[name] as Buffer, 161)).toBe('no');
  });

  it('leaves LDAP and Kerberos alone', () => {
    expect(recognise(ber(0x30, int(1), ber(0x60, int(3), text(''), ber(0x80))), 161)).toBe('no');
    expect(recognise(ber(0x6a, ber(0x30, ber(0xa1, int(5)))), 161)).toBe('no');
  });
});

describe('a stray message on another port', () => {
  it('leaves the flow to who comes next', () => {
    const feed = new Feed(snmpDecoder, { ...flow, serverPort: 53 }).data(message(), 0);
    expect(feed.parser.handover).toBe(false);
    feed.data(OTHERS.coap as Uint8Array, 0);
    expect(feed.parser.handover).toBe(true);
    expect(feed.printed.length).toBe(1);
  });
});

describe('a message', () => {
  it('is told as in EVE, its community sealed and known for what it is', () => {
    const [event] = new Feed(snmpDecoder, flow).data(message(), 0).printed;
    expect(event).toEqual({
      protocol: 'snmp',
      event: 'get_request',
      version: 2,
      pdu_type: 'get_request',
      community: expect.stringMatching(/^hmac-sha256:/),
      well_known_community: 'public',
      request_id: 7,
      vars: ['1.3.6.1.2.1.1.1.0'],
    });
    expect(read(message({ version: 0, community: 'private' }))[0]).toMatchObject({
      version: 1,
      well_known_community: 'private',
    });
    const own = JSON.stringify(read(message({ community: 'Public7' })));
    expect(own).not.toMatch(/Public7|well_known/);
  });

  it('has a type of its own', () => {
    const types = Array.from({ length: 9 }, (_, i) => 0xa0 + i).filter((type) => type !== 0xa4);
    expect(types.map((type) => read(message({ type }))[0]?.pdu_type)).toEqual([
      ...['get_request', 'get_next_request', 'response', 'set_request', 'get_bulk_request'],
      ...['inform_request', 'trap_v2', 'report'],
    ]);
    expect(read(message({ type: 0xa9 }))).toMatchObject([{ reason: 'unknown PDU' }]);
  });

  it('of version 1 may be a trap', () => {
    const trap = ber(
      0xa4,
      ber(6, [0x2b, 6, 1, 4, 1, 0x88, 0x37]),
      ber(0x40, [10, 0, 0, 9]),
      int(4),
      int(0),
      ber(0x43, [1, 2]),
      ber(0x30),
    );
    expect(read(ber(0x30, int(0), text('public'), trap))).toMatchObject([
      {
        event: 'trap_v1',
        trap_type: 'authenticationFailure',
        trap_oid: '1.3.6.1.4.1.1079',
        trap_address: '10.0.0.9',
      },
    ]);
  });

  it('tells errors, but not those that stand in the place of repetitions', () => {
    expect(read(message({ type: 0xa2, error: 2 }))).toMatchObject([{ error: 'NoSuchName' }]);
    expect(read(message({ type: 0xa5, error: 2 }))[0]).not.toHaveProperty('error');
  });

  it('tells what the agent says it is, and no other value', () => {
    const variables = [variable(SYS_DESCR, text('Linux 4.4')), variable(SYS_NAME, text('cam1'))];
    const other = variable([0x2b, 6, 1, 2, 1, 1, 6, 0], text('Room 7'));
    const [event] = read(message({ type: 0xa2, variables: [...variables, other] }));
    expect(event).toMatchObject({ objects: { sysDescr: 'Linux 4.4', sysName: 'cam1' } });
    expect(JSON.stringify(event)).not.toContain('Room 7');
    // What a manager writes is no statement of the agent.
    expect(read(message({ type: 0xa3, variables }))[0]).not.toHaveProperty('objects');
  });

  it('of version 3 tells user and protection, encrypted or not', () => {
    expect(read(message3(1, 'bob', scoped({ type: 0xa1 })))).toMatchObject([
      { event: 'get_next_request', version: 3, usm: 'bob', security_level: 'authNoPriv' },
    ]);
    expect(read(message3(7, 'bob', ber(4, [9, 9])))).toMatchObject([
      { event: 'encrypted', usm: 'bob', security_level: 'authPriv', engine_id: '010203' },
    ]);
  });
});

describe('malformed', () => {
  it.each([
    ['bytes after the message', Buffer.concat([message(), Buffer.from([0])]), true],
    ['element cut off', message().subarray(0, 20), false],
    ['unknown version', ber(0x30, int(5), text('public'), pdu({})), false],
    ['unexpected element', ber(0x30, int(1), int(1), pdu({})), false],
    ['invalid integer', ber(0x30, int(1), text('a'), ber(0xa0, ber(2))), false],
    ['invalid object identifier', message({ variables: [variable([0x2b, 0x86])] }), true],
  ])('%s', (reason, bytes, readable) => {
    const events = read(bytes);
    expect(events[0]).toMatchObject({ event: 'malformed', reason, readable });
    expect(events.length).toBe(readable ? 2 : 1);
  });
});

describe('what is observed', () => {
  const exchange = (...messages: [Buffer, 0 | 1][]) => {
    const feed = new Feed(snmpDecoder, flow, snmpObserver);
    for (const [i, [bytes, direction]] of messages.entries())
      feed.data(bytes, direction, packet(i + 1));
    return feed.close().into;
  };

  it('is a request that was answered, with both packets', () => {
    const into = exchange([message(), 0], [message({ type: 0xa2 }), 1]);
    expect([...into.of('snmp')]).toMatchObject([
      { client: 1, server: 2, version: 2, operation: 'read', wellKnown: 'public' },
    ]);
    expect(into.of('snmp')[0]).toMatchObject({ outcome: 'accepted', secrets: [] });
    expect(into.of('snmp')[0]!.packets.map(({ packet }) => packet)).toEqual([1, 2]);
  });

  it('is a guess that nobody answered, repeats counted once', () => {
    const into = exchange([message(), 0], [message(), 0]);
    expect([...into.of('snmp')]).toMatchObject([{ outcome: 'unanswered', count: 1 }]);
  });

  it('is a write, and a refusal of access', () => {
    const write = message({ type: 0xa3, community: 'private' });
    const into = exchange([write, 0], [message({ type: 0xa2, error: 6, community: 'private' }), 1]);
    expect([...into.of('snmp')]).toMatchObject([
      { operation: 'write', wellKnown: 'private', outcome: 'refused' },
    ]);
  });

  it('is a trap, whose sender is the client', () => {
    const into = exchange([message({ type: 0xa7 }), 1]);
    expect([...into.of('snmp')]).toMatchObject([{ client: 2, server: 1, operation: 'notify' }]);
  });

  it('lists a community of one’s own for masking in both packets', () => {
    const community = 'x7Kq';
    const into = exchange([message({ community }), 0], [message({ community, type: 0xa2 }), 1]);
    const [record] = into.of('snmp');
    expect(record!.secrets.map((secret) => Buffer.from(secret.reveal()).toString())).toEqual([
      community,
    ]);
  });

  it('of version 3 is no failure while the engine is discovered', () => {
    const unknownEngine = [0x2b, 6, 1, 6, 3, 15, 1, 1, 4, 0];
    const wrongDigest = [0x2b, 6, 1, 6, 3, 15, 1, 1, 5, 0];
    const report = (name: readonly number[]) =>
      message3(0, 'bob', scoped({ type: 0xa8, variables: [variable(name)] }));
    const get = message3(0, 'bob', scoped({}));
    expect([...exchange([get, 0], [report(unknownEngine), 1]).of('snmp')]).toEqual([]);
    expect([...exchange([get, 0], [report(wrongDigest), 1]).of('snmp')]).toMatchObject([
      { version: 3, user: 'bob', outcome: 'refused' },
    ]);
    const sealed = message3(3, 'bob', ber(4, [1]));
    expect([...exchange([sealed, 0], [sealed, 1]).of('snmp')]).toMatchObject([
      { security: 'authPriv', outcome: 'accepted', count: 1 },
    ]);
  });

  it('is what the agent says it is', () => {
    const variables = [variable(SYS_DESCR, text('Linux 4.4')), variable(SYS_NAME, text('cam1'))];
    const into = exchange([message(), 0], [message({ type: 0xa2, variables }), 1]);
    expect([...into.of('identification')]).toMatchObject([
      { server: 2, protocol: 'snmp', name: 'cam1', more: { sysDescr: 'Linux 4.4' } },
    ]);
  });
});

describe('hostile input', () => {
  it('does no harm', () => {
    expectUnharmed({
      decoder: snmpDecoder,
      flow,
      observer: snmpObserver,
      samples: [
        message({ variables: [variable(SYS_DESCR, text('a')), variable(SYS_NAME)] }),
        message({ type: 0xa2, variables: [variable(SYS_DESCR, text('Linux'))] }),
        message3(0, 'bob', scoped({ type: 0xa2 })),
        message3(3, 'bob', ber(4, [1, 2, 3])),
      ],
    });
  });
});
