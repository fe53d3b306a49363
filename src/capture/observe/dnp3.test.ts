import { describe, expect, it } from 'vitest';
import { dnp3Decoder } from '../decode/dnp3.ts';
import { Feed } from '../decode/testing.ts';
import { dnp3Observer } from './dnp3.ts';

/** As sent by a Triangle MicroWorks test harness (Zeek's traces, dnp3_select_operate). */
const flow = { carrier: 'tcp', serverPort: 20_000 } as const;
const MASTER = 0xc4;
const OUTSTATION = 0x44;

function withCrc(block: Buffer): Buffer {
  let crc = 0;
  for (const byte of block) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >> 1) ^ 0xa6bc : crc >> 1;
  }
  return Buffer.concat([block, Buffer.from([~crc & 255, (~crc >> 8) & 255])]);
}
function frame(user: string, control: number): Buffer {
  const data = Buffer.from(`c0${user}`.replaceAll(' ', ''), 'hex');
  const ends = control === MASTER ? [2, 0, 3, 0] : [3, 0, 2, 0];
  const blocks = [withCrc(Buffer.from([5, 0x64, data.length + 5, control, ...ends]))];
  for (let at = 0; at < data.length; at += 16) blocks.push(withCrc(data.subarray(at, at + 16)));
  return Buffer.concat(blocks);
}
const exchange = (...messages: [number, string][]) => {
  const feed = new Feed(dnp3Decoder, flow, dnp3Observer);
  for (const [control, user] of messages)
    feed.data(frame(user, control), control === MASTER ? 0 : 1);
  return feed.close().into;
};

const CROB = '0c 01 28 01 00 09 00 41 01 64 00 00 00 00 00 00 00';

describe('control writes', () => {
  it.each([
    ['00', 'accepted', 'the status that comes back is 0'],
    ['04', 'refused', 'the outstation says that it cannot'],
  ])('with status %s are %s: %s', (status, outcome) => {
    const into = exchange(
      [MASTER, `c1 05 ${CROB} 00`],
      [OUTSTATION, `c1 81 0000 ${CROB} ${status}`],
    );
    expect(into.of('control_write')).toMatchObject([
      { operation: 'direct_operate', effect: 'value', station: '2', outcome, client: 1, server: 2 },
    ]);
  });

  it('are refused by indications, and unknown without an answer to that very request', () => {
    const into = exchange(
      [MASTER, 'c1 0d'],
      [OUTSTATION, 'c1 81 0001'],
      [MASTER, `c2 05 ${CROB} 00`],
      [OUTSTATION, 'c5 81 0000'],
    );
    expect(into.of('control_write')).toMatchObject([
      { operation: 'cold_restart', effect: 'mode', outcome: 'refused' },
      { operation: 'direct_operate', outcome: 'unknown' },
    ]);
  });

  it('setting the time and clearing the restart indication are none', () => {
    const into = exchange(
      [MASTER, 'c1 02 32 01 07 01 43 16 9c 57 34 01'],
      [OUTSTATION, 'c1 81 0000'],
      [MASTER, 'c2 02 50 01 00 07 07 00'],
      [MASTER, 'c3 01 3c 02 06'],
      [MASTER, 'c3 00'],
    );
    expect(into.of('control_write')).toHaveLength(0);
    expect(into.of('polling')).toMatchObject([{ reads: 3, writes: 0, answers: 1, station: '2' }]);
  });

  it('writing a dead band is one, and so is opening a file to write it', () => {
    const open = '46 03 5b 01 1d 00 1a00 0300 000000000000 0000 00000000 00000000';
    const into = exchange(
      [MASTER, 'c1 02 22 01 17 01 05 0a 00'],
      [OUTSTATION, 'c1 81 0000'],
      [MASTER, `c2 19 ${open} 0200 0004 0100 612e62`],
      [MASTER, `c3 19 ${open} 0100 0004 0100 612e62`],
    );
    expect(into.of('control_write')).toMatchObject([
      { operation: 'write', effect: 'value', outcome: 'accepted' },
      { operation: 'open_file', effect: 'program', outcome: 'unknown' },
    ]);
  });
});

it('who says so by its direction bit is master, whoever opened', () => {
  const feed = new Feed(dnp3Decoder, flow, dnp3Observer);
  feed.data(frame('f0 82 8000', OUTSTATION), 0).data(frame(`c1 05 ${CROB} 00`, MASTER), 1);
  const { into } = feed.close();
  expect(into.of('control_write')).toMatchObject([{ client: 2, server: 1 }]);
  expect(into.of('polling')).toMatchObject([{ client: 2, server: 1, answers: 1 }]);
});

it('notes device attributes', () => {
  const attribute = (variation: string, text: string) =>
    `00 ${variation} 00 00 00 01 ${text.length.toString(16).padStart(2, '0')} ${Buffer.from(text).toString('hex')}`;
  const into = exchange([
    OUTSTATION,
    `c1 81 0000 ${attribute('fc', 'Acme')} ${attribute('fa', 'RTU 9')} ${attribute('f2', '4.2')} ${attribute('f5', 'Pump house')}`,
  ]);
  expect(into.of('identification')).toMatchObject([
    {
      protocol: 'dnp3',
      maker: 'Acme',
      model: 'RTU 9',
      version: '4.2',
      more: { location: 'Pump house' },
    },
  ]);
});
