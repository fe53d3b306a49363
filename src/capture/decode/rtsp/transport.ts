/** The Transport field of SETUP (RFC 2326, 12.39; RFC 7826, 18.54). */

export interface Transport {
  /** `RTP/AVP`, `RTP/SAVP` …, without what carries it. */
  readonly profile: string;
  /** Interleaved with the messages, on these channels. */
  readonly channels: readonly [number, number] | undefined;
  readonly multicast: boolean;
  readonly destination: string | undefined;
  readonly source: string | undefined;
  readonly clientPort: number | undefined;
  readonly serverPort: number | undefined;
  /** Of multicast. */
  readonly port: number | undefined;
}

/** The first of the transports that the field names; a response has one. */
export function readTransport(field: string): Transport | undefined {
  const [spec = '', ...parameters] = field.slice(0, 1_024).split(',', 1)[0].split(';');
  const parts = spec.trim().split('/');
  if (parts.length < 2) return undefined;
  const values = new Map<string, string>();
  for (const parameter of parameters.slice(0, 32)) {
    const equals = parameter.indexOf('=');
    const name = (equals < 0 ? parameter : parameter.slice(0, equals)).trim().toLowerCase();
    values.set(
      name,
      equals < 0
        ? ''
        : parameter
            .slice(equals + 1)
            .replaceAll('"', '')
            .trim(),
    );
  }
  const channels = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(values.get('interleaved') ?? '');
  const [destination, destinationPort] = placeOf(values.get('dest_addr'));
  const [source, sourcePort] = placeOf(values.get('src_addr'));
  return {
    profile: parts.slice(0, 2).join('/').toUpperCase(),
    channels: channels
      ? [Number(channels[1]), Number(channels[2] ?? Number(channels[1]) + 1)]
      : undefined,
    multicast: values.has('multicast'),
    destination: values.get('destination') || destination,
    source: values.get('source') || source,
    clientPort: portOf(values.get('client_port')) ?? destinationPort,
    serverPort: portOf(values.get('server_port')) ?? sourcePort,
    port: portOf(values.get('port')) ?? destinationPort,
  };
}

function portOf(text: string | undefined): number | undefined {
  const port = Number(/^(\d{1,5})/.exec(text ?? '')?.[1]);
  return port > 0 && port < 65_536 ? port : undefined;
}

/** RTSP 2.0: `192.0.2.5:3456/192.0.2.5:3457`, or `:3456` alone. */
function placeOf(text: string | undefined): [string | undefined, number | undefined] {
  const match = /^(\[[0-9a-f:.]+\]|[^:/]*):(\d{1,5})/i.exec(text ?? '');
  if (!match) return [undefined, undefined];
  const address = (match[1] as string).replace(/^\[|\]$/g, '').toLowerCase();
  return [address || undefined, portOf(match[2])];
}
