import { describe, expect, it } from 'vitest';
import { bytesOf, conversations } from '../../../test/support/peers.ts';
import { Observations } from '../observations.ts';
import { bacnetObserver } from '../observe/bacnet.ts';
import { bacnetDecoder } from './bacnet.ts';
import { claimsOfNoise, endure, Feed, testFlow } from './testing.ts';

const UDP = { carrier: 'udp', serverPort: 47_808 } as const;
/** A message of the virtual link over IPv4. */
const link = (number: number, hex: string): Buffer => {
  const body = bytesOf(hex);
  return Buffer.concat([Buffer.from([0x81, number, 0, 4 + body.length]), body]);
};
/** An APDU in a unicast without routing that expects a reply. */
const unicast = (hex: string): Buffer => link(10, `01 04 ${hex}`);
const read = (...datagrams: Buffer[]) => {
  const feed = new Feed(bacnetDecoder, UDP);
  for (const datagram of datagrams) feed.data(datagram, 0);
  return feed.printed;
};
const recognise = (bytes: Uint8Array, flow = {}) =>
  bacnetDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ ...UDP, ...flow }));

describe('recognition', () => {
  it('knows messages by link and network layer, on any port', () => {
    expect(recognise(unicast('00 00 01 0c 0c 00 00 00 05 19 55'), { serverPort: 9 })).toBe('yes');
    expect(recognise(link(5, '00 3c'))).toBe('yes');
    expect(recognise(link(5, '00 3c'), { serverPort: 9 })).toBe('no');
    expect(recognise(link(10, '02 00 10 08'))).toBe('no');
    expect(recognise(link(10, '01 10 10 08'))).toBe('no');
  });

  it('takes padded datagrams on its port only, and no cut ones', () => {
    const padded = Buffer.concat([link(11, '01 00 10 08'), Buffer.alloc(10)]);
    expect(recognise(padded)).toBe('yes');
    expect(recognise(padded, { serverPort: 9 })).toBe('no');
    expect(recognise(link(11, '01 00 10 08').subarray(0, 7))).toBe('no');
  });

  it('is not taken in by noise', () => {
    expect(claimsOfNoise(bacnetDecoder, { ...UDP, serverPort: 9 })).toBe(0);
    expect(claimsOfNoise(bacnetDecoder, UDP)).toBeLessThan(5);
  });
});

