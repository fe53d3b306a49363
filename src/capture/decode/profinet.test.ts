import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pcapRecords } from '../../../test/support/fleetward.ts';
import { bytesOf, PEERS } from '../../../test/support/peers.ts';
import type { Direction } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { profinetObserver } from '../observe/profinet.ts';
import { profinetDecoder } from './profinet.ts';
import { claimsOfNoise, endure, Feed, testFlow } from './testing.ts';

const LINK = { carrier: 'other', serverPort: 0x8892, clientPort: 0 } as const;
const UDP = { carrier: 'udp', serverPort: 34_964 } as const;

/** The payloads of a recording on the link, with who sent each. */
const recorded: (readonly [Buffer, Direction])[] = pcapRecords(join(PEERS, 'dcp.pcap')).map(
  (record) => [record.subarray(16 + 14), record[16 + 11] === 2 ? 0 : 1],
);
function link(...frames: Buffer[]) {
  const feed = new Feed(profinetDecoder, LINK);
  for (const frame of frames) feed.data(frame, 0);
  return feed.printed;
}
const dcp = (frameId: number, service: string, blocks: string): Buffer => {
  const bytes = bytesOf(blocks);
  const head = bytesOf(`${frameId.toString(16)} ${service} 00001001 0000 0000`);
  head.writeUInt16BE(bytes.length, 10);
  return Buffer.concat([head, bytes]);
};
const recognise = (bytes: Uint8Array, flow: object) =>
  profinetDecoder.recognise(bytes, 0, bytes.length, 0, testFlow(flow));

/** A call of the context manager, little-endian as devices send it. */
const call = (type: number, opnum: number, body: string): Buffer => {
  const head = Buffer.alloc(80);
  head[0] = 4;
  head[1] = type;
  head[4] = 0x10;
  bytesOf('0100a0de976cd1118271 00a02442df7d').copy(head, 24);
  head.writeUInt32LE(7, 64);
  head.writeUInt16LE(opnum, 68);
  return Buffer.concat([head, bytesOf(body)]);
};

describe('recognition', () => {
  it('takes the EtherType, and calls of PROFINET’s interfaces on any port', () => {
    expect(recognise(recorded[0]![0], LINK)).toBe('yes');
    expect(recognise(recorded[0]![0], { ...LINK, serverPort: 0x88cc })).toBe('no');
    expect(recognise(call(0, 0, ''), { ...UDP, serverPort: 9 })).toBe('yes');
    expect(recognise(call(0, 0, '').fill(0, 24, 25), UDP)).toBe('yes');
    expect(recognise(call(0, 0, '').fill(0, 28, 29), UDP)).toBe('no');
  });

  it('is not taken in by noise', () => {
    expect(claimsOfNoise(profinetDecoder, UDP)).toBe(0);
  });
});

describe('discovery and configuration', () => {
  it('reads what an engineering tool and a device say to each other', () => {
    expect(link(...recorded.map(([frame]) => frame))).toMatchObject([
      { event: 'identify_request', xid: 0x1001, options: ['all'] },
      {
        event: 'identify_response',
        name_of_station: 'conveyor-drive-7',
        type_of_station: 'SINAMICS G120',
        vendor_id: 0x2a,
        device_id: 0x0a01,
        roles: ['io_device'],
        ip_address: '10.9.0.1',
        netmask: '255.255.255.0',
        gateway: '10.9.0.254',
      },
      { event: 'get_request', options: ['name_of_station', 'ip'] },
      { event: 'set_request', name_of_station: 'renamed-7' },
      { event: 'set_response', errors: [] },
      { event: 'set_request', control: 'reset_to_factory' },
      { event: 'set_response', errors: [] },
      { event: 'set_request', control: 'signal' },
      { event: 'set_response' },
    ]);
  });

  it('says what was refused', () => {
    expect(link(dcp(0xfefd, '04 01', '05 04 0003 02 02 06 00'))).toMatchObject([
      { event: 'set_response', errors: ['name_of_station in_operation'] },
    ]);
    expect(link(dcp(0xfefd, '03 05', ''))).toMatchObject([{ errors: ['service unsupported'] }]);
  });

  it('passes over cyclic data and alarms', () => {
    expect(link(bytesOf('8000 00112233445566'), bytesOf('fc01 0000'))).toEqual([]);
  });

  it.each([
    ['an unknown service', dcp(0xfefd, '09 00', ''), 'unknown service'],
    [
      'blocks beyond the frame',
      dcp(0xfefd, '04 00', '02 02 00').fill(99, 11, 12),
      'blocks beyond the frame',
    ],
    ['a block beyond its message', dcp(0xfeff, '05 01', '02 02 0040 0000 61'), 'message too short'],
    ['a cut head', bytesOf('feff 0501'), 'message too short'],
  ])('reports %s', (_, frame, reason) => {
    expect(link(frame)).toContainEqual(expect.objectContaining({ event: 'malformed', reason }));
  });
});

describe('the context manager', () => {
  const lengths = '00000000'.repeat(5);
  const record = (index: string) =>
    `0009003c0100 0001 ${'00'.repeat(20)} 0000 0001 0000 ${index} 00000100 ${'00'.repeat(24)}`;
  const text = (value: string, length: number) => Buffer.from(value.padEnd(length)).toString('hex');

  it('reads services with their records, and who a device is', () => {
    const im0 = `00200038 0100 002a ${text('6ES7 214-1AG40-0XB0', 20)} ${text('S C-X4U421302009', 16)} 0007 56 04 07 02 0000 0000 0000 0101 001e`;
    const feed = new Feed(profinetDecoder, UDP);
    feed.data(call(0, 5, lengths + record('aff0')), 0);
    feed.data(call(2, 5, lengths + record('aff0') + im0), 1);
    feed.data(call(0, 3, lengths + record('8028')), 0);
    feed.data(call(0, 4, lengths), 0).data(call(9, 4, lengths), 1);
    expect(feed.printed).toMatchObject([
      { event: 'read_implicit_request', index: 0xaff0, slot: 0, subslot: 1, sequence: 7 },
      {
        event: 'read_implicit_response',
        status: 0,
        identification: {
          vendor_id: 0x2a,
          order_id: '6ES7 214-1AG40-0XB0',
          serial_number: 'S C-X4U421302009',
          hardware_revision: 7,
          software_revision: 'V4.7.2',
        },
      },
      { event: 'write_request', index: 0x8028 },
      { event: 'control_request' },
    ]);
  });
});

describe('observations', () => {
  it('are who a device is, and who renamed and reset it, on the flows of a link', () => {
    const into = new Observations();
    const feed = new Feed(profinetDecoder, LINK, profinetObserver, into);
    for (const [frame, direction] of recorded) feed.data(frame, direction);
    feed.close();
    expect(into.of('identification')).toMatchObject([
      { server: 2, maker: 'Siemens', model: 'SINAMICS G120', name: 'conveyor-drive-7' },
    ]);
    expect(
      into
        .of('control_write')
        .map(({ operation, effect, outcome }) => `${operation} ${effect} ${outcome}`),
    ).toEqual(['dcp_set program accepted', 'dcp_reset_to_factory mode accepted']);
  });
});

describe('hostile input', () => {
  it('never throws', () => {
    expect(endure(profinetDecoder, recorded, LINK, profinetObserver)).toBeGreaterThan(0);
  });
});
