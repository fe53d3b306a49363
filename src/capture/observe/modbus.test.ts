import { describe, expect, it } from 'vitest';
import { modbusDecoder } from '../decode/modbus.ts';
import { Feed, packet } from '../decode/testing.ts';
import { modbusObserver } from './modbus.ts';

const flow = { carrier: 'tcp', serverPort: 502 } as const;

function message(pdu: string, transaction = 1, unit = 10): Buffer {
  const body = Buffer.from(pdu.replaceAll(' ', ''), 'hex');
  const header = Buffer.alloc(7);
  header.writeUInt16BE(transaction, 0);
  header.writeUInt16BE(body.length + 1, 4);
  header[6] = unit;
  return Buffer.concat([header, body]);
}
const feed = (fields = {}) => new Feed(modbusDecoder, { ...flow, ...fields }, modbusObserver);

describe('control writes', () => {
  it('are accepted, refused or unanswered', () => {
    const { into } = feed()
      .data(message('05 0001 ff00', 1), 0, packet(1))
      .data(message('05 0001 ff00', 1), 1, packet(2))
      .data(message('06 0001 0003', 2), 0, packet(3))
      .data(message('86 02', 2), 1, packet(4))
      .data(message('10 0001 0001 02 0001', 3), 0, packet(5))
      .close(packet(6));
    expect(into.of('control_write')).toMatchObject([
      { operation: 'write_single_coil', outcome: 'accepted', effect: 'value', station: '10' },
      { operation: 'write_single_register', outcome: 'refused', client: 1, server: 2 },
      { operation: 'write_multiple_registers', outcome: 'unknown', count: 1 },
    ]);
    const [accepted] = into.of('control_write');
    expect(accepted?.packets.map(({ packet: number }) => number)).toEqual([1, 2]);
  });

  it('of one kind are counted together', () => {
    const session = feed();
    for (let i = 0; i < 20; i++) {
      session.data(message('05 0001 ff00', i), 0).data(message('05 0001 ff00', i), 1);
    }
    expect(session.close().into.of('control_write')).toMatchObject([{ count: 20 }]);
  });

  it('are what stops or silences a controller, too', () => {
    const { into } = feed()
      .data(message('08 0004 0000', 1), 0)
      .data(message('5a 01 41 ff', 2), 0)
      .data(message('5a 01 fe', 2), 1)
      .close();
    expect(into.of('control_write')).toMatchObject([
      { operation: 'umas_stop_plc', effect: 'mode', outcome: 'accepted' },
      { operation: 'force_listen_only_mode', effect: 'mode', outcome: 'unknown' },
    ]);
  });

  it('an acknowledged one is accepted: the server only needs time', () => {
    const { into } = feed().data(message('06 0001 0003'), 0).data(message('86 05'), 1).close();
    expect(into.of('control_write')).toMatchObject([{ outcome: 'accepted' }]);
  });

  it('reads are none', () => {
    const { into } = feed().data(message('03 0001 0001'), 0).data(message('03 02 0001'), 1).close();
    expect(into.of('control_write')).toHaveLength(0);
    expect(into.of('polling')).toMatchObject([
      { client: 1, server: 2, station: '10', reads: 1, writes: 0, answers: 1 },
    ]);
  });
});

it('the side with the server’s port is the outstation, even where it opened', () => {
  const { into } = feed({ clientPort: 502, serverPort: 4_446 })
    .data(message('05 0001 ff00'), 1)
    .data(message('05 0001 ff00'), 0)
    .close();
  expect(into.of('control_write')).toMatchObject([{ client: 2, server: 1, outcome: 'accepted' }]);
});

it('notes what a device says of itself', () => {
  const { into } = feed()
    .data(message('2b 0e 01 00'), 0)
    .data(message('2b 0e 01 01 00 00 03 00 04 41 63 6d 65 01 03 50 2d 31 02 04 56 31 2e 31'), 1)
    .data(message('11'), 0)
    .data(message('11 06 00ff 41636d65'), 1)
    .close();
  expect(into.of('identification')).toMatchObject([
    { protocol: 'modbus', maker: 'Acme', model: 'P-1', version: 'V1.1', server: 2 },
    { maker: undefined, more: { 'modbus server id': 'Acme' } },
  ]);
});
