import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { modbusObserver } from '../observe/modbus.ts';
import { modbusDecoder } from './modbus.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { carrier: 'tcp', serverPort: 502 } as const;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

/** One message: transaction, unit, and a PDU in hexadecimal. */
function message(pdu: string, transaction = 1, unit = 10): Buffer {
  const body = hex(pdu);
  const header = Buffer.alloc(7);
  header.writeUInt16BE(transaction, 0);
  header.writeUInt16BE(body.length + 1, 4);
  header[6] = unit;
  return Buffer.concat([header, body]);
}
const asked = (pdu: string) => new Feed(modbusDecoder, flow).data(message(pdu), 0).printed;
/** The answer to a request, and what was said of it before. */
const answered = (request: string, response: string) =>
  new Feed(modbusDecoder, flow).data(message(request), 0).data(message(response), 1).printed;
const recognise = (bytes: Uint8Array, fields: Parameters<typeof testFlow>[0] = flow) =>
  modbusDecoder.recognise(bytes, 0, bytes.length, 0, testFlow(fields));

// The examples of the specification, 6.1 to 6.21.
const READ_COILS = '01 0013 0013';
const READ_DEVICE = '2b 0e 01 00';
const DEVICE =
  '2b 0e 01 01 00 00 03 00 16 43 6f 6d 70 61 6e 79 20 69 64 65 6e 74 69 66 69 63 61 74 69 6f 6e ' +
  '01 0d 50 72 6f 64 75 63 74 20 63 6f 64 65 20 02 05 56 32 2e 31 31';

describe('recognition', () => {
  it('takes what the header allows on its port, in streams and datagrams', () => {
    expect(recognise(message(READ_COILS))).toBe('yes');
    expect(recognise(message('64 01 02'))).toBe('yes');
    expect(recognise(message(READ_COILS), { carrier: 'udp', serverPort: 502 })).toBe('yes');
    expect(recognise(message(READ_COILS).subarray(0, 5))).toBe('more');
    expect(
      recognise(message(READ_COILS).subarray(0, 11), { carrier: 'udp', serverPort: 502 }),
    ).toBe('no');
  });

  it('takes well-formed messages of the specification elsewhere', () => {
    const elsewhere = { carrier: 'tcp', serverPort: 5_020 } as const;
    expect(recognise(message(READ_COILS), elsewhere)).toBe('yes');
    expect(recognise(Buffer.concat([message(READ_COILS), message(READ_DEVICE)]), elsewhere)).toBe(
      'yes',
    );
    expect(recognise(message(READ_COILS).subarray(0, 10), elsewhere)).toBe('more');
    expect(recognise(message('64 01 02'), elsewhere)).toBe('no');
    expect(recognise(message('01 0013 0013 00'), elsewhere)).toBe('no');
  });

  it.each(Object.keys(OTHERS))('leaves %s alone, on its port too', (protocol) => {
    expect(recognise(OTHERS[protocol]!)).toBe('no');
    expect(recognise(OTHERS[protocol]!, { carrier: 'udp', serverPort: 502 })).toBe('no');
  });

  it('claims no random bytes', () => {
    const bytes = fc.uint8Array({ minLength: 8, maxLength: 300 });
    for (const carrier of ['tcp', 'udp'] as const)
      fc.assert(
        fc.property(bytes, (sample) => recognise(sample, { carrier, serverPort: 9_999 }) !== 'yes'),
        { numRuns: 20_000 },
      );
  });
});

