/**
 * A wire for tests: what devices say on it is written as a capture, and read back through capture's own face.
 *
 * ```ts
 * const wire = new Wire();
 * const phone = station(1, '192.168.1.7');
 * wire.arp(phone);
 * wire.udp(phone, { mac: router.mac, address: '198.51.100.1' }, 443);
 * const { devices } = await wire.inventory();
 * ```
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureFiles, readTraffic } from '../capture/index.ts';
import type { Network } from './device.ts';
import { type InventoryExpectations, inventory } from './inventory.ts';

export interface Station {
  readonly mac: string;
  readonly address: string;
}

/** A station whose MAC ends in `last`; with the prefix of a maker where one is given. */
export function station(last: number, address: string, prefix = '00:00:5e:00:53'): Station {
  return { mac: `${prefix}:${last.toString(16).padStart(2, '0')}`, address };
}

export const everybody = (address = '255.255.255.255'): Station => ({
  mac: 'ff:ff:ff:ff:ff:ff',
  address,
});

const ETHERNET = 1;
const RAW_IP = 101;

interface DhcpText {
  readonly hostName?: string;
  readonly vendorClass?: string;
  readonly router?: string;
}

export class Wire {
  readonly #packets: Buffer[] = [];
  readonly #linkType: number;
  #second = 1_700_000_000;

  /** @param link - `raw` leaves MACs away. */
  constructor(link: 'ethernet' | 'raw' = 'ethernet') {
    this.#linkType = link === 'raw' ? RAW_IP : ETHERNET;
  }

  /** One datagram; `port` is the target's, `from` the source's. */
  udp(
    source: Station,
    target: Station,
    port: number,
    payload: Buffer = Buffer.from('x'),
    from = 40_000,
  ): void {
    const header = Buffer.concat([u16(from), u16(port), u16(8 + payload.length), u16(0)]);
    this.#ip(source, target, 17, Buffer.concat([header, payload]));
  }

  /** A datagram and its answer. */
  exchange(source: Station, target: Station, port: number, payload?: Buffer): void {
    this.udp(source, target, port, payload);
    this.udp(target, source, 40_000, payload, port);
  }

  /** A TCP connection that is opened and left. */
  connect(source: Station, target: Station, port: number): void {
    this.#tcp(source, target, 40_001, port, 0x02);
    this.#tcp(target, source, port, 40_001, 0x12);
    this.#tcp(source, target, 40_001, port, 0x10);
  }

  /** Tells everybody its own address. */
  arp(who: Station): void {
    const body = Buffer.concat([
      Buffer.from([0, 1, 8, 0, 6, 4, 0, 1]),
      macBytes(who.mac),
      ipBytes(who.address),
      Buffer.alloc(6),
      ipBytes(who.address),
    ]);
    this.#frame(who.mac, 'ff:ff:ff:ff:ff:ff', 0x0806, body);
  }

  /** A DHCP message: 1 discover, 2 offer, 3 request, 5 ack. */
  dhcp(message: number, client: Station, server: Station, text: DhcpText = {}): void {
    const answers = message === 2 || message === 5;
    const body = Buffer.alloc(240);
    body.set([answers ? 2 : 1, 1, 6, 0]);
    if (answers) body.set(ipBytes(client.address), 16);
    body.set(macBytes(client.mac), 28);
    body.writeUInt32BE(0x63825363, 236);
    const options: Buffer[] = [option(53, Buffer.from([message]))];
    if (answers) options.push(option(54, ipBytes(server.address)));
    else options.push(option(50, ipBytes(client.address)));
    if (text.hostName) options.push(option(12, Buffer.from(text.hostName)));
    if (text.vendorClass) options.push(option(60, Buffer.from(text.vendorClass)));
    if (text.router) options.push(option(3, ipBytes(text.router)));
    const payload = Buffer.concat([body, ...options, Buffer.from([255])]);
    if (answers) this.udp(server, everybody(), 68, payload, 67);
    else this.udp({ ...client, address: '0.0.0.0' }, everybody(), 67, payload, 68);
  }

