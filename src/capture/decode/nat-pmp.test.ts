import { describe, expect, it } from 'vitest';
import { claimsOfNoise, expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { natPmpObserver } from '../observe/nat-pmp.ts';
import { natPmpDecoder } from './nat-pmp.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { carrier: 'udp', serverPort: 5351 } as const;
const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const observe = (...said: [Buffer, 0 | 1][]) => {
  const feed = new Feed(natPmpDecoder, flow, natPmpObserver);
  for (const [message, direction] of said) feed.data(message, direction);
  return feed.close();
};
const mappings = (feed: Feed) => [...feed.into.of('port_mapping')];

/** RFC 6886, 3.3: map TCP 8080 to 8080 for two hours; and the answers. */
const request = bytes('00 02 0000 1f90 1f90 00001c20');
const granted = bytes('00 82 0000 00000e10 1f90 2710 00000e10');
const refused = bytes('00 82 0002 00000e10 1f90 0000 00000000');
const V4 = '00000000000000000000ffff';
/** RFC 6887, 11.1: MAP, TCP, 80 to 8080. */
const pcpHead = (first: string, lifetime: string, rest: string) =>
  `02 ${first} ${lifetime} ${rest}`;
const nonce = '0102030405060708090a0b0c';
const pcpRequest = bytes(
  `${pcpHead('01 0000', '00000e10', `${V4} c0a80114`)} ${nonce} 06000000 0050 1f90 ${V4} 00000000`,
);
const pcpAnswer = (result: string) =>
  bytes(
    `${pcpHead(`81 00${result}`, '00000708', `00000064 ${'00'.repeat(12)}`)} ${nonce} 06000000 0050 1f91 ${V4} cb007105`,
  );

describe('recognition', () => {
  it('is by port and form', () => {
    const recognise = (message: Buffer, serverPort: number) =>
      natPmpDecoder.recognise(
        ...([message, 0, message.length, 0] as const),
        testFlow({ ...flow, serverPort }),
      );
    for (const message of [request, granted, refused, pcpRequest, pcpAnswer('00')]) {
      expect(recognise(message, 5351)).toBe('yes');
      expect(recognise(message, 9_999)).toBe('no');
    }
    for (const other of Object.values(OTHERS))
      expect(recognise(Buffer.from(other), 5351)).toBe('no');
  });

  it('claims no noise', () => {
    expect(claimsOfNoise(natPmpDecoder, { carrier: 'udp' })).toBe(0);
  });
});

describe('NAT-PMP', () => {
  it('reads each message', () => {
    const feed = observe(
      [bytes('0000'), 0],
      [bytes('00 80 0000 00000e10 cb007105'), 1],
      [request, 0],
      [granted, 1],
    );
    expect(feed.printed).toEqual([
      { protocol: 'nat_pmp', event: 'external_address_request' },
      {
        ...{ protocol: 'nat_pmp', event: 'external_address_response', result: 0 },
        ...{ result_name: 'success', epoch_s: 3600, external_address: '203.0.113.5' },
      },
      {
        ...{ protocol: 'nat_pmp', event: 'map_request', transport: 'tcp' },
        ...{ internal_port: 8080, external_port: 8080, lifetime: 7200 },
      },
      {
        ...{ protocol: 'nat_pmp', event: 'map_response', result: 0, result_name: 'success' },
        ...{
          epoch_s: 3600,
          transport: 'tcp',
          internal_port: 8080,
          external_port: 10_000,
          lifetime: 3600,
        },
      },
    ]);
  });

  it('notes what was granted, on which port and for how long', () => {
    expect(mappings(observe([request, 0], [request, 0], [granted, 1]))).toMatchObject([
      {
        ...{ client: 1, server: 2, protocol: 'nat_pmp', outcome: 'granted', transport: 'tcp' },
        ...{ externalPort: 10_000, internalPort: 8080, lease_s: 3600 },
      },
    ]);
  });

  it('tells refused from unanswered, and removal from both', () => {
    expect(mappings(observe([request, 0], [refused, 1]))).toMatchObject([{ outcome: 'refused' }]);
    expect(mappings(observe([request, 0]))).toMatchObject([{ outcome: 'unknown' }]);
    const removal = bytes('00 02 0000 1f90 0000 00000000');
    const removed = bytes('00 82 0000 00000e10 1f90 0000 00000000');
    expect(mappings(observe([removal, 0], [removed, 1]))).toEqual([]);
  });
});

describe('PCP', () => {
  it('reads a mapping with its options', () => {
    const thirdParty = Buffer.concat([pcpRequest, bytes(`01 00 0010 ${V4} c0a80132`)]);
    expect(observe([thirdParty, 0]).printed).toMatchObject([
      {
        ...{ protocol: 'pcp', event: 'map_request', version: 2, client_address: '192.168.1.20' },
        ...{ ip_protocol: 6, internal_port: 80, external_port: 8080, external_address: '0.0.0.0' },
        ...{ options: [1], third_party: '192.168.1.50', lifetime: 3600 },
      },
    ]);
    expect(observe([pcpAnswer('00'), 1]).printed).toMatchObject([
      { event: 'map_response', result_name: 'success', external_address: '203.0.113.5' },
    ]);
  });

  it('notes granted and refused', () => {
    expect(mappings(observe([pcpRequest, 0], [pcpAnswer('00'), 1]))).toMatchObject([
      { protocol: 'pcp', outcome: 'granted', externalPort: 8081, lease_s: 1800 },
    ]);
    expect(mappings(observe([pcpRequest, 0], [pcpAnswer('02'), 1]))).toMatchObject([
      { outcome: 'refused', externalPort: 8080 },
    ]);
  });

  it('takes the answer of a server of NAT-PMP alone', () => {
    const old = bytes('00 81 0001 00000e10');
    expect(observe([pcpRequest, 0], [old, 1]).printed[1]).toMatchObject({
      protocol: 'nat_pmp',
      result_name: 'unsupported_version',
    });
  });
});

it('reports what breaks the form', () => {
  const reason = (hex: string) => observe([bytes(hex), 0]).printed[0]!.reason;
  expect(reason('0003')).toBe('unknown operation');
  expect(reason('00020000')).toBe('truncated request');
  expect(reason('0280')).toBe('truncated header');
  expect(reason(`02 01 0000 ${'00'.repeat(20)}`)).toBe('truncated operation');
});

it('survives anything', () => {
  const samples = [request, granted, pcpRequest, pcpAnswer('00')];
  expectUnharmed({ decoder: natPmpDecoder, flow, observer: natPmpObserver, samples });
});
