import { describe, expect, it } from 'vitest';
import { enipDecoder } from '../decode/enip.ts';
import { Feed } from '../decode/testing.ts';
import { enipObserver } from './enip.ts';

const flow = { carrier: 'tcp', serverPort: 44_818 } as const;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** CIP without a connection. @param context - of the sender, by which answers are told. */
function unconnected(cip: string, context = 1): Buffer {
  const body = hex(cip);
  const length = Buffer.from([body.length & 255, body.length >> 8]);
  const items = Buffer.concat([hex('00000000 0000 0200 0000 0000 b200'), length, body]);
  const header = Buffer.alloc(24);
  header.writeUInt16LE(0x6f, 0);
  header.writeUInt16LE(items.length, 2);
  header.writeUInt32LE(7, 4);
  header.writeUInt32LE(context, 12);
  return Buffer.concat([header, items]);
}
const exchange = (...messages: [0 | 1, Buffer][]) => {
  const feed = new Feed(enipDecoder, flow, enipObserver);
  for (const [direction, bytes] of messages) feed.data(bytes, direction);
  return feed.close().into;
};
const written = (request: string, response = '90 00 00 00') =>
  exchange([0, unconnected(request)], [1, unconnected(response)]).of('control_write');

describe('control writes', () => {
  it.each([
    ['10 03 20f5 2401 3005 00', '90 00 00 00', 'set_attributes_single', 'value', 'accepted'],
    ['10 03 20f5 2401 3005 00', '90 00 0f 00', 'set_attributes_single', 'value', 'refused'],
    ['05 02 2001 2401 00', '85 00 00 00', 'reset', 'mode', 'accepted'],
    ['07 02 208e 2401', '87 00 10 00', 'stop', 'mode', 'refused'],
    ['4d 04 91 06 537065656431 c3 00', 'cd 00 00 00', 'write_data', 'value', 'accepted'],
    ['08 02 2068 2400', '88 00 00 00', 'create', 'program', 'accepted'],
    ['04 02 206c 2401 00', '84 00 00 00', 'set_attribute_list', 'program', 'accepted'],
    ['4c 02 2037 2401 00', 'cc 00 00 00', 'initiate_download', 'program', 'accepted'],
    [
      '4b 02 2067 2401 07 0100 01000000 0f 00 0100 80 06',
      'cb 00 00 00',
      'pccc_change_mode',
      'mode',
      'accepted',
    ],
  ])('%s, answered %s: %s', (request, response, operation, effect, outcome) => {
    expect(written(request, response)).toMatchObject([
      { protocol: 'cip', operation, effect, outcome, client: 1, server: 2 },
    ]);
  });

  it.each([
    ['reading', '0e 03 2001 2401 3001'],
    ['reading a tag', '4c 04 91 06 537065656431 0100'],
    ['opening and closing connections', '4e 02 2006 2401 00'],
    ['setting the clock', '04 02 208b 2401 00'],
    ['a service of another class', '4d 02 20a1 2401 00'],
  ])('%s is none', (_what, request) => {
    expect(written(request)).toHaveLength(0);
  });

  it('inside packets and what is sent on count one by one', () => {
    const into = exchange(
      [0, unconnected('0a 02 2002 2401 0200 0600 0c00 0e 02 2001 2401 07 02 208e 2401')],
      [1, unconnected('8a 00 1e 00 0200 0600 0a00 8e 00 00 00 87 00 0f 00')],
      [0, unconnected('52 02 2006 2401 07 e8 0700 05 02 2001 2401 00 00 01 00 0100', 2)],
      [1, unconnected('85 00 00 00', 2)],
    );
    expect(into.of('control_write')).toMatchObject([
      { operation: 'stop', outcome: 'refused' },
      { operation: 'reset', outcome: 'accepted' },
    ]);
    expect(into.of('polling')).toMatchObject([
      { protocol: 'cip', reads: 1, writes: 2, answers: 3 },
    ]);
  });
});

it('what the encapsulation refuses is refused', () => {
  const refusal = hex('6f000000 07000000 64000000 0100000000000000 00000000');
  const into = exchange([0, unconnected('05 02 2001 2401 00')], [1, refusal]);
  expect(into.of('control_write')).toMatchObject([{ operation: 'reset', outcome: 'refused' }]);
});

it('who is asked is known though the asking was not seen', () => {
  const into = exchange(
    [0, unconnected('8e 00 00 00 0100')],
    [1, unconnected('05 02 2001 2401 00')],
  );
  expect(into.of('control_write')).toMatchObject([{ client: 2, server: 1, outcome: 'unknown' }]);
});

it('notes what a device says of itself', () => {
  const identity = hex(
    '63003300 00000000 00000000 c1debed100000000 00000000 0100 0c00 2d00 0100 0002af120a0101a4 0000000000000000 ' +
      '0100 0c00 3a00 0403 3000 8e4d5200 0b 313735362d454e42542f41 03',
  );
  expect(exchange([1, identity]).of('identification')).toMatchObject([
    {
      protocol: 'enip',
      maker: 'Rockwell Automation/Allen-Bradley',
      model: '1756-ENBT/A',
      version: '4.3',
      serial: '00524d8e',
      more: { device_type: 'Communications Adapter' },
      server: 2,
    },
  ]);
});
