import { describe, expect, it } from 'vitest';
import { bytesOf, conversations } from '../../../test/support/peers.ts';
import { Observations } from '../observations.ts';
import { knxObserver } from '../observe/knx.ts';
import { knxDecoder } from './knx.ts';
import { claimsOfNoise, endure, Feed, testFlow } from './testing.ts';

const UDP = { carrier: 'udp', serverPort: 3671 } as const;
const service = (number: number, hex: string): Buffer => {
  const body = bytesOf(hex);
  const head = Buffer.from([6, 0x10, number >> 8, number & 255, 0, 0]);
  head.writeUInt16BE(6 + body.length, 4);
  return Buffer.concat([head, body]);
};
const tunnel = (cemi: string, sequence = '05') => service(0x0420, `04 01 ${sequence} 00 ${cemi}`);
const read = (...messages: Buffer[]) => {
  const feed = new Feed(knxDecoder, UDP);
  for (const message of messages) feed.data(message, 0);
  return feed.printed;
};
const recognise = (bytes: Uint8Array, flow: object = UDP) =>
  knxDecoder.recognise(bytes, 0, bytes.length, 0, testFlow(flow));

describe('recognition', () => {
  it('knows services by header and length, on any port', () => {
    const search = service(0x0201, '08 01 0a 09 00 02 0e 57');
    expect(recognise(search, { ...UDP, serverPort: 9 })).toBe('yes');
    expect(recognise(search.subarray(0, -1))).toBe('no');
    expect(recognise(service(0x0999, '00'))).toBe('no');
    for (let length = 0; length < 6; length++)
      expect(recognise(search.subarray(0, length), { serverPort: 9 })).toBe('more');
    expect(recognise(search, { serverPort: 9 })).toBe('yes');
  });

  it('is not taken in by noise', () => {
    expect(claimsOfNoise(knxDecoder, UDP)).toBe(0);
    expect(claimsOfNoise(knxDecoder, {})).toBe(0);
  });
});

describe('services', () => {
  it('reads who a device is', () => {
    const name = Buffer.alloc(30);
    name.write('Küche', 'latin1');
    const device = `36 01 02 01 11 ff 00 00 00 c5 01 02 03 04 e0 00 17 0c 00 24 6d 01 02 03 ${name.toString('hex')}`;
    expect(read(service(0x0204, `${device} 0a 02 02 01 03 01 04 02 09 01`))).toMatchObject([
      {
        event: 'description_response',
        individual_address: '1.1.255',
        services: ['core 1', 'device_management 1', 'tunnelling 2', 'security 1'],
        device: {
          friendly_name: 'Küche',
          serial_number: '00c501020304',
          mac: '00:24:6d:01:02:03',
          medium: 'tp',
          programming_mode: true,
        },
      },
    ]);
  });

  it('reads connections, accepted and refused', () => {
    expect(
      read(
        service(0x0205, '08 01 0a 09 00 02 9c 40 08 01 0a 09 00 02 9c 40 04 04 02 00'),
        service(0x0206, '07 00 08 01 0a 09 00 01 0e 57 04 04 11 02'),
        service(0x0206, '00 24'),
        service(0x0209, '07 00 08 01 00 00 00 00 00 00'),
      ),
    ).toMatchObject([
      { event: 'connect_request', connection: 'tunnel', control_endpoint: '10.9.0.2:40000' },
      { event: 'connect_response', channel: 7, status: 'ok', individual_address: '1.1.2' },
      { status: 'no_more_connections' },
      { event: 'disconnect_request', channel: 7 },
    ]);
  });

  it('reads frames of the bus', () => {
    const frames = read(
      tunnel('11 00 bc e0 00 00 0a 03 01 00 81'),
      tunnel('29 00 bc e0 11 05 0a 03 03 00 80 0c 1a'),
      tunnel('11 00 bc e0 00 00 0a 03 01 00 00'),
      tunnel('11 00 b0 60 00 00 11 05 01 43 80'),
      tunnel('11 00 b0 60 00 00 11 05 06 43 d1 00 de ad be ef'),
      tunnel('11 00 b0 60 00 00 11 05 00 80'),
      tunnel('fc 00 0b 01 35 10 01'),
    ).map(({ frame }) => frame);
    expect(frames).toMatchObject([
      { message: 'l_data_req', destination: '1/2/3', service: 'group_value_write', data: '01' },
      { message: 'l_data_ind', source: '1.1.5', service: 'group_value_write', data: '0c1a' },
      { service: 'group_value_read' },
      { destination: '1.1.5', service: 'restart' },
      { service: 'authorize_request' },
      { message: 'l_data_req', destination: '1.1.5' },
      { message: 'm_prop_read_req', object_type: 11, property: 53 },
    ]);
    // A key is never shown.
    expect(JSON.stringify(frames)).not.toContain('deadbeef');
  });

  it('knows secured messages as such', () => {
    expect(
      read(service(0x0950, `00 01 ${'00'.repeat(40)}`), service(0x0954, '01 00')),
    ).toMatchObject([
      { event: 'secure_wrapper' },
      { event: 'session_status', status: 'authentication_failed' },
    ]);
  });

  it.each([
    ['an unknown service', service(0x0999, '00'), 'unknown service'],
    [
      'a length that is not the datagram’s',
      service(0x0201, '08 01 0a 09 00 02 0e').subarray(0, -1),
      'header',
    ],
    [
      'an endpoint that is too short',
      service(0x0201, '07 01 0a 09 00 02 0e 57'),
      'length of an endpoint',
    ],
    ['a block beyond the message', service(0x0204, '36 01 02'), 'length of a block'],
    ['a cut frame', tunnel('11 00 bc e0 00'), 'message too short'],
  ])('reports %s', (_, bytes, reason) => {
    expect(read(bytes)).toContainEqual(expect.objectContaining({ event: 'malformed', reason }));
  });
});

