/**
 * WS-Discovery (OASIS WS-DD 1.1, and the draft of 2005 that ONVIF uses): SOAP over UDP by which cameras, printers and
 * computers are found. ONVIF devices tell name, hardware and place in their scopes.
 */
import type { AppEvent } from '../decoder.ts';
import { datagramDecoder } from './datagram.ts';
import { element } from './http/body.ts';
import { asciiBytes, holds } from './match.ts';
import { asBuffer } from './payload.ts';

export interface WsDiscoveryEvent extends AppEvent {
  readonly protocol: 'ws_discovery';
  readonly event: 'hello' | 'bye' | 'probe' | 'probe_matches' | 'resolve' | 'resolve_matches';
  /** Names without their namespaces: `NetworkVideoTransmitter`, `PrintDeviceType`, `Computer` … */
  readonly types: readonly string[];
  readonly scopes: readonly string[];
  /** Where the device serves. */
  readonly xaddrs: readonly string[];
  /** `urn:uuid:…` */
  readonly address: string | undefined;
  /** Of ONVIF's scopes. */
  readonly name: string | undefined;
  readonly hardware: string | undefined;
}

const protocol = 'ws_discovery';
const PORT = 3702;
const MESSAGE_BYTES_MAX = 16_384;
const LIST_MAX = 32;
const LIST_CHARACTERS_MAX = 2048;
const SEARCHED_BYTES = 2048;
const DISCOVERY = asciiBytes('/discovery');
const ENVELOPE = asciiBytes('Envelope');

const EVENTS: Readonly<Record<string, WsDiscoveryEvent['event']>> = {
  Hello: 'hello',
  Bye: 'bye',
  Probe: 'probe',
  ProbeMatches: 'probe_matches',
  Resolve: 'resolve',
  ResolveMatches: 'resolve_matches',
};
const ACTION = /\/discovery\/(Hello|Bye|ProbeMatches|Probe|ResolveMatches|Resolve)\b/;

export const wsDiscoveryDecoder = datagramDecoder({
  protocol,
  ports: [PORT],
  repeats: true,
  recognise(bytes, start, end) {
    // `<` of the declaration or the envelope, after at most a byte order mark.
    const first = bytes[start] === 0xef ? start + 3 : start;
    if (end - first < 64 || bytes[first] !== 0x3c) return false;
    const next = bytes[first + 1] | 0x20;
    if (next !== 0x3f && (next < 0x61 || next > 0x7a)) return false;
    return (
      holds(bytes, start, end, ENVELOPE, 256) && holds(bytes, start, end, DISCOVERY, SEARCHED_BYTES)
    );
  },
  read(bytes, start, end): WsDiscoveryEvent | string {
    const xml = asBuffer(bytes).toString('utf8', start, Math.min(end, start + MESSAGE_BYTES_MAX));
    const event = EVENTS[ACTION.exec(xml)?.[1] ?? ''];
    if (event === undefined) return 'no action of discovery';
    const scopes = words(element(xml, 'Scopes', LIST_CHARACTERS_MAX));
    return {
      protocol,
      event,
      types: words(element(xml, 'Types', LIST_CHARACTERS_MAX)).map((name) =>
        name.slice(name.indexOf(':') + 1),
      ),
      scopes,
      xaddrs: words(element(xml, 'XAddrs', LIST_CHARACTERS_MAX)),
      address: element(xml.slice(Math.max(0, xml.indexOf('EndpointReference'))), 'Address'),
      name: scope(scopes, 'name'),
      hardware: scope(scopes, 'hardware'),
    };
  },
});

function words(text: string | undefined): string[] {
  return text === undefined ? [] : text.split(/\s+/, LIST_MAX).filter((word) => word !== '');
}

/** The value of `onvif://www.onvif.org/NAME/value`, percent-decoded. */
function scope(scopes: readonly string[], name: string): string | undefined {
  const prefix = `onvif://www.onvif.org/${name}/`;
  const found = scopes.find((each) => each.toLowerCase().startsWith(prefix))?.slice(prefix.length);
  if (!found) return undefined;
  try {
    return decodeURIComponent(found);
  } catch {
    return found;
  }
}
