/** The inventory of whole captures: our own site, whose truth is written down, and homes where data is present. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { captureFiles, readTraffic } from '../src/capture/index.ts';
import { type Device, inventory, type Network } from '../src/fleet/index.ts';
import { data } from './support/needs.ts';

const examples = fileURLToPath(new URL('../examples/', import.meta.url));

async function networkOf(path: string): Promise<Network> {
  return inventory(await readTraffic(captureFiles([path])));
}

interface ExpectedSite {
  readonly gateway: string;
  readonly devices: readonly {
    readonly name: string;
    readonly mac: string;
    readonly address: string;
    readonly hostname?: string;
    readonly type: string;
    readonly services: readonly string[];
  }[];
}

const site = parse(readFileSync(join(examples, 'site-expected.yaml'), 'utf8')) as ExpectedSite;

/** Words of site-expected.yaml, which was written before the vocabulary. */
const TYPES: Readonly<Record<string, string>> = {
  gateway: 'router',
  plug: 'smart-plug',
  hub: 'smart-hub',
  bulb: 'light-bulb',
};
/** Says nothing of what it is: no word, no known service, a maker of chips. */
const UNKNOWN = new Set(['sensor']);

describe('the site of the examples', async () => {
  const network = await networkOf(join(examples, 'site.pcap'));
  const byMac = new Map(network.devices.map((device) => [device.mac, device]));

  it('has its devices, and nobody else', () => {
    expect([...byMac.keys()].sort()).toEqual(site.devices.map(({ mac }) => mac).sort());
  });

  it.each(site.devices)('$name is known by MAC, address and name', (truth) => {
    const device = byMac.get(truth.mac) as Device;
    expect(device.addresses[0]).toBe(truth.address);
    if (truth.hostname) expect(device.names[0]).toEqual({ name: truth.hostname, source: 'dhcp' });
    expect(device.vendor).toBeDefined();
    expect(device.segment).toBe('192.168.50.0/24');
  });

  it.each(site.devices)('$name is a $type', ({ mac, name, type }) => {
    const expected = UNKNOWN.has(name) ? undefined : (TYPES[type] ?? type);
    expect(byMac.get(mac)?.type).toBe(expected);
  });

  it.each(site.devices)('$name offers what it does offer', ({ mac, services }) => {
    const offered = byMac.get(mac)?.services.map(({ port, transport }) => `${port}/${transport}`);
    expect([...(offered ?? [])].sort()).toEqual([...services].sort());
  });

  it('has one gateway, which serves names, addresses and the time', () => {
    expect(network.gateways.map(({ addresses }) => addresses[0])).toEqual([site.gateway]);
    expect(network.gateways[0]?.roles).toEqual([
      'gateway',
      'dhcp_server',
      'resolver',
      'ntp_server',
    ]);
    for (const device of network.devices)
      if (device !== network.gateways[0]) expect(device.roles, device.id).toEqual([]);
  });

  it('names parties outside as the devices asked for them', () => {
    const named = network.devices.flatMap(({ peers }) =>
      peers.filter(({ name }) => name?.endsWith('.example')),
    );
    expect(named.map(({ name }) => name)).toContain('mqtt.warmly.example');
    expect(named.every(({ scope }) => scope === 'public')).toBe(true);
  });
});

const homes = data('iot-sentinel');

/** Captures of one device, of which the set says what it is and which MAC it has. */
const labels = homes.skip
  ? new Map<string, string>()
  : new Map(
      readFileSync(join(homes.path, 'labels.csv'), 'utf8')
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => line.split(',') as [string, string, string])
        .map(([name, , mac]) => [name, mac]),
    );

async function homeOf(name: string, index = 0): Promise<{ network: Network; device: Device }> {
  const folder = join(homes.path, name);
  const captures = readdirSync(folder).filter((file) => file.includes('.pcap'));
  const network = await networkOf(join(folder, captures.sort()[index] as string));
  const device = network.deviceById(`mac:${labels.get(name)}`);
  if (!device) throw new Error(`${name} is not among ${network.devices.map(({ id }) => id)}`);
  return { network, device };
}

describe('real homes (IoT Sentinel)', homes, () => {
  it.each([
    ['D-LinkCam', 'camera'],
    ['D-LinkHomeHub', 'smart-hub'],
    ['D-LinkSensor', 'sensor'],
    ['D-LinkSiren', 'alarm'],
    ['D-LinkSwitch', 'smart-plug'],
    ['HueBridge', 'light-hub'],
    ['Lightify', 'light-hub'],
    ['MAXGateway', 'smart-hub'],
    ['TP-LinkPlugHS110', 'smart-plug'],
    ['WeMoInsightSwitch', 'smart-plug'],
    ['Withings', 'scale'],
    // A module's default name and nothing else; a maker of many kinds.
    ['SmarterCoffee', undefined],
    ['EdnetCam1', undefined],
  ])('%s is of type %s', async (name, type) => {
    expect((await homeOf(name)).device.type).toBe(type);
  });

  it('the phone that a WeMo lets through is behind it, and its name and roles are not the WeMo’s', async () => {
    const { network, device } = await homeOf('WeMoLink');
    expect(network.devices.map(({ id }) => id)).toContain('ip:10.22.22.138');
    expect(device).toMatchObject({ addresses: ['10.10.10.144'], roles: [], type: 'light-hub' });
  });

  it('the address that a camera had before DHCP is its own', async () => {
    const { network, device } = await homeOf('D-LinkDayCam');
    expect(device.addresses).toContain('192.168.0.20');
    expect(network.devices.filter(({ mac }) => mac === undefined)).toEqual([]);
  });

  it('the access point is the gateway; the world behind it is no device', async () => {
    const { network } = await homeOf('HueBridge');
    expect(network.gateways.map(({ addresses }) => addresses)).toEqual([['10.10.10.1']]);
    expect(network.devices.every(({ mac }) => mac !== undefined)).toBe(true);
    expect(network.devices.length).toBe(3);
  });
});
