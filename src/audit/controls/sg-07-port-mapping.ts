/**
 * SG-07: the device asked the gateway to open a port to it (UPnP IGD AddPortMapping, AddAnyPortMapping; NAT-PMP, RFC 6886;
 * PCP's MAP, RFC 6887).
 * Decided from the request with its answer: granted is the failure; asked and refused, asked with no answer in view,
 * or a lease that ran out within the capture (RFC 6886, 3.3 for leases) is milder. The gateway that grants is not judged here.
 */
import type { Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen } from '../control.ts';
import { evidence } from '../evidence.ts';

export const portMapping = control({
  id: 'SG-07',
  practice: 'segmentation',
  severity: 'high',
  title: 'Device opened a port on the gateway',
  why: 'A mapping makes a service of the device reachable from the Internet, past every rule of the firewall and without anybody having decided it.',
  fix: 'Switch port mapping (UPnP, NAT-PMP, PCP) off on the gateway. Turn off the device’s direct remote access, or reach it through a VPN.',
  provisions: {
    'etsi-303645:2.1.1': ['5.6-1', '5.6-5'],
    'etsi-303645:3.1.3': ['5.6-1', '5.6-5'],
    'eu-cra:2024-2847': ['I(2)(j)'],
    'nistir-8259a:2020': ['LA'],
    'owasp-iot-top10:2018': ['I2'],
  },
  floor: {},
  parameters: {},
  evaluate(device, network) {
    const asked = device.seen('port_mapping').filter(({ role }) => role === 'client');
    if (asked.length === 0) return notSeen();
    const end_s = network.to?.seconds ?? 0;
    const granted = asked.filter(({ observation }) => observation.outcome === 'granted');
    const standing = granted.filter((mapping) => !ranOut(mapping, end_s));
    const worst = standing.length > 0 ? standing : granted.length > 0 ? granted : asked;
    const proof = worst.map(({ observation: o }) =>
      evidence(network, o, {
        protocol: o.protocol,
        external_port: o.externalPort,
        internal_port: o.internalPort,
        internal_client: o.internalClient,
        transport: o.transport,
        lease_s: o.lease_s,
        description: o.description,
        outcome: o.outcome,
      }),
    );
    if (standing.length > 0) return fail(asked.length, proof);
    return fail(asked.length, proof, { severity: 'low', note: milderNote(worst) });
  },
});

type Mapping = Sighting<'port_mapping'>;

/** A lease of 0 stands until it is removed. */
const ranOut = ({ observation: { lease_s, last } }: Mapping, end_s: number): boolean =>
  lease_s > 0 && last.seconds + lease_s < end_s;

function milderNote([{ observation }]: readonly Mapping[]): string {
  if (observation.outcome === 'granted')
    return 'Granted, but the lease ran out and was not renewed.';
  if (observation.outcome === 'refused') return 'Asked for and refused by the gateway.';
  return 'Asked for; the gateway’s answer is not in the capture.';
}
