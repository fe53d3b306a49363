/** Captures as the dissector reads them: events as `fleetward decode --json` prints them, and observations. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { captureFiles, type Observations, readTraffic } from '../../src/capture/index.ts';

/** A line of `fleetward decode --json`, as plain data. */
export interface EventLine {
  readonly packet: number;
  readonly src_ip: string;
  readonly src_port: number;
  readonly dest_ip: string;
  readonly dest_port: number;
  readonly protocol: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

export interface Reading {
  readonly events: readonly EventLine[];
  readonly observations: Observations;
  addressOf(host: number): string;
  macOf(host: number): string | undefined;
}

export async function dissect(path: string): Promise<Reading> {
  const events: EventLine[] = [];
  const traffic = await readTraffic(captureFiles([path]), {
    onEvent(event, direction, flow, at) {
      const client = { ip: flow.clientAddress, port: flow.clientPort };
      const server = { ip: flow.serverAddress, port: flow.serverPort };
      const [from, to] = direction === 0 ? [client, server] : [server, client];
      const line = {
        packet: at.packet,
        src_ip: from.ip,
        src_port: from.port,
        dest_ip: to.ip,
        dest_port: to.port,
        ...event,
      };
      events.push(JSON.parse(JSON.stringify(line)));
    },
  });
  return {
    events,
    observations: traffic.observations,
    addressOf: (host) => traffic.hosts.addressOf(host),
    macOf: (host) => traffic.hosts.macOf(host),
  };
}

/** The one capture in the folder of a test case. */
export function captureIn(folder: string): string {
  const name = readdirSync(folder).find((each) => /\.pcap(ng)?$/.test(each));
  if (name === undefined) throw new Error(`No capture in ${folder}`);
  return join(folder, name);
}
