/**
 * nDPI's regression captures, flow by flow: nDPI's verdict, and the events that the decoders read of the same flow.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type AppEvent,
  captureFiles,
  type Direction,
  readTraffic,
} from '../../src/capture/index.ts';
import { flowKey, type NdpiFlow, readNdpi } from '../../test/support/ndpi.ts';

/** One flow, as both tell it. */
export interface ComparedFlow {
  readonly capture: string;
  readonly key: string;
  readonly ndpi: NdpiFlow;
  /** Protocols that are named here. */
  readonly said: ReadonlySet<string>;
  readonly events: readonly SentEvent[];
}

/** An event with who sent it: 0 the client, 1 the server. */
export interface SentEvent {
  readonly direction: Direction;
  readonly event: AppEvent & Readonly<Record<string, unknown>>;
  /** In the capture, from 1; and when, in seconds since 1970. */
  readonly packet: number;
  readonly seconds: number;
}

/** Reads every capture of `folder`/pcap that has a verdict in `folder`/result. */
export async function compareNdpi(folder: string): Promise<ComparedFlow[]> {
  const compared: ComparedFlow[] = [];
  for (const capture of readdirSync(join(folder, 'pcap')).sort()) {
    const verdict = join(folder, 'result', `${capture}.out`);
    if (!existsSync(verdict)) continue;
    const path = join(folder, 'pcap', capture);
    compared.push(...(await compareCapture(capture, path, readFileSync(verdict, 'utf8'))));
  }
  return compared;
}

/** @param verdict - what ndpiReader printed of the capture. */
export async function compareCapture(
  capture: string,
  path: string,
  verdict: string,
): Promise<ComparedFlow[]> {
  const { events, named } = await readFlows(path);
  return readNdpi(verdict).map((ndpi) => {
    const own = events.get(ndpi.key) ?? [];
    const said = new Set(own.map(({ event }) => event.protocol));
    const alone = named.get(ndpi.key);
    if (alone !== undefined) said.add(alone);
    return { capture, key: ndpi.key, ndpi, said, events: own };
  });
}

interface ReadFlows {
  readonly events: ReadonlyMap<string, readonly SentEvent[]>;
  /** Flows that were recognised, though no message of theirs could be read. */
  readonly named: ReadonlyMap<string, string>;
}

async function readFlows(path: string): Promise<ReadFlows> {
  const events = new Map<string, SentEvent[]>();
  const { observations, hosts } = await readTraffic(captureFiles([path]), {
    onEvent(event, direction, flow, { packet, seconds }) {
      const { carrier, clientAddress, clientPort, serverAddress, serverPort } = flow;
      const key = flowKey(carrier, clientAddress, clientPort, serverAddress, serverPort);
      const sent = { direction, event: event as SentEvent['event'], packet, seconds };
      const known = events.get(key);
      if (known) known.push(sent);
      else events.set(key, [sent]);
    },
  });
  const named = new Map<string, string>();
  for (const connection of observations.of('connection')) {
    const { carrier, client, clientPort, server, serverPort, flows, protocol } = connection;
    if (flows > 1 || protocol === undefined) continue;
    const [from, to] = [hosts.addressOf(client), hosts.addressOf(server)];
    named.set(flowKey(carrier, from, clientPort, to, serverPort), protocol);
  }
  return { events, named };
}
