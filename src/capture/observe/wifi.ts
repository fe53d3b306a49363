/**
 * Who joined which Wi-Fi network, under what protection: from association frames, from the handshake of the keys (which
 * an access point's own capture has as well), and from data under WEP.
 */
import type { EapolEvent } from '../decode/eapol.ts';
import type { WifiFrameEvent } from '../decode/wifi.ts';
import type { RsnElement } from '../decode/wifi-elements.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import {
  type AssociationFields,
  addProof,
  type Observations,
  type Parties,
} from '../observations.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

/** What a station asked for and has no answer to yet. */
interface Asked {
  readonly fields: Omit<AssociationFields, 'outcome'>;
  readonly direction: Direction;
  readonly at: PacketRef;
}

export const wifiObserver: Observer = {
  protocols: ['wifi', 'eapol'],

  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as WifiFrameEvent | EapolEvent;
    if (event.protocol === 'eapol') handshake(event, direction, flow, at, into);
    else frame(event, direction, flow, at, into);
  },

  close(flow, _at, into) {
    const asked = flow.session as Asked | undefined;
    if (asked) note(asked, 'unknown', flow, undefined, into);
    flow.session = undefined;
  },
};

function frame(
  event: WifiFrameEvent,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  switch (event.event) {
    case 'association_request':
    case 'reassociation_request': {
      if (event.protected) return;
      const { ssid, bssid, privacy = false } = event;
      const element = event.rsn ?? event.wpa;
      const fields = {
        ssid,
        bssid,
        ...protectionOf(element, privacy),
        seenIn: 'association',
      } as const;
      flow.session = { fields, direction, at } satisfies Asked;
      return;
    }
    case 'association_response':
    case 'reassociation_response': {
      const asked = flow.session as Asked | undefined;
      if (!asked || asked.direction === direction || event.status === undefined) return;
      flow.session = undefined;
      note(asked, event.status === 0 ? 'accepted' : 'refused', flow, at, into);
      return;
    }
    case 'wep_data': {
      const sender = direction === 0 ? flow.clientMac : flow.serverMac;
      const fromAccessPoint = sender === event.bssid;
      if (fromAccessPoint && flow.multicast) return;
      const parties = fromAccessPoint
        ? senderAsServer(flow, direction)
        : senderAsClient(flow, direction);
      const wep = { ssid: undefined, bssid: event.bssid, ...protectionOf(undefined, true) };
      noteAssociation({ ...wep, seenIn: 'data', outcome: 'accepted' }, parties, at, into);
    }
  }
}

/** Message 2 has what the station asked for; message 3 is only sent to whom the access point believes. */
function handshake(
  event: EapolEvent,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const asked = flow.session as Asked | undefined;
  if (event.message === 2 && event.rsn) {
    // Asked again, perhaps with another password.
    if (asked) note(asked, 'unknown', flow, undefined, into);
    const fields = {
      ssid: undefined,
      bssid: direction === 0 ? flow.serverMac : flow.clientMac,
      ...protectionOf(event.rsn, true),
      seenIn: 'handshake',
    } as const;
    flow.session = { fields, direction, at } satisfies Asked;
  } else if (asked && (event.message === 3 || event.message === 4)) {
    flow.session = undefined;
    note(asked, 'accepted', flow, at, into);
  }
}

/** @param privacy - data is encrypted, without either element only by WEP. */
function protectionOf(
  element: RsnElement | undefined,
  privacy: boolean,
): Pick<
  AssociationFields,
  'security' | 'pairwiseCiphers' | 'groupCipher' | 'keyManagement' | 'pmf'
> {
  if (!element) {
    const security = privacy ? 'wep' : 'open';
    return {
      security,
      pairwiseCiphers: [],
      groupCipher: undefined,
      keyManagement: [],
      pmf: undefined,
    };
  }
  const { kind, pairwise_ciphers, group_cipher, akm_suites, pmf } = element;
  return {
    security: akm_suites.includes('owe') ? 'owe' : kind,
    pairwiseCiphers: pairwise_ciphers,
    groupCipher: group_cipher,
    keyManagement: akm_suites,
    pmf: kind === 'rsn' ? pmf : undefined,
  };
}

function note(
  { fields, direction, at }: Asked,
  outcome: AssociationFields['outcome'],
  flow: Flow,
  answer: PacketRef | undefined,
  into: Observations,
): void {
  const parties = senderAsClient(flow, direction);
  const record = noteAssociation({ ...fields, outcome }, parties, at, into);
  if (record && answer) addProof(record, answer);
}

function noteAssociation(
  fields: AssociationFields,
  parties: Parties,
  at: PacketRef,
  into: Observations,
) {
  const { ssid, security, pairwiseCiphers, groupCipher, keyManagement, seenIn, outcome } = fields;
  const suites = [...pairwiseCiphers, groupCipher, ...keyManagement].join(' ');
  const key = [ssid, security, suites, seenIn, outcome].join('\n');
  return into.note('association', parties, at, key, () => fields);
}
