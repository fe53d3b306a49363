import { expect, it } from 'vitest';
import type { DhcpMessageEvent } from '../decode/dhcp.ts';
import type { Dhcpv6MessageEvent } from '../decode/dhcpv6.ts';
import { packet, testFlow } from '../decode/testing.ts';
import type { Direction, Flow } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { dhcpObserver } from './dhcp.ts';

const dhcp = (event: DhcpMessageEvent['event'], type: 'request' | 'reply', fields: object = {}) =>
  ({
    protocol: 'dhcp',
    event,
    type,
    id: 1,
    client_mac: '00:17:88:01:02:03',
    assigned_ip: '0.0.0.0',
    client_ip: '0.0.0.0',
    relay_ip: '0.0.0.0',
    next_server_ip: '0.0.0.0',
    secs: 0,
    hops: 0,
    broadcast: false,
    ...fields,
  }) as DhcpMessageEvent;
const flow = (fields: Partial<Flow>) => testFlow({ carrier: 'udp', ...fields });
const observe = (
  into: Observations,
  event: DhcpMessageEvent | Dhcpv6MessageEvent,
  of: Flow,
  direction: Direction,
) => dhcpObserver.event(event, direction, of, packet(1), into);

it('a client that asks is the client, whether or not anybody serves', () => {
  const into = new Observations();
  const asks = flow({ client: 1, server: 9, clientPort: 68, serverPort: 67, multicast: true });
  const fields = {
    hostname: 'lamp\u0000',
    vendor_class_identifier: 'udhcp',
    parameters: [1, 3],
    requested_ip: '10.0.0.9',
  };
  observe(into, dhcp('discover', 'request', fields), asks, 0);
  observe(into, dhcp('discover', 'request', fields), asks, 0);
  expect([...into.of('dhcp')]).toMatchObject([
    {
      client: 1,
      server: 9,
      message: 'discover',
      version: 4,
      hostName: 'lamp',
      vendorClass: 'udhcp',
      parameters: [1, 3],
      address: '10.0.0.9',
      count: 2,
    },
  ]);
});

it('whoever offers is the server, also where its reply is a flow of its own', () => {
  const into = new Observations();
  const fields = { assigned_ip: '10.0.0.9', server_id: '10.0.0.1', routers: ['10.0.0.1'] };
  const alone = flow({ client: 5, server: 9, clientPort: 67, serverPort: 68, multicast: true });
  observe(into, dhcp('offer', 'reply', fields), alone, 0);
  const paired = flow({ client: 1, server: 5, clientPort: 68, serverPort: 67 });
  observe(into, dhcp('ack', 'reply', fields), paired, 1);
  expect([...into.of('dhcp')]).toMatchObject([
    { message: 'offer', client: 9, server: 5, serverPort: 67, routers: ['10.0.0.1'] },
    { message: 'ack', client: 1, server: 5, serverPort: 67, address: '10.0.0.9' },
  ]);
});

it('holds for DHCPv6', () => {
  const into = new Observations();
  const of = flow({ clientPort: 546, serverPort: 547 });
  observe(into, { protocol: 'dhcpv6', event: 'solicit', id: 1, hostname: 'lamp.home' }, of, 0);
  observe(
    into,
    { protocol: 'dhcpv6', event: 'advertise', id: 1, addresses: ['2001:db8::9'] },
    of,
    1,
  );
  expect([...into.of('dhcp')]).toMatchObject([
    { client: 1, server: 2, version: 6, message: 'solicit', hostName: 'lamp.home' },
    { client: 1, server: 2, version: 6, message: 'advertise', address: '2001:db8::9' },
  ]);
});
