import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { s7commObserver } from '../observe/s7comm.ts';
import { s7commDecoder, s7commPlusDecoder } from './s7comm.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { carrier: 'tcp', serverPort: 102 } as const;
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
/** A data unit in its packet. @param number - 80: the unit ends here. */
function unit(pdu: string | Buffer, number = 0x80): Buffer {
  const body = typeof pdu === 'string' ? hex(pdu) : pdu;
  const length = body.length + 7;
  return Buffer.concat([Buffer.from([3, 0, length >> 8, length & 255, 2, 0xf0, number]), body]);
}
const two = (value: number): string => value.toString(16).padStart(4, '0');
/** An S7 PDU from its parameters and data in hexadecimal; `error` is behind the header of answers. */
function pdu(rosctr: number, parameters: string, data = '', error = ''): Buffer {
  const lengths = [hex(parameters), hex(data)].map((part) => two(part.length)).join('');
  return unit(`32 0${rosctr} 0000 0001 ${lengths} ${error} ${parameters} ${data}`);
}
const read = (...packets: Buffer[]) => {
  const feed = new Feed(s7commDecoder, flow);
  for (const packet of packets) feed.data(packet, 0);
  return feed.printed;
};
const recognise = (bytes: Uint8Array, decoder = s7commDecoder, serverPort = 102) =>
  decoder.recognise(bytes, 0, bytes.length, 0, testFlow({ carrier: 'tcp', serverPort }));

// nDPI's capture s7comm.pcap and Zeek's modbusBig.pcap.
const CONNECT = hex('0300001611e00000000700c1020100c2020102c0010a');
const SETUP = hex('0300001902f08032010000020000080000f0000001000101e0');
const PLUS = hex('0300001e02f0807202000f32000004f200007f6e34000000000072020000');
// The beginning of MMS on the same port: session and presentation layer of ISO.
const MMS = unit('01 00 01 00 61 30 02 01 03 a0 2b');
const RDP = hex(
  '0300002b26e00000000000 436f6f6b69653a206d737473686173683d61646d696e0d0a 0100080001000000',
);

describe('recognition', () => {
  it('waits behind the connection for what it carries', () => {
    expect(recognise(CONNECT)).toBe('more');
    expect(recognise(Buffer.concat([CONNECT, SETUP]))).toBe('yes');
    expect(recognise(Buffer.concat([CONNECT, SETUP]), s7commPlusDecoder)).toBe('no');
    expect(recognise(Buffer.concat([CONNECT, PLUS]), s7commPlusDecoder)).toBe('yes');
    expect(recognise(Buffer.concat([CONNECT, PLUS]))).toBe('no');
  });

  it('takes both in the middle, on any port', () => {
    expect(recognise(SETUP, s7commDecoder, 9_999)).toBe('yes');
    expect(recognise(PLUS, s7commPlusDecoder, 9_999)).toBe('yes');
    expect(recognise(SETUP.subarray(0, 12))).toBe('more');
  });

  it.each([s7commDecoder, s7commPlusDecoder])('leaves others alone ($protocol)', (decoder) => {
    for (const other of Object.values(OTHERS)) expect(recognise(other, decoder)).toBe('no');
    expect(recognise(MMS, decoder)).toBe('no');
    expect(recognise(Buffer.concat([RDP, MMS]), decoder)).toBe('no');
  });

  it('claims no random bytes behind a TPKT header', () => {
    const bytes = fc.uint8Array({ minLength: 8, maxLength: 200 }).map((sample) => {
      sample.set([3, 0, 0, sample.length]);
      return sample;
    });
    fc.assert(
      fc.property(
        bytes,
        (sample) => recognise(sample) !== 'yes' && recognise(sample, s7commPlusDecoder) !== 'yes',
      ),
      { numRuns: 20_000 },
    );
  });
});

