import { describe, expect, it } from 'vitest';
import type { Device, Network } from './device.ts';
import { type Station, station, Wire } from './testing.ts';

const panel = station(9, '192.168.10.9');
const plc = station(4, '192.168.10.4');
function deviceOf({ devices }: Network, { address }: Station): Device {
  const device = devices.find(({ addresses }) => addresses.includes(address));
  if (!device) throw new Error(`${address} is no device`);
  return device;
}
const MODBUS = 502;
const EPHEMERAL = 40_000;

/** One Modbus message. */
function message(pdu: string): Buffer {
  const body = Buffer.from(pdu.replaceAll(' ', ''), 'hex');
  return Buffer.concat([Buffer.from([0, 1, 0, 0, 0, body.length + 1, 0xff]), body]);
}
function asked(wire: Wire, request: string, answer: string): void {
  wire.udp(panel, plc, MODBUS, message(request), EPHEMERAL);
  wire.udp(plc, panel, EPHEMERAL, message(answer), MODBUS);
}
const texts = (...objects: string[]): string =>
  objects
    .map(
      (text, id) =>
        `${[id, text.length].map((n) => n.toString(16).padStart(2, '0')).join('')}${Buffer.from(text).toString('hex')}`,
    )
    .join('');

describe('industrial devices', () => {
  it('are master and outstation by what they ask and answer', async () => {
    const wire = new Wire();
    asked(wire, '03 0000 0001', '03 02 0001');
    const network = await wire.inventory();
    expect(deviceOf(network, panel).roles).toContain('master');
    expect(deviceOf(network, plc).roles).toContain('outstation');
    expect(deviceOf(network, plc).services).toMatchObject([{ port: MODBUS, protocol: 'modbus' }]);
  });

  it('nobody is master for asking who never answers', async () => {
    const wire = new Wire();
    wire.udp(panel, plc, MODBUS, message('03 0000 0001'), EPHEMERAL);
    const network = await wire.inventory();
    expect(network.devices.flatMap(({ roles }) => roles)).not.toContain('master');
  });

  it('say what they are when they are asked', async () => {
    const wire = new Wire();
    const said = texts('Schneider Electric', 'TM221CE24T', 'V1.11');
    asked(wire, '2b 0e 01 00', `2b 0e 01 01 00 00 03 ${said}`);
    const device = deviceOf(await wire.inventory(), plc);
    expect(device.description).toMatchObject({
      maker: 'Schneider Electric',
      model: 'TM221CE24T',
      version: 'V1.11',
    });
    expect(device.services).toMatchObject([{ product: 'Schneider Electric TM221CE24T V1.11' }]);
    expect(device.type).toBe('plc');
  });
});