describe('messages, named as EVE names them', () => {
  it('a request and its response have one number', () => {
    expect(answered(READ_COILS, '01 03 cd6b05')).toEqual([
      {
        protocol: 'modbus',
        event: 'request',
        id: 1,
        transaction_id: 1,
        protocol_id: 0,
        unit_id: 10,
        function_raw: 1,
        function_code: 'RdCoils',
        function: 'read_coils',
        access_type: 'READ | COILS',
        category: 'PUBLIC_ASSIGNED',
        error_flags: 'NONE',
        read: { address: 19, quantity: 19 },
      },
      expect.objectContaining({
        event: 'response',
        id: 1,
        error_flags: 'NONE',
        read: { data: '\\xcdk\u0005' },
      }),
    ]);
  });

  it.each([
    ['05 00ac ff00', { write: { address: 172, data: 0xff00 } }],
    ['06 0001 0003', { write: { address: 1, data: 3 } }],
    ['0f 0013 000a 02 cd01', { write: { address: 19, quantity: 10, data: '\\xcd\u0001' } }],
    ['10 0001 0002 04 000a0102', { write: { address: 1, quantity: 2, data: '\0\n\u0001\u0002' } }],
    ['16 0004 00f2 0025', { write: { address: 4, and_mask: 0xf2, or_mask: 0x25 } }],
    [
      '17 0003 0006 000e 0001 02 00ff',
      { read: { address: 3, quantity: 6 }, write: { address: 14, quantity: 1, data: '\0\\xff' } },
    ],
    ['08 0000 a537', { diagnostic: { raw: 0, code: 'RetQueryData', data: '\\xa57' } }],
    ['08 0004 0000', { diagnostic: { raw: 4, code: 'ForceListenOnlyMode', data: '\0\0' } }],
    ['08 0005 0000', { category: 'RESERVED', diagnostic: { code: 'Reserved' } }],
    [READ_DEVICE, { function_code: 'MEI', mei: { raw: 14, code: 'RdDevId', data: '\u0001\0' } }],
    ['2b 63 00', { category: 'RESERVED', mei: { code: 'Unknown' } }],
    ['14 07 06 0004 0001 0002', { function: 'read_file_record' }],
    ['15 09 06 0004 0007 0001 06af', { function: 'write_file_record' }],
    ['18 04de', { function: 'read_fifo_queue' }],
    ['11', { function: 'report_server_id', data: '' }],
    ['41 01', { category: 'USER_DEFINED', function: 'unknown' }],
    ['5a 01 41 ff', { category: 'RESERVED', umas: { session: 1, name: 'stop_plc' } }],
  ])('request %s', (pdu, fields) => {
    expect(asked(pdu)).toMatchObject([{ event: 'request', error_flags: 'NONE', ...fields }]);
  });

  it.each([
    ['03 006b 0002', '03 04 022b0000', { read: { data: '\u0002+\0\0' } }],
    ['07', '07 6d', { data: 'm' }],
    ['0b', '0b ffff0108', { function: 'get_comm_event_counter' }],
    ['0c', '0c 08 0000 0108 0121 2000', { function: 'get_comm_event_log' }],
    ['0f 0013 000a 02 cd01', '0f 0013 000a', { write: { address: 19, data: 10 } }],
    ['18 04de', '18 0006 0002 01b8 1284', { function: 'read_fifo_queue' }],
    ['01 04a1 0001', '81 02', { exception: { raw: 2, code: 'IllegalDataAddr' } }],
    ['11', '11 0c 00ff 576964676574 2d31 3030', { server_id: 'Widget-100' }],
  ])('response to %s: %s', (request, response, fields) => {
    const events = answered(request, response);
    expect(events).toHaveLength(2);
    expect(events[1]).toMatchObject({ event: 'response', id: 1, error_flags: 'NONE', ...fields });
  });

  it('reads what a device says it is', () => {
    expect(answered(READ_DEVICE, DEVICE)[1]).toMatchObject({
      device_identification: {
        vendor_name: 'Company identification',
        product_code: 'Product code ',
        major_minor_revision: 'V2.11',
        conformity_level: 1,
        more_follows: false,
      },
    });
  });

  it('finds messages that are cut or joined by segments', () => {
    const all = Buffer.concat([message(READ_COILS, 1), message(READ_COILS, 2), message(DEVICE, 3)]);
    for (let cut = 1; cut < all.length; cut++) {
      const feed = new Feed(modbusDecoder, flow);
      feed.data(all.subarray(0, cut), 0).data(all.subarray(cut), 0);
      expect(feed.printed.map((event) => event.transaction_id ?? event.event)).toHaveLength(4);
    }
  });

  it('tells who asks by what is asked, where no port or opening does', () => {
    const unknown = { carrier: 'tcp', serverPort: 9_999, openingSeen: false } as const;
    const feed = new Feed(modbusDecoder, unknown);
    feed.data(message('10 0001 0002 04 000a0102'), 1).data(message('10 0001 0002'), 0);
    expect(feed.printed).toMatchObject([{ event: 'request' }, { event: 'response', id: 1 }]);
  });
});

describe('what breaks the specification', () => {
  it.each([
    ['01 0013 0000', 'DATA_VALUE'],
    ['03 0013 007e', 'DATA_VALUE'],
    ['05 0013 0001', 'DATA_VALUE'],
    ['10 0001 0002 02 000a', 'DATA_VALUE'],
    ['01 0013 0013 00', 'DATA_LENGTH'],
    ['10 0001 0002 04 000a', 'DATA_LENGTH'],
    ['2b 0e 03 01 00', 'DATA_LENGTH'],
    ['81 02', 'FUNC_CODE'],
  ])('request %s: %s', (pdu, error_flags) => {
    expect(asked(pdu)).toMatchObject([
      { event: 'malformed', readable: true },
      { event: 'request', error_flags },
    ]);
  });

  it.each([
    ['03 006b 0003', '03 04 022b0000', 'DATA_VALUE'],
    ['03 006b 0002', '03 05 022b0000', 'DATA_LENGTH'],
    ['01 0013 0013', '81 02 00', 'DATA_LENGTH'],
    ['01 0013 0013', '81 63', 'EXC_CODE'],
    [READ_DEVICE, '2b 0e 01 01 00 00 03 00 16 43', 'DATA_LENGTH'],
  ])('response to %s: %s is %s', (request, response, error_flags) => {
    expect(answered(request, response).slice(1)).toMatchObject([
      { event: 'malformed', readable: true },
      { event: 'response', error_flags },
    ]);
  });

  it('a foreign header loses the direction until messages begin again', () => {
    const feed = new Feed(modbusDecoder, flow);
    feed.data(Buffer.from('GET / HTTP/1.1\r\n'), 0).data(message(READ_COILS), 0);
    expect(feed.printed).toMatchObject([
      { event: 'malformed', reason: 'protocol identifier is not 0' },
      { event: 'request' },
    ]);
  });

  it('survives anything', () => {
    const samples = [
      message(READ_COILS),
      message(DEVICE),
      message('17 0003 0006 000e 0001 02 00ff'),
    ];
    expectUnharmed({ decoder: modbusDecoder, flow, observer: modbusObserver, samples });
    expectUnharmed({
      decoder: modbusDecoder,
      flow: { carrier: 'udp', serverPort: 502 },
      observer: modbusObserver,
      samples,
    });
  });
});
