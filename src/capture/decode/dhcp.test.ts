import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { dhcpObserver } from '../observe/dhcp.ts';
import { dhcpDecoder } from './dhcp.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { carrier: 'udp', clientPort: 68, serverPort: 67, multicast: true } as const;
const option = (code: number, ...data: number[]) => [code, data.length, ...data];
const text = (value: string) => [...Buffer.from(value)];

interface Parts {
  readonly operation?: number;
  readonly options?: number[];
  readonly sname?: number[];
  readonly file?: number[];
}

function dhcp({ operation = 1, options = [], sname = [], file = [] }: Parts): Buffer {
  const bytes = Buffer.alloc(240);
  bytes.set([operation, 1, 6, 0, 0xde, 0xad, 0xbe, 0xef]);
  bytes.set([10, 0, 0, 9], 16);
  bytes.set([0, 0x17, 0x88, 1, 2, 3], 28);
  bytes.set(sname, 44);
  bytes.set(file, 108);
  bytes.set([0x63, 0x82, 0x53, 0x63], 236);
  return Buffer.concat([bytes, Buffer.from([...options, 255])]);
}
const read = (bytes: Buffer) => new Feed(dhcpDecoder, flow).data(bytes, 0).printed;

const discover = dhcp({
  options: [
    ...option(53, 1),
    ...option(61, 1, 0, 0x17, 0x88, 1, 2, 3),
    ...option(12, ...text('lamp')),
    ...option(60, ...text('udhcp 1.24.1')),
    ...option(55, 1, 3, 6, 12, 42),
    ...option(77, 5, ...text('class')),
    ...option(81, 4, 255, 255, 4, ...text('lamp'), 4, ...text('home'), 0),
    ...option(43, 1, 2, 0xab, 0xcd),
    ...option(82, 1, 2, 0, 7, 2, 1, 0x99, 6, 3, ...text('sub')),
  ],
});

describe('recognition', () => {
  const recognise = (bytes: Uint8Array, ports: object) =>
    dhcpDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ ...flow, ...ports }));

  it('knows the magic cookie on any port, and BOOTP without it on its ports only', () => {
    expect(recognise(discover, { clientPort: 1, serverPort: 2 })).toBe('yes');
    const bootp = Buffer.from(discover);
    bootp.fill(0, 236);
    expect(recognise(bootp, {})).toBe('yes');
    expect(recognise(bootp, { clientPort: 1, serverPort: 2 })).toBe('no');
  });

  it.each(Object.keys(OTHERS))('leaves %s alone', (protocol) => {
    expect(recognise(OTHERS[protocol]!, { clientPort: 1, serverPort: 2 })).toBe('no');
    expect(recognise(OTHERS[protocol]!, {})).toBe('no');
  });
});

describe('messages', () => {
  it('gives a discover as EVE does, with what tells the device', () => {
    expect(read(discover)).toEqual([
      {
        protocol: 'dhcp',
        event: 'discover',
        type: 'request',
        id: 0xdeadbeef,
        client_mac: '00:17:88:01:02:03',
        assigned_ip: '10.0.0.9',
        client_ip: '0.0.0.0',
        relay_ip: '0.0.0.0',
        next_server_ip: '0.0.0.0',
        secs: 0,
        hops: 0,
        broadcast: false,
        dhcp_type: 'discover',
        client_id: '00:17:88:01:02:03',
        hostname: 'lamp',
        vendor_class_identifier: 'udhcp 1.24.1',
        parameters: [1, 3, 6, 12, 42],
        params: ['subnet_mask', 'router', 'dns_server', 'ntp_server'],
        user_class: 'class',
        fqdn: 'lamp.home',
        vendor_specific_bytes: 4,
        vendor_specific_hex: '0102abcd',
        circuit_id: '0007',
        remote_id: '99',
        subscriber_id: 'sub',
      },
    ]);
  });

  it('finds options that overload the file and server name fields, in that order', () => {
    const ack = dhcp({
      operation: 2,
      options: [...option(53, 5), ...option(52, 3)],
      file: [...option(6, 10, 0, 0, 1), 255],
      sname: [...option(3, 10, 0, 0, 2), 255],
    });
    const [event] = read(ack);
    expect(event).toMatchObject({ event: 'ack', dns_servers: ['10.0.0.1'], routers: ['10.0.0.2'] });
    expect(event).not.toHaveProperty('server_name');
    expect(event).not.toHaveProperty('boot_file');
  });

  it('joins the parts of a long option (RFC 3396)', () => {
    const long = dhcp({
      options: [...option(53, 1), ...option(12, ...text('la')), ...option(12, ...text('mp'))],
    });
    expect(read(long)).toMatchObject([{ hostname: 'lamp' }]);
  });

  it('reads routes, name servers and boot files', () => {
    const offer = dhcp({
      operation: 2,
      sname: text('boot'),
      options: [
        ...option(53, 2),
        ...option(121, 24, 192, 0, 2, 10, 0, 0, 1, 0, 10, 0, 0, 254),
        ...option(66, ...text('tftp.home')),
        ...option(67, ...text('fw.bin')),
        ...option(51, 0, 0, 14, 16),
      ],
    });
    expect(read(offer)).toMatchObject([
      {
        event: 'offer',
        routes: ['192.0.2.0/24 via 10.0.0.1', '0.0.0.0/0 via 10.0.0.254'],
        tftp_server_name: 'tftp.home',
        boot_file: 'fw.bin',
        server_name: 'boot',
        lease_time: 3600,
      },
    ]);
  });

  it('names BOOTP by its operation', () => {
    expect(read(dhcp({})).map(({ event }) => event)).toEqual(['bootp_request']);
    expect(read(dhcp({ operation: 2 })).map(({ event }) => event)).toEqual(['bootp_reply']);
  });
});

describe('broken messages', () => {
  it('gives what could be read, and says what is wrong', () => {
    const cut = dhcp({ options: [...option(53, 1), 12, 40, 0x61] });
    expect(read(cut)).toMatchObject([
      { event: 'discover' },
      { event: 'malformed', reason: 'truncated option', offset: 243 },
    ]);
    expect(read(discover.subarray(0, 100))).toMatchObject([{ reason: 'truncated header' }]);
  });

  it('survives anything', () => {
    expectUnharmed({ decoder: dhcpDecoder, flow, observer: dhcpObserver, samples: [discover] });
  });
});
