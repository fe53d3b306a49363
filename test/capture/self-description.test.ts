/** What the inventory knows of devices that describe themselves in the protocols of plants and buildings. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { scanned } from '../support/fleetward.ts';
import { PEERS } from '../support/peers.ts';

/** The server of each recording, which is 10.9.0.1. */
function server(name: string) {
  const { devices } = scanned([join(PEERS, `${name}.pcap`)]);
  const found = devices.find(({ id }) => id === 'mac:02:00:00:00:09:01');
  if (!found) throw new Error(`No server in ${name}`);
  return found;
}

describe('the inventory', () => {
  it.each([
    ['opcua', 'Press 4', { maker: 'Example Works', model: 'PressController', version: '3.4.1' }],
    ['bacnet', 'Chiller 2', { maker: 'Example Climate', model: 'CX-900', version: '4.1.7' }],
    ['knx', 'knxd-gateway', {}],
  ])('knows name, maker, model and version by %s', (capture, name, description) => {
    const device = server(capture);
    expect(device.names[0]).toBe(name);
    expect(device.description).toMatchObject(description);
  });

  it('knows a gateway of KNX, and the products that answer', () => {
    expect(server('knx').type).toBe('gateway');
    expect(server('amqp091').services[0]?.product).toMatch(/^RabbitMQ 3\./);
    expect(server('nats').services[0]?.product).toMatch(/^nats-server 2\./);
    expect(server('opcua').services[0]).toMatchObject({
      protocol: 'opcua',
      product: 'Example Works PressController 3.4.1',
    });
  });

  it('knows a client of LwM2M by its serial number and objects', () => {
    const { devices } = scanned([join(PEERS, 'lwm2m.pcap')]);
    const client = devices.find(({ id }) => id === 'mac:02:00:00:00:09:02');
    expect(client?.type).toBe('sensor');
  });
});
