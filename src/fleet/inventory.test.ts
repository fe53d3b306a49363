import { describe, expect, it } from 'vitest';
import type { Device, Network } from './device.ts';
import { everybody, station, Wire } from './testing.ts';

const router = station(1, '192.168.1.1');
const plug = station(2, '192.168.1.20');
const phone = station(3, '192.168.1.30');
const outside = (address = '198.51.100.7') => ({ mac: router.mac, address });

const ids = ({ devices }: Network): string[] => devices.map(({ id }) => id).sort();
function deviceOf(network: Network, { mac }: { mac: string }): Device {
  const device = network.deviceById(`mac:${mac}`);
  if (!device) throw new Error(`no device ${mac}`);
  return device;
}

describe('who is a device', () => {
  it('whoever speaks; not who is only asked for, spoken to, or everybody', async () => {
    const wire = new Wire();
    wire.arp(plug);
    wire.udp(plug, station(9, '192.168.1.99'), 9999);
    wire.udp(plug, everybody(), 9999);
    wire.udp(plug, everybody('192.168.1.255'), 9999);
    wire.mdns(plug, 'plug.local', plug.address);
    expect(ids(await wire.inventory())).toEqual([`mac:${plug.mac}`]);
  });

  it('a host that has no address yet', async () => {
    const wire = new Wire();
    wire.dhcp(1, plug, router);
    const [device] = (await wire.inventory()).devices;
    expect(device).toMatchObject({ id: `mac:${plug.mac}`, addresses: [], segment: undefined });
  });

  it('a router, without the addresses that it stands for', async () => {
    const wire = new Wire();
    wire.arp(router);
    wire.exchange(plug, outside(), 443);
    wire.exchange(plug, outside('203.0.113.9'), 443);
    const network = await wire.inventory();
    expect(ids(network)).toEqual([`mac:${router.mac}`, `mac:${plug.mac}`].sort());
    expect(deviceOf(network, router)).toMatchObject({
      addresses: [router.address],
      roles: ['gateway'],
    });
    expect(network.gateways).toEqual([deviceOf(network, router)]);
  });

  it('a local address behind a router, by that address', async () => {
    const wire = new Wire();
    wire.arp(router);
    wire.arp(plug);
    wire.exchange(plug, { mac: router.mac, address: '10.7.0.5' }, 1883);
    expect(ids(await wire.inventory())).toContain('ip:10.7.0.5');
  });

  it('in a capture without MACs every local address, but none of those outside', async () => {
    const wire = new Wire('raw');
    wire.exchange(plug, outside(), 443);
    wire.exchange(phone, plug, 80);
    expect(ids(await wire.inventory())).toEqual([`ip:${plug.address}`, `ip:${phone.address}`]);
  });

  it('where there are public addresses alone, each of them', async () => {
    const wire = new Wire('raw');
    wire.exchange(outside('198.51.100.7'), outside('203.0.113.9'), 443);
    expect(ids(await wire.inventory())).toEqual(['ip:198.51.100.7', 'ip:203.0.113.9']);
  });

  it('by address, where a rewritten capture gives both ends one MAC', async () => {
    const wire = new Wire();
    wire.exchange(plug, { ...phone, mac: plug.mac }, 80);
    expect(ids(await wire.inventory())).toEqual([`ip:${plug.address}`, `ip:${phone.address}`]);
  });

  it('once, where a router is captured on both its sides', async () => {
    const wire = new Wire();
    const far = station(4, '192.168.2.40');
    for (const one of [plug, far, router]) wire.arp(one);
    wire.exchange(plug, { ...far, mac: router.mac }, 80);
    wire.exchange({ ...plug, mac: router.mac }, far, 80);
    const network = await wire.inventory();
    expect(ids(network)).toEqual([plug, far, router].map(({ mac }) => `mac:${mac}`).sort());
    expect(deviceOf(network, plug).addresses).toEqual([plug.address]);
    const [peer] = deviceOf(network, plug).peers.filter(({ device }) => device !== undefined);
    expect(peer).toMatchObject({ device: `mac:${far.mac}`, sameSegment: false });
  });
});

