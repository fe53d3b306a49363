/**
 * Hikvision's SADP (Search Active Device Protocol): XML over multicast UDP by which cameras and recorders tell model,
 * serial number, firmware, and whether anybody has set a password yet (`Activated`).
 */
import type { AppEvent } from '../decoder.ts';
import { datagramDecoder } from './datagram.ts';
import { element } from './http/body.ts';
import { asciiBytes, holds } from './match.ts';
import { asBuffer } from './payload.ts';

export interface SadpEvent extends AppEvent {
  readonly protocol: 'sadp';
  readonly event: 'probe' | 'probe_match';
  /** `inquiry`, `update`, `getencryptstring` … */
  readonly types: string | undefined;
  readonly device_description: string | undefined;
  readonly device_sn: string | undefined;
  readonly software_version: string | undefined;
  readonly mac: string | undefined;
  readonly ipv4_address: string | undefined;
  readonly http_port: number | undefined;
  readonly command_port: number | undefined;
  /** False: no password was ever set. */
  readonly activated: boolean | undefined;
}

const protocol = 'sadp';
const PORT = 37_020;
const MESSAGE_BYTES_MAX = 8192;
const PROBE = asciiBytes('<Probe');
const UUID = asciiBytes('<Uuid>');
const SEARCHED_BYTES = 256;

export const sadpDecoder = datagramDecoder({
  protocol,
  ports: [PORT],
  repeats: true,
  recognise: (bytes, start, end) =>
    end - start >= 32 &&
    bytes[start] === 0x3c &&
    (bytes[start + 1] === 0x3f || bytes[start + 1] === 0x50) &&
    holds(bytes, start, end, PROBE, SEARCHED_BYTES) &&
    holds(bytes, start, end, UUID, SEARCHED_BYTES),
  read(bytes, start, end): SadpEvent | string {
    const xml = asBuffer(bytes).toString('utf8', start, Math.min(end, start + MESSAGE_BYTES_MAX));
    const match = xml.includes('<ProbeMatch');
    if (!match && !xml.includes('<Probe')) return 'neither a probe nor a match';
    const activated = element(xml, 'Activated')?.toLowerCase();
    return {
      protocol,
      event: match ? 'probe_match' : 'probe',
      types: element(xml, 'Types'),
      device_description: element(xml, 'DeviceDescription'),
      device_sn: element(xml, 'DeviceSN'),
      software_version: element(xml, 'SoftwareVersion'),
      mac: element(xml, 'MAC')?.replaceAll('-', ':').toLowerCase(),
      ipv4_address: element(xml, 'IPv4Address'),
      http_port: port(element(xml, 'HttpPort')),
      command_port: port(element(xml, 'CommandPort')),
      activated: activated === undefined ? undefined : activated === 'true',
    };
  },
});

function port(text: string | undefined): number | undefined {
  const value = Number(text);
  return text !== undefined && Number.isInteger(value) && value > 0 && value < 65_536
    ? value
    : undefined;
}
