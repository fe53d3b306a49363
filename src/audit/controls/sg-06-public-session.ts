/**
 * SG-06: a session from a public address was established with the device.
 * Decided from connections whose opening was seen (SYN and SYN-ACK: a capture that begins midstream may invert
 * directions) and that carried payload both ways. Knocking without an answer is not the device's failure; data connections of
 * active FTP (RFC 959, 3.2: the server opens, from port 20) are of the device's own making. A device that has only
 * public addresses gives no outside to come from.
 */
import { isLocalScope, scopeOf } from '../../base/index.ts';
import type { Device, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { evidence } from '../evidence.ts';

const FTP_DATA_PORT = 20;

export const publicSession = control({
  id: 'SG-06',
  practice: 'segmentation',
  severity: 'critical',
  title: 'Reachable from the Internet',
  why: 'A service that answers anybody in the world is found within minutes and attacked for as long as it is there.',
  fix: 'Remove the port forwarding or firewall rule that lets it in. Where access from outside is needed, put it behind a VPN or the maker’s authenticated service.',
  provisions: {
    'etsi-303645:2.1.1': ['5.6-1'],
    'etsi-303645:3.1.3': ['5.6-1'],
    'eu-cra:2024-2847': ['I(2)(j)'],
    'nistir-8259a:2020': ['LA'],
    'owasp-iot-top10:2018': ['I2'],
    'iec-62443-4-2:2019': ['NDR 1.13'],
  },
  floor: {},
  parameters: {},
  evaluate(device, network) {
    const inbound = device.seen('connection').filter((seen) => fromOutside(device, seen));
    if (inbound.length === 0) return notSeen('nobody outside tried');
    if (!hasInside(device)) {
      return notVisible('the device has public addresses only, so inside and outside look alike');
    }
    const open = inbound.filter(
      ({ observation: o }) => o.openingSeen && o.established > 0 && o.answered > 0,
    );
    if (open.length > 0) {
      const proof = open.map(({ observation, peer }) =>
        evidence(network, observation, {
          from: peer.address,
          port: observation.serverPort,
          protocol: observation.protocol,
          sessions: observation.answered,
          bytes_sent: observation.bytes[1],
        }),
      );
      return fail(inbound.length, proof);
    }
    const inverted = inbound.some(({ observation: o }) => o.answered > 0);
    if (inverted) return notVisible('the capture begins in the middle of these sessions');
    return pass(inbound.reduce((sum, { observation }) => sum + observation.flows, 0));
  },
});

function fromOutside(device: Device, seen: Sighting<'connection'>): boolean {
  const { observation, role, peer } = seen;
  return (
    role === 'server' &&
    observation.carrier === 'tcp' &&
    peer.scope === 'public' &&
    !peer.sameSegment &&
    peer.device?.mac === undefined &&
    !(observation.clientPort === FTP_DATA_PORT && speaksFtpWith(device, seen.peer.address))
  );
}

const speaksFtpWith = (device: Device, address: string): boolean =>
  device
    .seen('connection')
    .some(
      ({ role, peer, observation: o }) =>
        role === 'client' &&
        peer.address === address &&
        (o.protocol === 'ftp' || o.serverPort === 21),
    );

const hasInside = ({ addresses, expected }: Device): boolean =>
  expected !== undefined || addresses.some((address) => isLocalScope(scopeOf(address)));