  /** An mDNS announcement of a host's address. */
  mdns(speaker: Station, name: string, address: string): void {
    const record = Buffer.concat([
      dnsName(name),
      u16(1),
      u16(1),
      u16(0),
      u16(120),
      u16(4),
      ipBytes(address),
    ]);
    const header = Buffer.concat([u16(0), u16(0x8400), u16(0), u16(1), u16(0), u16(0)]);
    const group = { mac: '01:00:5e:00:00:fb', address: '224.0.0.251' };
    this.udp(speaker, group, 5353, Buffer.concat([header, record]), 5353);
  }

  /** A lookup and its answer, which leads to `address` by way of an alias where one is given. */
  lookup(client: Station, resolver: Station, name: string, address: string, alias?: string): void {
    const question = Buffer.concat([dnsName(name), u16(1), u16(1)]);
    const head = (flags: number, answers: number): Buffer =>
      Buffer.concat([u16(7), u16(flags), u16(1), u16(answers), u16(0), u16(0), question]);
    const a = Buffer.concat([
      dnsName(alias ?? name),
      u16(1),
      u16(1),
      u16(0),
      u16(60),
      u16(4),
      ipBytes(address),
    ]);
    const target = dnsName(alias ?? name);
    const cname = Buffer.concat([
      dnsName(name),
      u16(5),
      u16(1),
      u16(0),
      u16(60),
      u16(target.length),
      target,
    ]);
    this.udp(client, resolver, 53, head(0x0100, 0));
    const answers = alias === undefined ? [a] : [cname, a];
    this.udp(
      resolver,
      client,
      40_000,
      Buffer.concat([head(0x8180, answers.length), ...answers]),
      53,
    );
  }

  /** What was said, as a pcap file. */
  capture(): Buffer {
    return Buffer.concat([fileHeader(this.#linkType), ...this.#packets]);
  }

  async inventory(expectations?: InventoryExpectations): Promise<Network> {
    const folder = mkdtempSync(join(tmpdir(), 'fleetward-wire-'));
    try {
      const path = join(folder, 'wire.pcap');
      writeFileSync(path, this.capture());
      return inventory(await readTraffic(captureFiles([path])), expectations);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  #tcp(source: Station, target: Station, from: number, to: number, flags: number): void {
    const header = Buffer.concat([u16(from), u16(to), u32(1), u32(1), Buffer.from([0x50, flags])]);
    this.#ip(source, target, 6, Buffer.concat([header, u16(1024), u32(0)]));
  }

  #ip(source: Station, target: Station, protocol: number, body: Buffer): void {
    const ipv6 = source.address.includes(':');
    const header = ipv6
      ? Buffer.concat([u32(0x60000000), u16(body.length), Buffer.from([protocol, 64])])
      : Buffer.concat([
          Buffer.from([0x45, 0]),
          u16(20 + body.length),
          u32(0),
          Buffer.from([64, protocol]),
          u16(0),
        ]);
    const packet = Buffer.concat([header, ipBytes(source.address), ipBytes(target.address), body]);
    this.#frame(source.mac, target.mac, ipv6 ? 0x86dd : 0x0800, packet);
  }

  #frame(source: string, target: string, type: number, body: Buffer): void {
    const frame =
      this.#linkType === RAW_IP
        ? body
        : Buffer.concat([macBytes(target), macBytes(source), u16(type), body]);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(this.#second++, 0);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    this.#packets.push(Buffer.concat([record, frame]));
  }
}

function fileHeader(linkType: number): Buffer {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(linkType, 20);
  return header;
}

function option(code: number, value: Buffer): Buffer {
  return Buffer.concat([Buffer.from([code, value.length]), value]);
}

function dnsName(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([...labels, Buffer.from([0])]);
}

function macBytes(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(':', ''), 'hex');
}

/** Of an IPv4 address, or of an IPv6 one that is written with one `::` or in full. */
function ipBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = address.split('::');
  const groups = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16));
  const [left, right] = [groups(head), groups(tail)];
  const zeros = new Array<number>(8 - left.length - right.length).fill(0);
  return Buffer.concat([...left, ...zeros, ...right].map(u16));
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
