import { describe, expect, it } from 'vitest';
import type { Network } from './device.ts';
import { station, Wire } from './testing.ts';

const router = station(1, '192.168.1.1');
const camera = station(2, '192.168.1.20');
const phone = station(3, '192.168.1.30');

const namesOf = (network: Network, { mac }: { mac: string }): string[] =>
  network.deviceById(`mac:${mac}`)?.names.map(({ name, source }) => `${name} (${source})`) ?? [];

describe('names', () => {
  it('in DHCP are the client’s, also where the server repeats them', async () => {
    const wire = new Wire();
    wire.arp(router);
    wire.dhcp(3, camera, router, { hostName: 'porch-camera' });
    wire.dhcp(5, camera, router, { hostName: 'porch-camera' });
    const network = await wire.inventory();
    expect(namesOf(network, camera)).toEqual(['porch-camera (dhcp)']);
    expect(namesOf(network, router)).toEqual([]);
  });

  it('in logs are the sender’s, unless it hands on those of several hosts', async () => {
    const wire = new Wire();
    for (const one of [router, camera, phone]) wire.arp(one);
    const log = (sender: typeof router, name: string) =>
      wire.udp(sender, phone, 514, Buffer.from(`<30>Oct 11 22:14:15 ${name} app[1]: x`));
    log(camera, 'porch-camera');
    log(router, 'attic-camera');
    log(router, 'cellar-camera');
    const network = await wire.inventory();
    expect(namesOf(network, camera)).toEqual(['porch-camera (syslog)']);
    expect(namesOf(network, router)).toEqual([]);
  });

  it('in mDNS are the speaker’s, unless it passes on another host’s records', async () => {
    const wire = new Wire();
    for (const one of [router, camera, phone]) wire.arp(one);
    wire.mdns(camera, 'porch.local', camera.address);
    wire.mdns(router, 'annas-phone.local', phone.address);
    const network = await wire.inventory();
    expect(namesOf(network, camera)).toEqual(['porch.local (mdns)']);
    expect(namesOf(network, router)).toEqual([]);
  });

  it('that others look up count where they are of the network itself', async () => {
    const wire = new Wire();
    for (const one of [router, camera]) wire.arp(one);
    wire.lookup(phone, router, 'porch.lan', camera.address);
    wire.lookup(phone, router, 'captive.example.com', router.address);
    const network = await wire.inventory();
    expect(namesOf(network, camera)).toEqual(['porch.lan (dns)']);
    expect(namesOf(network, router)).toEqual([]);
  });

  it('that are addresses, or everybody’s, are none', async () => {
    const wire = new Wire();
    wire.arp(camera);
    for (const hostName of ['localhost', '192.168.1.20', '00:11:22:33:44:55', '(none)'])
      wire.dhcp(3, camera, router, { hostName });
    expect(namesOf(await wire.inventory(), camera)).toEqual([]);
  });

  it('with and without the ending of the network are one', async () => {
    const wire = new Wire();
    wire.arp(camera);
    wire.dhcp(3, camera, router, { hostName: 'Porch' });
    wire.mdns(camera, 'porch.local', camera.address);
    expect(namesOf(await wire.inventory(), camera)).toEqual(['Porch (dhcp)']);
  });
});
