import { describe, expect, it } from 'vitest';
import { iec104Decoder } from '../decode/iec104.ts';
import { Feed } from '../decode/testing.ts';
import { iec104Observer } from './iec104.ts';

const flow = { carrier: 'tcp', serverPort: 2_404 } as const;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const information = (asdu: string): Buffer => {
  const body = hex(asdu);
  return Buffer.concat([Buffer.from([0x68, body.length + 4, 0, 0, 0, 0]), body]);
};
/** From the master (0) or the outstation (1). */
const exchange = (...asdus: [0 | 1, string][]) => {
  const feed = new Feed(iec104Decoder, flow, iec104Observer);
  for (const [direction, asdu] of asdus) feed.data(information(asdu), direction);
  return feed.close().into;
};
const command = (cause: string) => `2d 01 ${cause} 00 0100 0a0000 01`;

describe('commands', () => {
  it.each([
    ['07', 'accepted'],
    ['47', 'refused'],
    ['2f', 'refused'],
    ['0a', 'unknown'],
  ])('answered with cause %s are %s', (cause, outcome) => {
    const into = exchange([0, command('06')], [1, command(cause)]);
    expect(into.of('control_write')).toMatchObject([
      {
        protocol: 'iec104',
        operation: 'single_command',
        station: '1',
        outcome,
        client: 1,
        server: 2,
      },
    ]);
  });

  it('are told apart by type, address and whether they only select', () => {
    const into = exchange(
      [0, '2d 01 06 00 0100 0a0000 81'],
      [1, '2d 01 07 00 0100 0a0000 81'],
      [0, command('06')],
      [0, '30 01 06 00 0200 0a0000 0040 00'],
      [1, '30 01 07 00 0200 0a0000 0040 00'],
      [0, '69 01 06 00 0100 000000 01'],
      [1, '69 01 07 00 0100 000000 01'],
    );
    expect(
      into
        .of('control_write')
        .map(({ operation, station, outcome, effect }) => [operation, station, outcome, effect]),
    ).toEqual([
      ['single_command_select', '1', 'accepted', 'value'],
      ['set_point_command', '2', 'accepted', 'value'],
      ['reset_process', '1', 'accepted', 'mode'],
      ['single_command', '1', 'unknown', 'value'],
    ]);
  });

  it('interrogation and clock synchronisation are none', () => {
    const into = exchange(
      [0, '64 01 06 00 0100 000000 14'],
      [1, '64 01 07 00 0100 000000 14'],
      [1, '01 01 14 00 0100 0a0000 01'],
      [0, '67 01 06 00 0100 000000 f0a1 2d 0f 84 06 18'],
    );
    expect(into.of('control_write')).toHaveLength(0);
    expect(into.of('polling')).toMatchObject([{ reads: 2, answers: 2, station: '1' }]);
  });
});

it('who starts the transfer, or is sent data, is master, whoever opened', () => {
  const started = new Feed(iec104Decoder, flow, iec104Observer);
  started.data(hex('68 04 07 00 00 00'), 1).data(information(command('06')), 1);
  expect(started.close().into.of('control_write')).toMatchObject([{ client: 2, server: 1 }]);
  const sent = exchange([0, '01 01 03 00 0100 0a0000 01']);
  expect(sent.of('polling')).toMatchObject([{ client: 2, server: 1, answers: 1 }]);
});
