/** What LwM2M clients say of themselves: when they register, and when their Device object (OMA core, E.4) is read. */
import type { CoapRequest, CoapResponse, Lwm2mInterface } from '../decode/coap.ts';
import type { Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';
import { noteIdentification } from './identification.ts';
import { senderAsServer } from './parties.ts';

/** Resources of the Device object, by number. */
const DEVICE: Readonly<Record<string, 'maker' | 'model' | 'serial' | 'version'>> = {
  '0': 'maker',
  '1': 'model',
  '2': 'serial',
  '3': 'version',
};
const HARDWARE = '18';
const DEVICE_OBJECT = /^\/3(?:\/\d{1,5})?(?:\/(\d{1,5}))?$/;

export function noteLwm2mClient(
  { operation, endpoint, version, binding, objects }: Lwm2mInterface,
  flow: Flow,
  direction: Direction,
  at: PacketRef,
  into: Observations,
): void {
  // Names of machines are URNs of their serial numbers; names of people are not.
  const isUrn = endpoint !== undefined && /^(urn|imei|sn):/i.test(endpoint);
  noteIdentification(
    into,
    senderAsServer(flow, direction),
    at,
    'lwm2m',
    { name: isUrn ? undefined : endpoint, serial: isUrn ? endpoint : undefined },
    {
      'lwm2m version': operation === 'register' ? (version ?? '1.0') : undefined,
      'lwm2m binding': binding,
      types: objects?.join(' '),
    },
  );
}

/** @param response - to a read of the Device object, or of one of its resources. */
export function noteLwm2mDevice(
  request: CoapRequest,
  response: CoapResponse,
  flow: Flow,
  direction: Direction,
  at: PacketRef,
  into: Observations,
): void {
  if (request.method !== 'GET' || response.code !== '2.05') return;
  const match = DEVICE_OBJECT.exec(request.uri_path ?? '');
  if (!match) return;
  const values = valuesOf(response, match[1]);
  if (!values) return;
  const said: Partial<Record<'maker' | 'model' | 'serial' | 'version', string>> = {};
  for (const [id, value] of Object.entries(values)) if (DEVICE[id]) said[DEVICE[id]] = value;
  noteIdentification(into, senderAsServer(flow, direction), at, 'lwm2m', said, {
    'lwm2m hardware version': values[HARDWARE],
  });
}

/** By resource: from TLV, from JSON (both of LwM2M's forms), or one value as text. */
function valuesOf(
  { lwm2m_resources, content_format = '', payload }: CoapResponse,
  resource: string | undefined,
): Readonly<Record<string, string>> | undefined {
  if (lwm2m_resources) return lwm2m_resources;
  if (payload === undefined) return undefined;
  if (resource !== undefined && content_format.startsWith('text/plain'))
    return { [resource]: payload };
  if (!/json$/.test(content_format)) return undefined;
  const values: Record<string, string> = {};
  // Names end with the resource's number; texts are under vs (RFC 8428) or sv (OMA). The payload may be cut.
  for (const [, name, value] of payload.matchAll(
    /"n"\s*:\s*"(?:[^"]{0,64}\/)?(\d{1,5})"\s*,\s*"(?:vs|sv)"\s*:\s*"([^"\\]{0,200})"/g,
  ))
    values[name as string] = value as string;
  return values;
}
