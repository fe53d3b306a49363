import { describe, expect, it } from 'vitest';
import { s7commDecoder } from '../decode/s7comm.ts';
import { Feed } from '../decode/testing.ts';
import { s7commObserver } from './s7comm.ts';

const flow = { carrier: 'tcp', serverPort: 102 } as const;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const two = (value: number): string => value.toString(16).padStart(4, '0');

function pdu(rosctr: number, reference: number, parameters: string, data = '', error = ''): Buffer {
  const lengths = [hex(parameters), hex(data)].map((part) => two(part.length)).join('');
  const body = hex(
    `32 0${rosctr} 0000 ${two(reference)} ${lengths} ${error} ${parameters} ${data}`,
  );
  return Buffer.concat([hex(`0300 ${two(body.length + 7)} 02f080`), body]);
}
const exchange = (...packets: [0 | 1, Buffer][]) => {
  const feed = new Feed(s7commDecoder, flow, s7commObserver);
  for (const [direction, packet] of packets) feed.data(packet, direction);
  return { into: feed.close().into, secrets: feed.secrets };
};

const WRITE = '05 01 12 0a 10 02 0001 0001 84 000000';
const STOP = '29 00 00 00 00 00 09 505f50524f4752414d';

describe('control writes', () => {
  it.each([
    ['ff', '0000', 'accepted'],
    ['05', '0000', 'refused'],
    ['', '8104', 'refused'],
  ])('with return code %s and error %s are %s: %s', (code, error, outcome) => {
    const { into } = exchange(
      [0, pdu(1, 7, WRITE, '00 04 0008 01')],
      [1, pdu(3, 7, '05 01', code, error)],
    );
    expect(into.of('control_write')).toMatchObject([
      { operation: 'write_var', effect: 'value', outcome, client: 1, server: 2 },
    ]);
  });

  it('are stopping and starting too, and what is done with blocks', () => {
    const { into } = exchange(
      [0, pdu(1, 1, STOP)],
      [1, pdu(3, 1, '29', '', '0000')],
      [0, pdu(1, 2, '28 00 00 00 00 00 00 fd 0000 09 505f50524f4752414d')],
      [0, pdu(1, 3, '28 00 00 00 00 00 00 fd 000a 0100 3041303030303150 05 5f494e5345')],
      [1, pdu(3, 3, '28', '', '0000')],
    );
    expect(into.of('control_write')).toMatchObject([
      { operation: 'plc_stop', effect: 'mode', outcome: 'accepted' },
      { operation: 'plc_control_inse', effect: 'program', outcome: 'accepted' },
      { operation: 'plc_start', effect: 'mode', outcome: 'unknown' },
    ]);
  });

  it('of a download it is the request: the controller asks for the blocks', () => {
    const block = '00 00 00 00 00 00 00 09 5f304130303030315 0'.replaceAll(' ', '');
    const { into } = exchange(
      [0, pdu(1, 1, `1a 00 01 00 00 00 00 00 09 5f3041303030303150`)],
      [1, pdu(3, 1, '1a', '', '0000')],
      [1, pdu(1, 1, `1b ${block}`)],
      [0, pdu(3, 1, '1b 00', '0004 00fb 70700101', '0000')],
    );
    expect(into.of('control_write')).toMatchObject([
      {
        operation: 'request_download',
        effect: 'program',
        outcome: 'accepted',
        client: 1,
        count: 1,
      },
    ]);
  });

  it('in the middle of a download the controller is known by asking for blocks', () => {
    const { into } = exchange(
      [0, pdu(1, 1, '1b 00 00 00 00 00 00 00 09 5f3041303030303150')],
      [1, pdu(1, 2, STOP)],
    );
    expect(into.of('control_write')).toMatchObject([{ client: 2, server: 1 }]);
  });
});

it('a password is a sign-in, refused or not as the answer says', () => {
  const hidden: number[] = [];
  for (const [i, character] of [...'admin   '].entries())
    hidden.push(character.charCodeAt(0) ^ 0x55 ^ (i < 2 ? 0 : hidden[i - 2]!));
  const { into, secrets } = exchange(
    [0, pdu(7, 5, '00 01 12 04 11 45 01 00', `ff 09 0008 ${Buffer.from(hidden).toString('hex')}`)],
    [1, pdu(7, 5, '00 01 12 08 12 85 01 00 00 00 d602', '0a 00 0000')],
  );
  expect(into.of('login')).toMatchObject([
    { protocol: 's7comm', method: 'password', outcome: 'refused', client: 1 },
  ]);
  expect(into.of('login')[0]!.secret?.hash).toBe(secrets.seal('admin').hash);
});

it('notes what the controller says of itself', () => {
  const text = (value: string) => Buffer.from(value.padEnd(32, '\0')).toString('hex');
  const list = `001c 0000 0022 0003 0007 ${text('CPU 315-2 PN/DP')} 0001 ${text('LINE 4')} 0004 ${text('Original Siemens Equipment')}`;
  const { into } = exchange(
    [0, pdu(7, 5, '00 01 12 04 11 44 01 00', 'ff 09 0004 001c 0000')],
    [1, pdu(7, 5, '00 01 12 08 12 84 01 01 00 00 0000', `ff 09 ${two(hex(list).length)} ${list}`)],
  );
  expect(into.of('identification')).toMatchObject([
    { protocol: 's7comm', maker: 'Siemens', model: 'CPU 315-2 PN/DP', name: 'LINE 4', server: 2 },
  ]);
});