describe('PDUs', () => {
  it('connection and setup', () => {
    expect(read(CONNECT, SETUP)).toEqual([
      {
        protocol: 's7comm',
        event: 'connect_request',
        src_ref: 7,
        dst_ref: 0,
        src_tsap: '0100',
        dst_tsap: '0102',
        tpdu_size: 1024,
      },
      {
        protocol: 's7comm',
        event: 'job',
        pdu_reference: 512,
        function_code: 240,
        function: 'setup_communication',
        max_amq_calling: 1,
        max_amq_called: 1,
        pdu_length: 480,
      },
    ]);
  });

  it.each([
    [
      '04 02 12 0a 10 02 0004 0001 84 000020 12 0a 10 01 0001 0000 83 000051',
      '',
      {
        function: 'read_var',
        item_count: 2,
        items: [
          { address: 'DB1.DBX 4.0 BYTE 4', syntax_id: 16 },
          { address: 'M 10.1 BIT 1', syntax_id: 16 },
        ],
      },
    ],
    ['05 01 12 08 b2 ff 00 00 00 00 00 00', 'ff 04 0008 01', { items: [{ syntax_id: 0xb2 }] }],
    ['1a 00 01 00 00 00 00 00 09 5f30413030303031 50', '', { block: '_0A00001P' }],
    [
      '29 00 00 00 00 00 09 505f50524f4752414d',
      '',
      { function: 'plc_stop', pi_service: 'P_PROGRAM' },
    ],
    [
      '28 00 00 00 00 00 00 fd 0002 4320 09 505f50524f4752414d',
      '',
      { function: 'plc_control', pi_service: 'P_PROGRAM', argument: 'C ' },
    ],
  ])('job %s', (parameters, data, fields) => {
    expect(read(pdu(1, parameters, data))).toMatchObject([{ event: 'job', ...fields }]);
  });

  it.each([
    ['05 02', 'ff 05', '0000', { function: 'write_var', return_codes: [255, 5] }],
    ['04 02', 'ff 04 0008 2a 00 0a 00 0000', '0000', { return_codes: [255, 10] }],
    ['', '', '8404', { error_class: 0x84, error_code: 4 }],
    ['f0 00 0001 0001 00f0', '', '0000', { function: 'setup_communication', pdu_length: 240 }],
  ])('answer %s %s with error %s', (parameters, data, error, fields) => {
    expect(read(pdu(3, parameters, data, error))).toMatchObject([{ event: 'ack_data', ...fields }]);
  });

  it('reads what a controller is', () => {
    const text = (value: string, size: number) =>
      Buffer.from(value.padEnd(size, '\0'), 'latin1').toString('hex');
    const components =
      `0007 ${text('CPU 315-2 PN/DP', 32)} 0001 ${text('LINE 4', 32)} ` +
      `0005 ${text('S C-C2UR28922012', 32)} 0004 ${text('Original Siemens Equipment', 32)}`;
    const modules =
      `0001 ${text('6ES7 315-2EH14-0AB0 ', 20)} 00c0 0005 0001 ` +
      `0007 ${text(' '.repeat(20), 20)} 00c0 5603 0206`;
    const answer = (list: string) =>
      pdu(7, '00 01 12 08 12 84 01 01 00 00 0000', `ff 09 ${two(hex(list).length)} ${list}`);
    expect(read(answer(`001c 0000 0022 0004 ${components}`))).toMatchObject([
      {
        event: 'userdata',
        type: 'response',
        function_group: 'cpu_functions',
        szl_id: 0x1c,
        identification: {
          module_type: 'CPU 315-2 PN/DP',
          system_name: 'LINE 4',
          serial_number: 'S C-C2UR28922012',
          copyright: 'Original Siemens Equipment',
        },
      },
    ]);
    expect(read(answer(`0011 0000 001c 0002 ${modules}`))).toMatchObject([
      { identification: { order_number: '6ES7 315-2EH14-0AB0', firmware_version: 'V3.2.6' } },
    ]);
  });

  it('hides the password of a protection level', () => {
    // 'secret  ', each character hidden as the controllers do.
    const hidden: number[] = [];
    for (const [i, character] of [...'secret  '].entries())
      hidden.push(character.charCodeAt(0) ^ 0x55 ^ (i < 2 ? 0 : hidden[i - 2]!));
    const feed = new Feed(s7commDecoder, flow);
    feed.data(
      pdu(7, '00 01 12 04 11 45 01 00', `ff 09 0008 ${Buffer.from(hidden).toString('hex')}`),
      0,
    );
    const [event] = feed.events as unknown as [{ password: { hash: string } }];
    expect(event.password.hash).toBe(feed.secrets.seal('secret').hash);
    expect(JSON.stringify(feed.printed)).not.toContain('secret');
  });

  it('are put together from several data units', () => {
    const whole = SETUP.subarray(7);
    expect(
      read(unit(whole.subarray(0, 9), 0), unit(Buffer.alloc(0), 0), unit(whole.subarray(9))),
    ).toMatchObject([{ function: 'setup_communication' }]);
  });

  it('are found however segments cut them', () => {
    const all = Buffer.concat([CONNECT, SETUP, SETUP]);
    for (let cut = 1; cut < all.length; cut++)
      expect(read(all.subarray(0, cut), all.subarray(cut))).toHaveLength(3);
  });

  it.each([
    [hex('0400000702f080'), 'TPKT header'],
    [hex('030000070233 80'), 'transport unit'],
    [unit('32 01 0000 0001 0008 0000 f0'), 'PDU header'],
    [unit('99 01 02 03'), 'PDU header'],
  ])('%j: %s', (bytes, reason) => {
    expect(read(Buffer.concat([bytes]))[0]).toMatchObject({ event: 'malformed', reason });
  });

  it('go on behind what is none', () => {
    expect(read(hex('0400000702f080'), SETUP)).toMatchObject([
      { event: 'malformed' },
      { function: 'setup_communication' },
    ]);
  });
});

