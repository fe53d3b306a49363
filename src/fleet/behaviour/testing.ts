/** For tests: small homes whose devices behave in their own way, as captures and as traits. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureFiles, readCapture } from '../../capture/index.ts';
import { everybody, type Station, Wire } from '../testing.ts';
import { BehaviourCollector } from './collector.ts';
import { SeededRandom } from './random.ts';
import { type Traits, traitsOf } from './traits.ts';

const ROUTER: Station = { mac: '00:00:5e:00:53:fe', address: '192.168.7.1' };
const CLOUD: Station = { mac: ROUTER.mac, address: '198.51.100.20' };

/** How one type of device sets itself up. `noise` varies what a type leaves open. */
export type Habit = (wire: Wire, self: Station, noise: SeededRandom) => void;

/** Plugs join, ask for their cloud and open it; cameras announce themselves and send datagrams; bulbs broadcast. */
export const habits: Readonly<Record<string, Habit>> = {
  plug(wire, self, noise) {
    wire.dhcp(1, self, ROUTER, { vendorClass: 'udhcp 1.2' });
    wire.arp(self);
    for (let i = 0; i < 2 + noise.below(3); i++) {
      wire.lookup(self, ROUTER, 'cloud.example', CLOUD.address);
      wire.connect(self, CLOUD, 8883);
    }
    for (let i = 0; i < 4; i++) wire.exchange(self, CLOUD, 123, Buffer.alloc(48, 0x1b));
  },
  camera(wire, self, noise) {
    wire.dhcp(1, self, ROUTER, { hostName: 'x' });
    wire.dhcp(3, self, ROUTER, { hostName: 'x' });
    for (let i = 0; i < 3; i++) wire.mdns(self, 'x.local', self.address);
    for (let i = 0; i < 5 + noise.below(4); i++) wire.udp(self, CLOUD, 5000, Buffer.alloc(200 + i));
    wire.connect(self, CLOUD, 443);
  },
  bulb(wire, self, noise) {
    wire.arp(self);
    for (let i = 0; i < 6 + noise.below(4); i++)
      wire.udp(self, everybody(), 6000, Buffer.alloc(30), 6000);
    wire.exchange(self, ROUTER, 7000, Buffer.alloc(12));
  },
};

/** A capture in which one device follows a habit. */
export function captureOf(habit: Habit, self: Station, seed: number): Buffer {
  const wire = new Wire();
  habit(wire, self, new SeededRandom(seed));
  return wire.capture();
}

/** Traits of each episode of a device in a capture. */
export async function traitsIn(capture: Buffer, mac: string): Promise<Traits[]> {
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-behaviour-'));
  try {
    const path = join(folder, 'device.pcap');
    writeFileSync(path, capture);
    const collector = new BehaviourCollector();
    await readCapture(captureFiles([path])[0], collector);
    return collector.episodesOf(mac).map(traitsOf);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
