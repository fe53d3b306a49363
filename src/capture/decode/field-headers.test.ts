import { describe, expect, it } from 'vitest';
import type { Direction } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { adsObserver } from '../observe/ads.ts';
import { finsObserver } from '../observe/fins.ts';
import { adsDecoder } from './ads.ts';
import { fieldHeaderDecoders } from './field-headers.ts';
import { finsDecoder } from './fins.ts';
import { claimsOfNoise, endure, Feed, testFlow } from './testing.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** One message of each, as captures of such devices have them. */
const MESSAGES: readonly (readonly [
  protocol: string,
  carrier: 'udp' | 'tcp',
  type: string,
  bytes: string,
])[] = [
  ['hart_ip', 'udp', 'session_initiate_response', '010100000002000d010000ea60'],
  ['hart_ip', 'tcp', 'session_close_response', '01010100000d0008'],
  [
    'c37118',
    'tcp',
    'data',
    'aa010030003c489337430008d9a0000042c827b9bfc89ec242c7e4794027ad2742c805113f06beb00000000000001a9c',
  ],
  [
    'c1222',
    'udp',
    'acse',
    '6030a20f060d607c86f754011600010140ce11a60e060c607c86f75401160001014021a80402020f89be0728058103800120',
  ],
  [
    'someip',
    'udp',
    'service_discovery',
    'ffff8100000000240000000201010200c0000000000000100700000000eb00000100001e0000000100000000',
  ],
  [
    'trdp',
    'udp',
    'Pd',
    '000000000100506400000000000000000000000000000018000000000000000000000000ce487aea48656c6c6f20576f726c6400000000000000000000000000',
  ],
  ['cnp_ip', 'udp', 'data', '001c0101000000006b8b45670000000100000000000901a901aa0123'],
  [
    'ether_sio',
    'udp',
    'write',
    '4553494f0001000000317616000000180000000d01000000005c00000001001100000b30000000000000000000000000ff',
  ],
  ['zabbix', 'tcp', 'plain', '5a425844010a0000000000000070726f632e6e756d5b5d'],
];

describe('protocols told by their header', () => {
  const decoder = (protocol: string) =>
    fieldHeaderDecoders.find((each) => each.protocol === protocol)!;

  it.each(MESSAGES)('%s over %s: %s', (protocol, carrier, type, text) => {
    const own = decoder(protocol);
    const bytes = hex(text);
    const flow = { carrier, serverPort: own.ports[0]! };
    expect(own.recognise(bytes, 0, bytes.length, 0, testFlow(flow))).toBe('yes');
    // Two in one stream are two messages; a datagram is one.
    const feed = new Feed(own, flow);
    feed.data(bytes.subarray(0, 5), 0);
    if (carrier === 'tcp') feed.data(bytes.subarray(5), 0).data(bytes, 1);
    const told = { protocol, event: 'message', type, length: bytes.length };
    expect(carrier === 'tcp' ? feed.printed : new Feed(own, flow).data(bytes, 0).printed).toEqual(
      carrier === 'tcp' ? [told, told] : [told],
    );
  });

  it('take no other’s message and no noise for their own', () => {
    for (const [protocol, carrier, , text] of MESSAGES) {
      const bytes = hex(text);
      const takers = fieldHeaderDecoders
        .filter(({ carriers }) => carriers.includes(carrier))
        .filter((each) => {
          const flow = testFlow({ carrier, serverPort: each.ports[0]! });
          return each.recognise(bytes, 0, bytes.length, 0, flow) === 'yes';
        });
      expect(takers.map((each) => each.protocol)).toEqual([protocol]);
    }
    // On their ports a few bytes of a stream are all that tells: one in a hundred thousand passes.
    for (const each of [...fieldHeaderDecoders, finsDecoder, adsDecoder])
      for (const carrier of each.carriers)
        for (const serverPort of [each.ports[0]!, 40_001])
          expect(claimsOfNoise(each, { carrier, serverPort }, 20_000), each.protocol).toBeLessThan(
            2,
          );
  });

  it('take no frame of AMQP for HART-IP', () => {
    const frame = hex(
      '0100010000002100 3c002800000863656c657279657610776f726b65722e68656172746265617400ce',
    );
    const flow = testFlow({ carrier: 'tcp', serverPort: 5672 });
    expect(decoder('hart_ip').recognise(frame, 0, frame.length, 0, flow)).toBe('no');
    const begun = hex('010000000001000d 01 0000ea60');
    expect(decoder('hart_ip').recognise(begun, 0, begun.length, 0, flow)).toBe('yes');
  });

  it('endure changed and cut messages', () => {
    for (const [protocol, carrier, , text] of MESSAGES) {
      const own = decoder(protocol);
      const flow = { carrier, serverPort: own.ports[0]! };
      const conversation = [[hex(text), 0] as [Uint8Array, Direction]];
      expect(endure(own, conversation, flow)).toBeGreaterThan(0);
    }
  });
});