describe('whose an address is', () => {
  it('a second address from which a device speaks to the link, or in its own network alone, is its own', async () => {
    const wire = new Wire();
    wire.arp(plug);
    wire.mdns({ ...plug, address: '192.168.0.60' }, 'plug.local', '192.168.0.60');
    wire.udp({ ...plug, address: '192.168.20.3' }, station(9, '192.168.20.100'), 10_000);
    wire.exchange(plug, router, 53);
    wire.arp(plug);
    const network = await wire.inventory();
    expect(ids(network).filter((id) => id.startsWith('ip:'))).toEqual([]);
    expect(deviceOf(network, plug).addresses).toEqual(
      expect.arrayContaining([plug.address, '192.168.0.60', '192.168.20.3']),
    );
  });

  it('who reaches the Internet through a device is somebody else', async () => {
    const wire = new Wire();
    for (const one of [plug, router]) wire.arp(one);
    wire.exchange(plug, outside(), 443);
    wire.udp({ ...plug, address: '10.22.22.2' }, outside('203.0.113.9'), 443);
    const network = await wire.inventory();
    expect(ids(network)).toContain('ip:10.22.22.2');
    expect(deviceOf(network, plug).addresses).toEqual([plug.address]);
    expect(deviceOf(network, plug).roles).toEqual([]);
  });

  it('an address at its MAC that never speaks is not among its addresses', async () => {
    const wire = new Wire();
    wire.exchange(phone, plug, 80);
    wire.udp(phone, { ...plug, address: '192.168.1.80' }, 7);
    expect(deviceOf(await wire.inventory(), plug).addresses).toEqual([plug.address]);
  });

  it('the most used address comes first, and says the segment', async () => {
    const wire = new Wire();
    wire.arp({ ...plug, address: '192.168.0.20' });
    wire.arp(plug);
    for (let i = 0; i < 5; i++) wire.exchange(plug, router, 53);
    expect(deviceOf(await wire.inventory(), plug)).toMatchObject({
      addresses: [plug.address, '192.168.0.20'],
      segment: '192.168.1.0/24',
    });
  });

  it('IPv6: what is made of the MAC, and what lies in its prefix, is its own; another prefix is behind a router', async () => {
    const wire = new Wire();
    const made = { mac: plug.mac, address: '2001:db8:1:0:200:5eff:fe00:5302' };
    const privacy = { mac: plug.mac, address: '2001:db8:1:0:1234:5678:9abc:def0' };
    const far = { mac: router.mac, address: '2001:db8:f00::1' };
    wire.exchange(made, far, 443);
    wire.exchange(privacy, far, 443);
    const network = await wire.inventory();
    expect([...deviceOf(network, plug).addresses].sort()).toEqual([
      '2001:db8:1:0:1234:5678:9abc:def0',
      '2001:db8:1:0:200:5eff:fe00:5302',
    ]);
    expect(deviceOf(network, router)).toMatchObject({ addresses: [], roles: ['gateway'] });
  });
});

describe('roles', () => {
  it('a device that offers addresses of its own, beside the gateway at work, is none', async () => {
    const wire = new Wire();
    for (const one of [plug, router]) wire.arp(one);
    wire.exchange(phone, outside(), 443);
    const setUp = { ...plug, address: '192.168.0.60' };
    wire.dhcp(2, station(8, '192.168.0.61'), setUp, { router: setUp.address });
    expect(deviceOf(await wire.inventory(), plug).roles).toEqual(['dhcp_server']);
  });

  it('who was named as router is one, also where nobody was seen to pass', async () => {
    const wire = new Wire();
    wire.arp(router);
    wire.dhcp(5, plug, router, { router: router.address });
    expect(deviceOf(await wire.inventory(), router).roles).toEqual(['gateway', 'dhcp_server']);
  });

  it('a resolver answers', async () => {
    const wire = new Wire();
    wire.lookup(plug, router, 'cloud.example', '198.51.100.7');
    const network = await wire.inventory();
    expect(deviceOf(network, router).roles).toEqual(['resolver']);
    expect(deviceOf(network, plug).roles).toEqual([]);
  });
});

