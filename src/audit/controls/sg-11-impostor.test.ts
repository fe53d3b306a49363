import { describe, expect, it } from 'vitest';
import type { Device } from '../../fleet/index.ts';
import { at, type Saw, type Scene, scene } from '../testing.ts';
import { impostor } from './sg-11-impostor.ts';

const marks = (...names: string[]): Partial<Device> => ({
  expected: {
    name: undefined,
    type: undefined,
    segment: undefined,
    lifeUntil: undefined,
    marks: names,
  },
});

function home() {
  const network = scene({ routers: new Set(['192.168.1.1']) });
  const router = network.device('192.168.1.1', { roles: ['gateway'] });
  const phone = network.device('192.168.1.9');
  return { network, router, phone };
}

const offer = (
  network: Scene,
  client: Device,
  server: Device,
  router: string,
  more: Saw<'dhcp'> = {},
) =>
  network.saw('dhcp', client as never, server as never, {
    message: 'offer',
    serverId: server.addresses[0],
    routers: [router],
    resolvers: [router],
    ...more,
  });

const claims = (
  network: Scene,
  who: Device,
  address: string,
  from: number,
  to: number,
  more: { mac?: string; count?: number; gratuitous?: boolean } = {},
) =>
  network.saw('claim', who as never, network.party('255.255.255.255'), {
    mac: who.mac ?? '',
    address,
    first: at(from),
    last: at(to),
    count: 20,
    ...more,
  });

describe('SG-11, DHCP', () => {
  it('fails the second server that leads to another router', () => {
    const { network, router, phone } = home();
    const rogue = network.device('192.168.1.66');
    offer(network, phone, router, '192.168.1.1');
    offer(network, phone, rogue, '192.168.1.66');
    expect(network.judge(impostor, rogue)).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { routers: '192.168.1.66', rightful_server: '192.168.1.1' } }],
    });
    expect(network.judge(impostor, router)).toMatchObject({ verdict: 'pass' });
  });

  it('fails the one that takes its own address from the server it stands beside', () => {
    const { network, router, phone } = home();
    const rogue = network.device('192.168.1.66');
    offer(network, phone, router, '192.168.1.1');
    offer(network, rogue, router, '192.168.1.1', { message: 'ack' });
    offer(network, phone, rogue, '192.168.1.1');
    expect(network.judge(impostor, rogue)).toMatchObject({ verdict: 'fail' });
  });

  it.each([
    ['the only server, such as a plug in set-up mode', false, '192.168.1.66', {}],
    ['a standby server that offers the same', true, '192.168.1.1', {}],
    ['a server that the expectations declare', true, '192.168.1.66', marks('dhcp-server')],
  ])('passes %s', (_what, second, leadsTo, overrides) => {
    const { network, router, phone } = home();
    const server = network.device('192.168.1.66', overrides);
    if (second) offer(network, phone, router, '192.168.1.1');
    offer(network, phone, server, leadsTo);
    expect(network.judge(impostor, server)).toMatchObject({ verdict: 'pass' });
  });

  it('passes a device that served a phone while it was set up, before the network’s server spoke', () => {
    const { network, router, phone } = home();
    const plug = network.device('192.168.1.66');
    offer(network, phone, plug, '192.168.1.66', { at: 1 });
    offer(network, plug, router, '192.168.1.1', { message: 'ack', at: 60 });
    offer(network, phone, router, '192.168.1.1', { at: 61 });
    expect(network.judge(impostor, plug)).toMatchObject({ verdict: 'pass' });
  });

  it('does not judge who only asks', () => {
    const { network, router, phone } = home();
    offer(network, phone, router, '192.168.1.1');
    expect(network.judge(impostor, phone)).toMatchObject({ verdict: 'not_seen' });
  });
});

