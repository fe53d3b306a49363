import { describe, expect, it } from 'vitest';
import { Observations } from '../observations.ts';
import { mdnsObserver } from '../observe/mdns.ts';
import { nbdsDecoder } from './nbds.ts';
import { claimsOfNoise, endure, Feed, testFlow } from './testing.ts';

/** A host announces itself to its workgroup; from Suricata's test rfb-partial-tx. */
const ANNOUNCEMENT = Buffer.from(
  '11025a59c0a8b25e000000bf0000204647454e4542454443414341434143414341434143414341434143414341' +
    '41410020464845504643454c45484643455046464641434143414341434143414341424e00ff534d4225000000' +
    '000000000000000000000000000000000000eb000000585a110000250000000000000002000000000000000000' +
    '000025005600030001000100020036005c4d41494c534c4f545c42524f57534500010000fa0000564d41430000' +
    '00000000000000000000060103100000150155aa766d616300',
  'hex',
);
const udp = {
  carrier: 'udp',
  serverPort: 138,
  clientPort: 138,
  clientAddress: '192.168.178.94',
} as const;

describe('NetBIOS datagrams', () => {
  it('say who announces itself, and as what', () => {
    expect(new Feed(nbdsDecoder, udp).data(ANNOUNCEMENT, 0).printed).toEqual([
      {
        protocol: 'nbds',
        event: 'direct_group',
        id: 0x5a59,
        source_address: '192.168.178.94',
        source: 'VMAC<00>',
        destination: 'WORKGROUP<1d>',
        mailslot: '\\MAILSLOT\\BROWSE',
        announcement: 'host',
        server: 'VMAC',
        os_version: '6.1',
        comment: 'vmac',
      },
    ]);
  });

  it('name the host that sends them, and no host that hands them on', () => {
    const namesBy = (clientAddress: string) => {
      const into = new Observations();
      new Feed(nbdsDecoder, { ...udp, clientAddress }, mdnsObserver, into).data(ANNOUNCEMENT, 0);
      return [...into.of('announcement')];
    };
    expect(namesBy('192.168.178.94')).toMatchObject([
      {
        protocol: 'nbns',
        service: 'workstation',
        hostName: 'VMAC',
        fields: { os_version: '6.1', comment: 'vmac' },
      },
    ]);
    expect(namesBy('192.168.178.1')).toEqual([]);
  });

  it('of a query and its answer, and of errors, which need their port', () => {
    const query = Buffer.concat([
      Buffer.of(0x14, 2, 0, 1, 10, 0, 0, 1, 0, 138),
      ANNOUNCEMENT.subarray(14, 48),
    ]);
    const error = Buffer.of(0x13, 2, 0, 1, 10, 0, 0, 1, 0, 138, 0x82);
    expect(new Feed(nbdsDecoder, udp).data(query, 0).data(error, 1).printed).toMatchObject([
      { event: 'query_request', destination: 'VMAC<00>' },
      { event: 'error', source_address: '10.0.0.1' },
    ]);
    for (const [port, recognition] of [
      [138, 'yes'],
      [4000, 'no'],
    ] as const) {
      const flow = testFlow({ ...udp, serverPort: port, clientPort: port });
      expect(nbdsDecoder.recognise(error, 0, error.length, 0, flow)).toBe(recognition);
    }
  });

  it('take no noise for their own and endure changed ones', () => {
    expect(claimsOfNoise(nbdsDecoder, { ...udp, clientPort: 4000, serverPort: 4001 })).toBe(0);
    expect(endure(nbdsDecoder, [[ANNOUNCEMENT, 0]], udp, mdnsObserver)).toBeGreaterThan(0);
  });
});
