/** `fleetward decode`: the application-layer events of captures, one by one, in the order of the capture. */
import { formatTime, SecretSealer } from '../base/index.ts';
import {
  type AppEvent,
  captureFiles,
  type PacketRef,
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
const LINK_PROTOCOLS = new Set(['arp', 'ndp']);

/** @returns what could not be read. @throws InputError as `readTraffic`. */
export async function decodeCaptures(
  paths: readonly string[],
  options: DecodeOptions,
  onEvent: (event: DecodedEvent) => void,
): Promise<readonly TrafficProblem[]> {
  const files = captureFiles(paths);
  const wanted = options.protocols && new Set(options.protocols);
  const traffic = await readTraffic(files, {
    progress: readProgress(files, options.progress),
    ...(options.hashKey === undefined
      ? {}
      : { secrets: new SecretSealer(Buffer.from(options.hashKey)) }),
    onEvent(event, direction, flow, at) {
      if (wanted ? !wanted.has(event.protocol) : LINK_PROTOCOLS.has(event.protocol)) return;
      const client = endpoint(flow.clientAddress, flow.clientPort);
      const server = endpoint(flow.serverAddress, flow.serverPort);
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

/** `192.0.2.1:80`, `[2001:db8::1]:80`. */
function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