describe('S7comm-plus', () => {
  const plus = (...packets: Buffer[]) => {
    const feed = new Feed(s7commPlusDecoder, flow);
    for (const packet of packets) feed.data(packet, 1);
    return feed.printed;
  };

  it('names functions', () => {
    expect(plus(PLUS)).toEqual([
      {
        protocol: 's7comm_plus',
        event: 'response',
        version: 2,
        function_code: 1266,
        function: 'set_variable',
        sequence: 32_622,
      },
    ]);
  });

  it('steps over the integrity check of version 3, and knows keep-alives', () => {
    const request = '31 0000 054c 0000 0007 00000000';
    expect(plus(unit(`72 03 002e 20 ${'aa'.repeat(32)} ${request} 00`))).toMatchObject([
      { event: 'request', version: 3, function: 'get_multi_variables', sequence: 7 },
    ]);
    expect(plus(unit('72 ff 0000'))).toMatchObject([{ event: 'keep_alive' }]);
  });

  it('finds what a controller says of itself when a session is made', () => {
    const said = Buffer.from('\u0001\u0002 1;6ES7 214-1AG40-0XB0 ;V4.2\u0000').toString('hex');
    const body = `32 0000 04ca 0000 0001 00000000 ${said}`;
    expect(plus(unit(`72 01 ${two(hex(body).length)} ${body}`))).toMatchObject([
      { function: 'create_object', order_number: '6ES7 214-1AG40-0XB0', firmware_version: 'V4.2' },
    ]);
  });

  it('ends where TLS begins', () => {
    expect(plus(PLUS, unit('16 03 01 00 02 01 00'), PLUS)).toMatchObject([
      { event: 'response' },
      { event: 'encrypted' },
    ]);
  });
});

it.each([s7commDecoder, s7commPlusDecoder])('survives anything ($protocol)', (decoder) => {
  const samples = [
    CONNECT,
    SETUP,
    PLUS,
    pdu(7, '00 01 12 04 11 45 01 00', `ff 09 0008 ${'11'.repeat(8)}`),
  ];
  expectUnharmed({ decoder, flow, observer: s7commObserver, samples });
});