describe('peers', () => {
  it('are called as the device itself asked for them, behind aliases too', async () => {
    const wire = new Wire();
    wire.lookup(phone, router, 'shop.example', '198.51.100.7', 'edge.cdn.example');
    wire.lookup(plug, router, 'cloud.example', '198.51.100.7', 'edge.cdn.example');
    for (const one of [plug, phone]) wire.exchange(one, outside(), 443);
    const network = await wire.inventory();
    const peer = (one: typeof plug) =>
      deviceOf(network, one).peers.find(({ address }) => address === '198.51.100.7');
    expect(peer(plug)?.name).toBe('cloud.example');
    expect(peer(phone)?.name).toBe('shop.example');
  });

  it('are in the same segment on the same link, and not beyond the router', async () => {
    const wire = new Wire();
    for (const one of [plug, phone, router]) wire.arp(one);
    wire.exchange(plug, phone, 80);
    wire.exchange(plug, outside(), 443);
    const { peers } = deviceOf(await wire.inventory(), plug);
    expect(peers.find(({ device }) => device === `mac:${phone.mac}`)?.sameSegment).toBe(true);
    expect(peers.find(({ scope }) => scope === 'public')?.sameSegment).toBe(false);
  });
});

describe('services', () => {
  it('are what answered: not what was asked for in vain', async () => {
    const wire = new Wire();
    wire.connect(phone, plug, 80);
    wire.udp(phone, plug, 161);
    wire.exchange(phone, plug, 9999);
    const { services } = deviceOf(await wire.inventory(), plug);
    expect(services.map(({ transport, port }) => `${transport}/${port}`)).toEqual([
      'tcp/80',
      'udp/9999',
    ]);
    expect(services[0]?.clients).toBe(1);
  });

  it('that answer everybody at once count: a DHCP server', async () => {
    const wire = new Wire();
    wire.dhcp(2, plug, router);
    expect(deviceOf(await wire.inventory(), router).services).toMatchObject([
      { transport: 'udp', port: 67, protocol: 'dhcp' },
    ]);
  });
});

describe('time', () => {
  it('first and last seen are those of what it takes part in, of a router also of what passes through it', async () => {
    const wire = new Wire();
    wire.arp(phone);
    wire.exchange(plug, outside(), 443);
    wire.arp(phone);
    const network = await wire.inventory();
    expect(deviceOf(network, plug).firstSeen.packet).toBe(2);
    expect(deviceOf(network, plug).lastSeen.packet).toBe(3);
    expect(deviceOf(network, router).firstSeen.packet).toBe(2);
    expect(deviceOf(network, phone).lastSeen.packet).toBe(4);
  });
});

describe('expectations', () => {
  it('name the device and its segment, and what lies outside that segment is elsewhere', async () => {
    const wire = new Wire();
    wire.exchange(plug, phone, 80);
    const network = await wire.inventory({
      deviceFor: ({ mac }) =>
        mac === plug.mac
          ? { name: 'Kettle', type: 'kettle', segment: 'kitchen', lifeUntil: undefined, marks: [] }
          : undefined,
      segmentOf: (address) => (address === plug.address ? 'kitchen' : 'office'),
    });
    const device = deviceOf(network, plug);
    expect(device).toMatchObject({ type: 'kettle', segment: 'kitchen' });
    expect(device.names[0]).toEqual({ name: 'Kettle', source: 'expected' });
    expect(device.peers[0]?.sameSegment).toBe(false);
  });
});