describe('the examples of ASHRAE 135, annex F', () => {
  it.each([
    [
      'ReadProperty',
      '00 00 01 0c 0c 00 00 00 05 19 55',
      {
        event: 'read_property_request',
        invoke_id: 1,
        object: 'analog_input:5',
        property: 'present_value',
      },
    ],
    [
      'its answer',
      '30 01 0c 0c 00 00 00 05 19 55 3e 44 42 90 99 9a 3f',
      { event: 'read_property_ack', object: 'analog_input:5', value: 72.3 },
    ],
    [
      'WriteProperty',
      '00 04 59 0f 0c 00 80 00 01 19 55 3e 44 43 34 00 00 3f',
      {
        event: 'write_property_request',
        object: 'analog_value:1',
        property: 'present_value',
        value: 180,
      },
    ],
    ['its acknowledgement', '20 59 0f', { event: 'write_property_ack', invoke_id: 0x59 }],
    [
      'ReadPropertyMultiple, with errors',
      '30 02 0e 0c 00 00 00 21 1e 29 55 4e 44 42 29 33 33 4f 1f 0c 00 00 00 32 1e 29 55 5e 91 01 91 1f 5f 1f',
      {
        event: 'read_property_multiple_ack',
        properties: [
          { object: 'analog_input:33', property: 'present_value', value: 42.3 },
          { object: 'analog_input:50', property: 'present_value', error: 'object unknown_object' },
        ],
      },
    ],
    [
      'DeviceCommunicationControl',
      '00 04 05 11 09 05 19 01 2d 08 00 23 65 67 62 64 66 21',
      { event: 'device_communication_control_request', duration_min: 5, state: 'disable' },
    ],
    [
      'ReinitializeDevice',
      '00 04 02 14 09 01 1d 09 00 41 62 43 64 45 66 47 68',
      { event: 'reinitialize_device_request', state: 'warmstart' },
    ],
    [
      'I-Am',
      '10 00 c4 02 00 00 03 22 04 00 91 03 21 63',
      { event: 'i_am', device_instance: 3, max_apdu: 1024, segmentation: 'none', vendor_id: 99 },
    ],
    [
      'Who-Is',
      '10 08 09 03 19 03',
      { event: 'who_is', device_instance_low: 3, device_instance_high: 3 },
    ],
    [
      'I-Have',
      '10 01 c4 02 00 00 08 c4 00 00 00 03 75 07 00 4f 41 54 65 6d 70',
      { event: 'i_have', object: 'analog_input:3', object_name: 'OATemp' },
    ],
    [
      'an error',
      '50 56 0b 91 01 91 1f',
      { event: 'error', service: 'delete_object', error_code: 'unknown_object' },
    ],
    ['a reject', '60 07 09', { event: 'reject', invoke_id: 7, reason: 'unrecognized_service' }],
    [
      'an abort',
      '71 08 04',
      { event: 'abort', reason: 'segmentation_not_supported', by_server: true },
    ],
  ])('%s', (_, hex, expected) => {
    expect(read(unicast(hex))).toMatchObject([expected]);
  });

  it('seals the passwords', () => {
    const feed = new Feed(bacnetDecoder, UDP);
    feed.data(unicast('00 04 05 11 09 05 19 01 2d 08 00 23 65 67 62 64 66 21'), 0);
    feed.data(unicast('00 04 02 14 09 01 1d 09 00 41 62 43 64 45 66 47 68'), 0);
    expect(feed.printed.map(({ password }) => password)).toEqual([
      feed.secrets.seal('#egbdf!').hash,
      feed.secrets.seal('AbCdEfGh').hash,
    ]);
    expect(JSON.stringify(feed.events)).not.toMatch(/egbdf|AbCd/);
  });
});

describe('the layers below', () => {
  it('reads foreign devices, tables and results', () => {
    expect(
      read(
        link(0, '00 30'),
        link(5, '00 3c'),
        link(3, 'c0 a8 01 02 ba c0 ff ff ff ff'),
        link(8, 'c0 a8 01 07 ba c0'),
      ),
    ).toMatchObject([
      { event: 'bvlc_result', result: 0x30 },
      { event: 'register_foreign_device', time_to_live_s: 60 },
      { event: 'read_broadcast_distribution_table_ack', addresses: ['192.168.1.2:47808'] },
      { event: 'delete_foreign_device_table_entry', addresses: ['192.168.1.7:47808'] },
    ]);
  });

  it('reads who sent what others forward, and from which network behind a router', () => {
    const iAm = '10 00 c4 02 00 00 03 22 04 00 91 03 21 63';
    const [forwarded, routed] = read(
      link(4, `c0 a8 01 07 ba c0 01 00 ${iAm}`),
      link(11, `01 28 ff ff 00 07 d1 01 0a ff ${iAm}`),
    );
    expect(forwarded).toMatchObject({
      event: 'i_am',
      link: 'forwarded_npdu',
      forwarded_for: '192.168.1.7:47808',
    });
    expect(routed).toMatchObject({ event: 'i_am', source: '2001:0a', destination: '65535' });
  });

  it('reads messages of the network layer', () => {
    expect(
      read(link(11, '01 80 01 07 d1 07 d2'), link(11, '01 80 00'), link(11, '01 80 85 01 04 00')),
    ).toMatchObject([
      { event: 'i_am_router_to_network', networks: [2001, 2002] },
      { event: 'who_is_router_to_network', networks: [] },
      { event: 'vendor_network_message', vendor_id: 260 },
    ]);
  });

  it('reads BACnet over IPv6', () => {
    const datagram = bytesOf('82 02 00 0b 00 0a bb 01 00 10 08');
    expect(recognise(datagram)).toBe('yes');
    expect(read(datagram)).toMatchObject([{ event: 'who_is', link: 'original_broadcast_npdu' }]);
  });

  it('reads the first of several segments as far as it goes, and knows the others', () => {
    expect(
      read(
        unicast('3c 05 00 10 0e 0c 00 00 00 21 1e 29 55 4e 44 42'),
        unicast('38 05 01 10 0e 29 33 33 4f 1f'),
        unicast('40 05 01 10'),
      ),
    ).toMatchObject([
      { event: 'read_property_multiple_ack', segment: 0, more_segments: true },
      { event: 'read_property_multiple_ack', segment: 1, more_segments: false },
      { event: 'segment_ack', segment: 1, negative: false },
    ]);
  });

  it.each([
    ['an unknown function', link(13, '00'), 'unknown function of the virtual link'],
    [
      'a length beyond the datagram',
      Buffer.from([0x81, 10, 0, 90, 1, 0, 16, 8]),
      'length of the virtual link',
    ],
    ['another version', link(10, '02 00 10 08'), 'version of the network layer'],
    ['a value beyond the message', unicast('00 04 59 0f 0c 00 80'), 'value beyond the message'],
    [
      'a list that is not closed',
      unicast('30 01 0c 0c 00 00 00 05 19 55 3e 44 42 90 99 9a'),
      'no closing tag',
    ],
    ['an unknown PDU', unicast('f0 00'), 'unknown kind of PDU'],
  ])('reports %s', (_, datagram, reason) => {
    expect(read(datagram)).toContainEqual(expect.objectContaining({ event: 'malformed', reason }));
  });
});