describe('a stream', () => {
  it('is cut into services, and given up where it is none', () => {
    const all = Buffer.concat([
      tunnel('11 00 bc e0 00 00 0a 03 01 00 81'),
      service(0x0421, '04 01 05 00'),
    ]);
    for (let cut = 0; cut <= all.length; cut++) {
      const feed = new Feed(knxDecoder).data(all.subarray(0, cut), 0).data(all.subarray(cut), 0);
      expect(feed.printed.map(({ event }) => event)).toEqual([
        'tunnelling_request',
        'tunnelling_ack',
      ]);
    }
    const lost = new Feed(knxDecoder).data(Buffer.from('no KNX at all'), 0);
    expect(lost.parser.done).toBe(true);
  });
});

describe('observations', () => {
  const observed = (...said: readonly (readonly [Buffer, 0 | 1])[]) => {
    const into = new Observations();
    const feed = new Feed(knxDecoder, UDP, knxObserver, into);
    for (const [bytes, direction] of said) feed.data(bytes, direction);
    feed.close();
    return into;
  };

  it('tells commands by what they do, and whether the gateway took them', () => {
    const write = '11 00 bc e0 00 00 0a 03 01 00 81';
    const into = observed(
      [tunnel(write, '00'), 0],
      [service(0x0421, '04 01 00 00'), 1],
      [tunnel('2e 00 bc e0 11 02 0a 03 01 00 81', '00'), 1],
      [tunnel('11 00 b0 60 00 00 11 05 01 43 80', '01'), 0],
      [service(0x0421, '04 01 01 29'), 1],
      [tunnel(write, '02'), 0],
    );
    expect(
      into
        .of('control_write')
        .map(({ operation, effect, outcome }) => [operation, effect, outcome]),
    ).toEqual([
      ['group_value_write', 'value', 'accepted'],
      ['restart', 'mode', 'refused'],
      ['group_value_write', 'value', 'unknown'],
    ]);
    expect(into.of('polling')).toMatchObject([{ client: 1, server: 2, writes: 3, reads: 0 }]);
  });
});

describe('hostile input', () => {
  it('never throws', () => {
    for (const conversation of conversations('knx'))
      expect(endure(knxDecoder, conversation, UDP, knxObserver)).toBeGreaterThan(0);
  });
});
