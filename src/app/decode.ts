/** `fleetward decode`: the application-layer events of captures, one by one, in the order of the capture. */
import { closest, formatTime, SecretSealer, UsageError } from '../base/index.ts';
import {
  type AppEvent,
  captureFiles,
  type PacketRef,
  protocolNames,
  readTraffic,
  type TrafficProblem,
} from '../capture/index.ts';
import { type ReadProgress, readProgress } from './read-progress.ts';

export interface DecodeOptions {
  /** Key of the hashes that stand for secrets; random when absent. */
  readonly hashKey?: string;
  /** Only these protocols. */
  readonly protocols?: readonly string[];
  readonly progress?: ReadProgress;
}

/** One event as it is printed: who sent it to whom, in which packet, and the event's own fields. */
export interface DecodedEvent {
  readonly packet: number;
  readonly file?: string;
  readonly time: string;
  readonly src: string;
  readonly dst: string;
  readonly protocol: string;
  readonly event: string;
}

/** Protocols below the application layer: they are decoded for the inventory, and shown when asked for by name. */
const LINK_PROTOCOLS = new Set(['arp', 'ndp', 'eapol', 'wifi']);

/** @returns what could not be read. @throws InputError as `readTraffic`. */
export async function decodeCaptures(
  paths: readonly string[],
  options: DecodeOptions,
  onEvent: (event: DecodedEvent) => void,
): Promise<readonly TrafficProblem[]> {
  for (const name of options.protocols ?? []) checkProtocol(name);
  const files = captureFiles(paths);
  const wanted = options.protocols && new Set(options.protocols);
  const traffic = await readTraffic(files, {
    progress: readProgress(files, options.progress),
    ...(options.hashKey === undefined
      ? {}
      : { secrets: new SecretSealer(Buffer.from(options.hashKey)) }),
    onEvent(event, direction, flow, at) {
      if (wanted ? !wanted.has(event.protocol) : LINK_PROTOCOLS.has(event.protocol)) return;
      const client = endpoint(flow.clientAddress, flow.clientPort, flow.clientMac);
      const server = endpoint(flow.serverAddress, flow.serverPort, flow.serverMac);
      onEvent(direction === 0 ? line(event, at, client, server) : line(event, at, server, client));
    },
  });
  return traffic.problems;

  function line(event: AppEvent, at: PacketRef, src: string, dst: string): DecodedEvent {
    return {
      packet: at.packet,
      ...(files.length > 1 ? { file: files[at.file].name } : {}),
      time: formatTime(at.seconds, at.nanos),
      src,
      dst,
      ...event,
    };
  }
}

/** @throws UsageError for a protocol that no decoder reads. */
function checkProtocol(name: string): void {
  const known = protocolNames();
  if (known.includes(name)) return;
  const near = closest(name, known);
  const hint = near === undefined ? `there are ${known.join(', ')}` : `did you mean ${near}?`;
  throw new UsageError('unknown-protocol', `no decoder reads “${name}”; ${hint}`);
}

/** `192.0.2.1:80`, `[2001:db8::1]:80`; of frames that carry no IP the MAC. */
function endpoint(address: string, port: number, mac: string | undefined): string {
  if (address === '') return mac ?? '';
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
