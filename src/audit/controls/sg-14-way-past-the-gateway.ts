/**
 * SG-14: the device keeps a relay or a tunnel by which somebody outside reaches past the gateway.
 * Decided from what really stands: a relayed address that a TURN server granted (RFC 8656), a tunnel in which both sides
 * took part (WireGuard, OpenVPN, ESP in UDP, GRE and its like), a key exchange of IPsec that was agreed on, to a place
 * outside. Asking in vain is none, and learning one's own address (STUN) is none. Media between browsers (WebRTC) is
 * relayed by design; people's own tools and gateways have their tunnels on purpose.
 */
import type { ObservationKind } from '../../capture/index.ts';
import type { Device, Sighting } from '../../fleet/index.ts';
import { control, fail, notSeen, pass } from '../control.ts';
import { proofs } from '../proofs.ts';

/** Devices whose tunnels their owner began. */
const OWNERS_TOOLS = new Set(['computer', 'phone', 'tablet', 'router', 'server']);
/** Those that talk with people, for whom a relay is the way to be heard. */
const TALKS = new Set([
  'doorbell',
  'camera',
  'voip-phone',
  'smart-speaker',
  'tv',
  'video-recorder',
]);

export const wayPastTheGateway = control({
  id: 'SG-14',
  practice: 'segmentation',
  severity: 'medium',
  title: 'Relay or tunnel past the gateway',
  why: 'What comes through it has passed no firewall, and nobody sees what goes in and out.',
  fix: 'Turn off the device’s remote access through the maker’s relay, or let it through a VPN of your own. Where it is wanted, mark the device `vpn` in the expectations.',
  provisions: {
    'eu-cra:2024-2847': ['I(2)(j)'],
    'owasp-iot-top10:2018': ['I2'],
    'iec-62443-4-2:2019': ['NDR 5.2'],
  },
  floor: { sessions: 3, hours: 24 },
  exempt: ['vpn'],
  parameters: {},
  evaluate(device, network) {
    if (device.roles.includes('gateway') || OWNERS_TOOLS.has(device.type ?? ''))
      return notSeen('its tunnels are its owner’s');
    const asked = device.seen('stun').filter((seen) => seen.role === 'client' && isOutside(seen));
    const relays = asked.filter(({ observation }) => isRelay(observation));
    const tunnels = device
      .seen('tunnel')
      .filter((seen) => isOutside(seen) && seen.observation.established);
    const keys = device.seen('ike').filter((seen) => isOutside(seen) && seen.observation.chosen);
    const judged = asked.length + tunnels.length + keys.length;
    if (relays.length + tunnels.length + keys.length > 0) {
      return fail(
        judged,
        [
          ...proofs(network, relays, ({ observation: o, peer }) => ({
            protocol: 'turn',
            relayed_address: o.relayedAddress,
            client_software: o.clientSoftware,
            server_software: o.serverSoftware,
            relay: peer.name ?? peer.address,
          })),
          ...proofs(network, tunnels, ({ observation, peer }) => ({
            protocol: observation.protocol,
            other_end: peer.name ?? peer.address,
          })),
          ...proofs(network, keys, ({ observation, peer }) => ({
            protocol: `ikev${observation.version}`,
            other_end: peer.name ?? peer.address,
          })),
        ],
        tunnels.length + keys.length === 0 && isConversation(device)
          ? {
              severity: 'low',
              note: 'The relay carries media of WebRTC, as devices that talk with people use it.',
            }
          : {},
      );
    }
    if (judged > 0) return pass(judged);
    return notSeen(
      device.seen('tunnel').some(isOutside) ? 'asked for a tunnel in vain' : undefined,
    );
  },
});

const isOutside = ({ peer }: Sighting<ObservationKind>): boolean =>
  !peer.sameSegment && peer.scope === 'public';

const isRelay = ({ method, outcome, use }: Sighting<'stun'>['observation']): boolean =>
  use === 'server' && method === 'allocate' && outcome === 'granted';

/** It checks paths to peers, or keys media by DTLS, and is a device for that. */
function isConversation(device: Device): boolean {
  if (!TALKS.has(device.type ?? '')) return false;
  return (
    device.seen('stun').some(({ observation }) => observation.use === 'ice') ||
    device.seen('tls').some(({ observation }) => observation.dtls) ||
    device.seen('media_stream').some(({ observation }) => observation.protection === 'encrypted')
  );
}