describe('observations', () => {
  const observed = (...said: readonly (readonly [Buffer, 0 | 1])[]) => {
    const into = new Observations();
    const feed = new Feed(bacnetDecoder, UDP, bacnetObserver, into);
    for (const [bytes, direction] of said) feed.data(bytes, direction);
    feed.close();
    return into;
  };

  it('tells an accepted command from a refused one and from one that nobody answered', () => {
    const write = (id: string) =>
      unicast(`00 04 ${id} 0f 0c 00 80 00 01 19 55 3e 44 43 34 00 00 3f`);
    const into = observed(
      [write('01'), 0],
      [unicast('20 01 0f'), 1],
      [write('02'), 0],
      [unicast('50 02 0f 91 02 91 28'), 1],
      [write('03'), 0],
    );
    expect(
      into
        .of('control_write')
        .map(({ protocol, operation, effect, outcome }) => [protocol, operation, effect, outcome]),
    ).toEqual([
      ['bacnet', 'write_property', 'value', 'accepted'],
      ['bacnet', 'write_property', 'value', 'refused'],
      ['bacnet', 'write_property', 'value', 'unknown'],
    ]);
    expect(into.of('polling')).toMatchObject([{ writes: 3, reads: 0, answers: 2 }]);
  });

  it('does not take a router for the devices behind it', () => {
    const into = observed([
      link(11, '01 28 ff ff 00 07 d1 01 0a ff 10 00 c4 02 00 00 03 22 04 00 91 03 21 24'),
      0,
    ]);
    expect(into.of('identification')).toMatchObject([
      { server: 1, maker: undefined, more: { device_type: 'BACnet router' } },
    ]);
  });

  it('tells two askers on one flow apart', () => {
    const ask = unicast('00 04 01 0c 0c 00 00 00 05 19 55');
    const into = observed([ask, 0], [ask, 1]);
    expect(into.of('polling').map(({ client, reads }) => [client, reads])).toEqual([
      [1, 1],
      [2, 1],
    ]);
  });
});

describe('hostile input', () => {
  it('never throws', () => {
    for (const conversation of conversations('bacnet')) {
      expect(endure(bacnetDecoder, conversation, UDP, bacnetObserver)).toBeGreaterThan(0);
    }
  });
});
