/**
 * MO-12: the device's clock is not kept by a listed time server, or is wrong by more than a minute.
 * Decided from NTP (RFC 5905): whom it asks against what DHCP option 42 (RFC 2132, 8.3) and the expectations list,
 * and how far its transmit time stays from the capture's, corrected by the server's. A wrong clock at boot is why it
 * asks; it fails only if it stays wrong. Time may also come by HTTPS or radio, so silence fails only where a day
 * is in view, neighbours do ask for the time, and the device had no encrypted session that could have brought it.
 */
import { isIPv6 } from 'node:net';
import type { Device, Network, Sighting } from '../../fleet/index.ts';
import { allowList } from '../allow-list.ts';
import type { Evidence, Judgement } from '../control.ts';
import { control, fail, notSeen, notVisible, pass } from '../control.ts';
import { evidence } from '../evidence.ts';
import { namedServers } from '../named-servers.ts';

/** A client asks as mode 3, a symmetric peer as mode 1. */
const ASKING_MODES = new Set([1, 3]);
/** Clients send several requests in the first seconds before they set the clock. */
const SETTLED_S = 60;
const DAY_S = 86_400;

export const time = control({
  id: 'MO-12',
  practice: 'monitoring',
  severity: 'low',
  title: 'Clock not kept, or kept by a stranger',
  why: 'Certificates, logs and one-time codes all rest on the clock; whoever sets it can make expired things valid.',
  fix: 'Let the device take its time from the network’s own server (DHCP option 42) or list the server in the expectations. If the clock stays wrong, check that the answers reach it.',
  provisions: {
    'owasp-isvs:1.0': ['1.4.3'],
    'iec-62443-4-2:2019': ['CR 2.11'],
  },
  floor: { sessions: 3, hours: 24 },
  parameters: { allowed: [] as readonly string[], offsetMax_s: 60 },
  evaluate(device, network, { allowed, offsetMax_s }) {
    const asked = device
      .seen('ntp')
      .filter(
        ({ role, observation: o }) => role === 'client' && ASKING_MODES.has(o.mode) && !o.multicast,
      );
    if (asked.length === 0) return silence(device, network);
    const proof = [
      ...strangers(asked, device, network, allowed),
      ...wrongClocks(asked, network, offsetMax_s),
    ];
    const judged = asked
      .filter(({ observation }) => observation.answered)
      .reduce((sum, { observation }) => sum + observation.count, 0);
    if (proof.length > 0) return fail(Math.max(judged, 1), proof);
    return judged > 0 ? pass(judged) : notVisible('no answer of a time server is in the capture');
  },
});

type Asked = Sighting<'ntp'>;

function strangers(
  asked: readonly Asked[],
  device: Device,
  network: Network,
  allowed: readonly string[],
): Evidence[] {
  const listed = [...namedServers(device, network, 'timeServers')];
  const isListed = allowList([...listed, ...network.timeServers, ...network.routers, ...allowed]);
  return asked
    .filter(({ peer }) => {
      const decidable =
        allowed.length > 0 || listed.some((server) => isIPv6(server) === isIPv6(peer.address));
      return decidable && !isListed(peer.address, peer.name);
    })
    .map(({ observation, peer }) =>
      evidence(network, observation, {
        time_server: peer.address,
        server_name: peer.name,
        answered: observation.answered,
      }),
    );
}

function wrongClocks(asked: readonly Asked[], network: Network, limit_s: number): Evidence[] {
  return asked.flatMap(({ observation: o }) => {
    const error_s = clockError(o);
    if (error_s === undefined || Math.abs(error_s) <= limit_s) return [];
    return [
      evidence(network, o, {
        offset_s: Math.round(error_s),
        capture_offset_s: o.serverOffset_s === undefined ? undefined : Math.round(o.serverOffset_s),
        requests: o.count,
      }),
    ];
  });
}

/** How far the device's clock stays from the server's; undefined where it is not known or may not have settled. */
function clockError(asked: Asked['observation']): number | undefined {
  const { offset_s, offsets_s = [], serverOffset_s, first, last } = asked;
  if (offset_s === undefined || serverOffset_s === undefined) return undefined;
  const [previous, latest] = offsets_s.slice(-2);
  if (latest === undefined || Math.abs(latest - previous) > 10) return undefined;
  return last.seconds - first.seconds >= SETTLED_S ? latest - serverOffset_s : undefined;
}

/** No NTP at all: a failure only where nothing else could have brought the time. */
function silence(device: Device, network: Network): Judgement {
  const { firstSeen, lastSeen } = device;
  if (lastSeen.seconds - firstSeen.seconds < DAY_S) return notSeen('less than a day in view');
  const contact = device
    .seen('connection')
    .find(
      ({ role, peer, observation: o }) => role === 'client' && !peer.sameSegment && o.answered > 0,
    );
  if (!contact) return notSeen('it talks to nobody outside its segment');
  const neighboursAsk = network
    .sharing('MO-12 who asks for the time', (other) =>
      other.seen('ntp').some(({ role }) => role === 'client') ? ['asks'] : [],
    )
    .has('asks');
  if (!neighboursAsk) return notVisible('nobody’s time synchronisation is in the capture');
  if (device.seen('tls').length > 0) {
    return notVisible('it may take the time from its encrypted sessions');
  }
  const { observation } = contact;
  return fail(
    1,
    [
      evidence(network, observation, {
        time_requests: 0,
        hours_in_view: Math.floor((lastSeen.seconds - firstSeen.seconds) / 3600),
      }),
    ],
    { note: 'No time synchronisation in a day or more in view.' },
  );
}