describe('SG-11, router advertisements', () => {
  const advertise = (network: Scene, who: Device, prefix: string, lifetime_s = 1800) =>
    network.saw('router', who as never, network.party('ff02::1'), {
      lifetime_s,
      prefixes: [prefix],
    });

  it('fails who advertises another prefix beside the gateway', () => {
    const { network, router } = home();
    const rogue = network.device('192.168.1.66');
    advertise(network, router, '2001:db8:1::/64');
    advertise(network, rogue, '2001:db8:bad::/64');
    expect(network.judge(impostor, rogue)).toMatchObject({ verdict: 'fail' });
    expect(network.judge(impostor, router)).toMatchObject({ verdict: 'pass' });
  });

  it.each([
    ['a Thread border router: lifetime 0 routes nothing', 'fd00:1::/64', 0, 'not_seen'],
    ['a second router of the same prefix', '2001:db8:1::/64', 1800, 'pass'],
  ])('does not fail %s', (_what, prefix, lifetime_s, verdict) => {
    const { network, router } = home();
    const other = network.device('192.168.1.66');
    advertise(network, router, '2001:db8:1::/64');
    advertise(network, other, prefix, lifetime_s);
    expect(network.judge(impostor, other)).toMatchObject({ verdict });
  });

  it('passes the only advertiser, gateway or not', () => {
    const { network } = home();
    const other = network.device('192.168.1.66');
    advertise(network, other, '2001:db8:1::/64');
    expect(network.judge(impostor, other)).toMatchObject({ verdict: 'pass' });
  });
});

describe('SG-11, addresses', () => {
  it('fails who claims the router’s address while the router claims it', () => {
    const { network, router } = home();
    const attacker = network.device('192.168.1.66');
    claims(network, router, '192.168.1.1', 0, 1000);
    claims(network, attacker, '192.168.1.66', 0, 1000);
    claims(network, attacker, '192.168.1.1', 100, 900);
    expect(network.judge(impostor, attacker)).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { address: '192.168.1.1', held_by: router.mac } }],
    });
    expect(network.judge(impostor, router)).toMatchObject({ verdict: 'pass' });
  });

  it('passes two routers that had the address on two days, in two captures', () => {
    const { network, router } = home();
    const other = network.device('192.168.1.66');
    const elsewhere = (second: number) => ({ ...at(second), file: 1 });
    claims(network, router, '192.168.1.1', 0, 1000);
    network.saw('claim', other as never, network.party('255.255.255.255'), {
      mac: other.mac ?? '',
      address: '192.168.1.1',
      first: elsewhere(500),
      last: elsewhere(1500),
      packets: [elsewhere(500)],
      count: 20,
    });
    expect(network.judge(impostor, other)).toMatchObject({ verdict: 'pass' });
  });

  it('fails who stands between two hosts, though it claimed first in the capture', () => {
    const { network, phone } = home();
    const camera = network.device('192.168.1.20');
    const attacker = network.device('192.168.1.66');
    claims(network, attacker, '192.168.1.9', 0, 900);
    claims(network, attacker, '192.168.1.20', 0, 900);
    claims(network, phone, '192.168.1.9', 100, 800);
    claims(network, camera, '192.168.1.20', 100, 800);
    expect(network.judge(impostor, attacker)).toMatchObject({ verdict: 'fail' });
    expect(network.judge(impostor, phone)).toMatchObject({ verdict: 'pass' });
  });

  it('fails who keeps claiming unasked what a router of many addresses answers for', () => {
    const { network, router } = home();
    const attacker = network.device('192.168.1.66');
    for (const address of ['192.168.1.1', '192.168.2.1', '192.168.3.1', '192.168.4.1'])
      claims(network, router, address, 0, 1000);
    claims(network, attacker, '192.168.1.66', 0, 1000);
    claims(network, attacker, '192.168.1.1', 0, 900, { gratuitous: true });
    expect(network.judge(impostor, attacker)).toMatchObject({ verdict: 'fail' });
    expect(network.judge(impostor, router)).toMatchObject({ verdict: 'pass' });
  });

  it.each([
    ['an address handed on after its holder left', [0, 100], [200, 900], {}],
    ['a virtual router’s address', [0, 1000], [100, 900], { mac: '00:00:5e:00:01:07' }],
    ['a single slip', [0, 1000], [100, 900], { count: 1 }],
  ])('passes %s', (_what, held, claimed, more) => {
    const { network, router } = home();
    const other = network.device('192.168.1.66');
    claims(network, other, '192.168.1.66', 0, 1000);
    claims(network, router, '192.168.1.1', held[0], held[1]);
    claims(network, other, '192.168.1.1', claimed[0], claimed[1], more);
    expect(network.judge(impostor, other)).toMatchObject({ verdict: 'pass' });
  });

  it('passes two hosts that were set to one address by mistake', () => {
    const { network, phone } = home();
    const other = network.device('192.168.1.66');
    claims(network, phone, '192.168.1.9', 0, 1000);
    claims(network, other, '192.168.1.9', 100, 900);
    expect(network.judge(impostor, other)).toMatchObject({ verdict: 'pass' });
  });
});
