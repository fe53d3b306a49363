/** What devices spoke, and whether it could be read. */
import { describe, expect, it } from 'vitest';
import { spokenBy } from './spoken.ts';

interface Told {
  readonly protocol: string | undefined;
  readonly carrier?: string;
  readonly port?: number;
  readonly host?: number;
}

/** A device with these connections, each of two packets of 100 bytes each way, and other sightings. */
function device(connections: readonly Told[], more: Readonly<Record<string, object[]>> = {}) {
  const sightings: Record<string, object[]> = {
    connection: connections.map(({ protocol, carrier = 'tcp', port = 25, host = 1 }) => ({
      observation: {
        protocol,
        carrier,
        serverPort: port,
        bytes: [100, 100],
        packetCount: [2, 2],
      },
      peer: { host },
    })),
    ...more,
  };
  return { seen: (kind: string) => sightings[kind] ?? [] } as unknown as Parameters<
    typeof spokenBy
  >[0];
}

const protections = (...of: Parameters<typeof device>) =>
  Object.fromEntries(spokenBy(device(...of)).map((each) => [each.protocol, each.protection]));

describe('what a device spoke', () => {
  it('is added up by protocol, the most spoken first', () => {
    const told = spokenBy(device([{ protocol: 'mqtt' }, { protocol: 'tls' }, { protocol: 'tls' }]));
    expect(told).toEqual([
      { protocol: 'tls', protection: 'encrypted', packets: 8, bytes: 400 },
      { protocol: 'mqtt', protection: 'clear', packets: 4, bytes: 200 },
    ]);
  });

  it('is not known where no decoder recognised it, but for what has no contents to hide', () => {
    const other = [
      { protocol: undefined },
      { protocol: undefined, carrier: 'udp' },
      { protocol: undefined, carrier: 'icmp' },
      { protocol: 'krb5' },
    ];
    expect(protections(other)).toEqual({
      tcp: 'unknown',
      udp: 'unknown',
      icmp: 'clear',
      krb5: 'unknown',
    });
  });

  it('is encrypted where TLS followed on the same service, and both where it did not always', () => {
    const mail = { observation: { serverPort: 25, secured: true }, peer: { host: 1 } };
    const once = [{ protocol: 'smtp' }];
    expect(protections(once)).toEqual({ smtp: 'clear' });
    expect(protections(once, { mail: [mail] })).toEqual({ smtp: 'encrypted' });
    const twice = [{ protocol: 'smtp' }, { protocol: 'smtp', host: 2 }];
    expect(protections(twice, { mail: [mail] })).toEqual({ smtp: 'both' });
  });

  it('of SNMP and OPC UA follows from how messages are protected', () => {
    const snmp = (security: string) => ({
      snmp: [{ observation: { serverPort: 161, security }, peer: { host: 1 } }],
    });
    const asked = [{ protocol: 'snmp', carrier: 'udp', port: 161 }];
    expect(protections(asked, snmp('authPriv'))).toEqual({ snmp: 'encrypted' });
    expect(protections(asked, snmp('authNoPriv'))).toEqual({ snmp: 'clear' });
    const opcua = (securityMode: string) => ({
      opcua: [{ observation: { serverPort: 4840, securityMode }, peer: { host: 1 } }],
    });
    const plant = [{ protocol: 'opcua', port: 4840 }];
    expect(protections(plant, opcua('sign_and_encrypt'))).toEqual({ opcua: 'encrypted' });
    expect(protections(plant, opcua('sign'))).toEqual({ opcua: 'clear' });
  });
});