describe('FINS', () => {
  const udp = { carrier: 'udp', serverPort: 9600 } as const;
  const WRITE = hex('80 00 02 00 01 00 00 02 00 7a 0102 82 0064 00 0001 1234');
  const DONE = hex('c0 00 02 00 02 00 00 01 00 7a 0102 0000');
  const REFUSED = hex('c0 00 02 00 02 00 00 01 00 7a 0102 2108');
  const identity = (model: string, version: string): Buffer =>
    Buffer.concat([
      hex('c0 00 02 00 63 00 00 c8 00 ef 0501 0000'),
      Buffer.from(model.padEnd(20)),
      Buffer.from(version.padEnd(20)),
    ]);

  it('tells commands from answers, with nodes and end codes', () => {
    expect(new Feed(finsDecoder, udp).data(WRITE, 0).data(REFUSED, 1).printed).toMatchObject([
      { event: 'command', operation: 'memory_area_write', destination: '0.1.0', source: '0.2.0' },
      { event: 'response', operation: 'memory_area_write', end_code: 0x2108, service_id: 0x7a },
    ]);
  });

  it('folds a write and its answer into a control write', () => {
    const outcomes = [DONE, REFUSED].map((answer) => {
      const into = new Observations();
      new Feed(finsDecoder, udp, finsObserver, into).data(WRITE, 0).data(answer, 1).close();
      return [...into.of('control_write')][0];
    });
    expect(outcomes).toMatchObject([
      { protocol: 'fins', operation: 'memory_area_write', effect: 'value', outcome: 'accepted' },
      { outcome: 'refused' },
    ]);
  });

  it('reads what a controller says of itself', () => {
    const into = new Observations();
    const answer = identity('CP1L-EL20DR-D', '01.00     01.06');
    new Feed(finsDecoder, udp, finsObserver, into).data(answer, 1);
    expect([...into.of('identification')]).toMatchObject([
      { maker: 'Omron', model: 'CP1L-EL20DR-D', version: '01.00' },
    ]);
  });

  it('reads frames of a stream behind their own header', () => {
    const header = (command: number, length: number): Buffer => {
      const head = Buffer.alloc(16);
      head.write('FINS');
      head.writeUInt32BE(8 + length, 4);
      head.writeUInt32BE(command, 8);
      return head;
    };
    const stream = Buffer.concat([header(0, 4), hex('00000000'), header(2, WRITE.length), WRITE]);
    const tcp = { carrier: 'tcp', serverPort: 9600 } as const;
    const feed = new Feed(finsDecoder, tcp)
      .data(stream.subarray(0, 30), 0)
      .data(stream.subarray(30), 0);
    expect(feed.printed).toMatchObject([
      { event: 'connect' },
      { event: 'command', operation: 'memory_area_write' },
    ]);
    expect(endure(finsDecoder, [[stream, 0]], tcp, finsObserver)).toBeGreaterThan(0);
  });
});

describe('ADS', () => {
  const message = (command: number, flags: number, body: string, invoke = 7): Buffer => {
    const content = hex(body);
    const head = Buffer.alloc(38);
    head.writeUInt32LE(32 + content.length, 2);
    hex('050d75600101 1027 c0a801630101 0380').copy(head, 6);
    head.writeUInt16LE(command, 22);
    head.writeUInt16LE(flags, 24);
    head.writeUInt32LE(content.length, 26);
    head.writeUInt32LE(invoke, 34);
    return Buffer.concat([head, content]);
  };

  it('folds writes, and reads what the controller is', () => {
    const into = new Observations();
    const feed = new Feed(adsDecoder, { serverPort: 48_898 }, adsObserver, into)
      .data(message(3, 4, '20400000 00000000 02000000 0100'), 0)
      .data(message(3, 5, '00000000'), 1)
      .data(message(1, 4, '', 8), 0)
      .data(
        message(
          1,
          5,
          `00000000 03 01 b80f ${Buffer.from('Plc30 App').toString('hex').padEnd(32, '0')}`,
          8,
        ),
        1,
      )
      .close();
    expect(feed.printed[0]).toMatchObject({
      event: 'request',
      command: 'write',
      target: '5.13.117.96.1.1:10000',
      source: '192.168.1.99.1.1:32771',
    });
    expect([...into.of('control_write')]).toMatchObject([
      { protocol: 'ads', operation: 'write', effect: 'value', outcome: 'accepted' },
    ]);
    expect([...into.of('identification')]).toMatchObject([
      { maker: 'Beckhoff', model: 'Plc30 App', version: '3.1.4024' },
    ]);
  });

  it('endures changed and cut messages', () => {
    const conversation = [[message(3, 4, '20400000'), 0] as [Uint8Array, Direction]];
    expect(endure(adsDecoder, conversation, {}, adsObserver)).toBeGreaterThan(0);
  });
});
