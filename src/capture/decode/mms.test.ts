import { describe, expect, it } from 'vitest';
import type { Direction } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { mmsObserver } from '../observe/mms.ts';
import { mmsDecoder } from './mms.ts';
import { s7commDecoder, s7commPlusDecoder } from './s7comm.ts';
import { claimsOfNoise, endure, Feed, testFlow } from './testing.ts';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const tpkt = (unit: Buffer): Buffer =>
  Buffer.concat([hex('0300'), Buffer.of((unit.length + 4) >> 8, (unit.length + 4) & 255), unit]);
const ber = (tag: string, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  const long = content.length > 127 ? Buffer.of(0x81, content.length) : Buffer.of(content.length);
  return Buffer.concat([hex(tag), long, content]);
};
const text = (tag: string, value: string): Buffer => ber(tag, Buffer.from(value));
/** A unit in context 3 behind the session's and the transport's headers. */
const mms = (...unit: Buffer[]): Buffer => {
  const data = ber('61', ber('30', hex('020103'), ber('a0', ...unit)));
  return tpkt(Buffer.concat([hex('02f080 01000100'), data]));
};
const id = (number: number): Buffer => Buffer.of(2, 1, number);

// Of a substation, from nDPI's regression captures.
const CONNECTED = hex('0300001611e00000077800c1020001c2020001c0010a');
const INITIATE = hex(
  '030000a702f0800d9e0506130100160102140200023302000134020001c188318185a003800101a27e8104000000018204' +
    '00000001a423300f0201010604520100013004060251013010020103060528ca2202013004060251018802060061473045' +
    '020101a040603e80020780a107060528ca220203be2f282d020103a028a826800300fa0081010a82010a830105a4168001' +
    '01810305e100820c03a00000000000000000e110',
);
const named = (item: string): Buffer =>
  ber('a0', ber('30', ber('a0', ber('a1', text('1a', 'AA1LD0'), text('1a', item)))));
const write = (number: number, item: string): Buffer =>
  mms(ber('a0', id(number), ber('a5', named(item), ber('a0', hex('830101')))));
const written = (number: number, result: string): Buffer =>
  mms(ber('a1', id(number), ber('a5', hex(result))));

const feed = (into?: Observations): Feed =>
  into
    ? new Feed(mmsDecoder, { serverPort: 102 }, mmsObserver, into)
    : new Feed(mmsDecoder, { serverPort: 102 });

describe('MMS', () => {
  it('is told from S7 by what its connection is for, and by its data in midstream', () => {
    const stream = Buffer.concat([CONNECTED, INITIATE]);
    const of = (bytes: Buffer, decoder = mmsDecoder) =>
      decoder.recognise(bytes, 0, bytes.length, 0, testFlow({ serverPort: 102 }));
    expect(of(CONNECTED)).toBe('more');
    expect([of(stream), of(write(1, 'LLN0$CO$Pos'))]).toEqual(['yes', 'yes']);
    expect([of(stream, s7commDecoder), of(stream, s7commPlusDecoder)]).toEqual(['no', 'no']);
    expect(claimsOfNoise(mmsDecoder, { serverPort: 102 })).toBe(0);
  });

  it('names services, what they are about, and how clients authenticate', () => {
    const password = Buffer.from(INITIATE);
    // The protocol version's place is taken by a password.
    const at = password.indexOf(hex('80020780'));
    hex('ac028000').copy(password, at);
    const events = feed()
      .data(CONNECTED, 0)
      .data(INITIATE, 0)
      .data(password, 0)
      .data(mms(ber('a0', id(1), ber('bf48', text('80', 'COMTRADE/1')))), 0)
      .data(mms(ber('a3', ber('a0', named('LLN0$RP$rcb')))), 1)
      .data(mms(ber('a2', hex('800101'), hex('a200'))), 1)
      .data(mms(hex('8b00')), 0).printed;
    expect(events).toMatchObject([
      { event: 'initiate_request', authentication: 'none' },
      { event: 'initiate_request', authentication: 'password' },
      { event: 'confirmed_request', invoke_id: 1, service: 'file_open' },
      { event: 'unconfirmed', domain: 'AA1LD0', item: 'LLN0$RP$rcb' },
      { event: 'confirmed_error', invoke_id: 1 },
      { event: 'conclude_request' },
    ]);
  });

  it('folds writes by their outcome; whoever asks for reports controls nothing', () => {
    const into = new Observations();
    feed(into)
      .data(write(1, 'CSWI1$CO$Pos$Oper'), 0)
      .data(written(1, '8100'), 1)
      .data(write(2, 'CSWI2$CO$Pos$Oper'), 0)
      .data(written(2, '800103'), 1)
      .data(write(3, 'LLN0$BR$rcb_B02$RptEna'), 0)
      .data(written(3, '8100'), 1)
      .data(mms(ber('a0', id(4), ber('bf4c', text('19', 'x')))), 0)
      .data(mms(ber('a2', hex('800104'), hex('a200'))), 1)
      .close();
    expect([...into.of('control_write')]).toMatchObject([
      { protocol: 'mms', operation: 'write', effect: 'value', outcome: 'accepted' },
      { protocol: 'mms', operation: 'write', effect: 'value', outcome: 'refused' },
      { protocol: 'mms', operation: 'file_delete', effect: 'program', outcome: 'refused' },
    ]);
  });

  it('reads what a device says of itself', () => {
    const into = new Observations();
    const told = ber('a2', text('80', 'ABB'), text('81', 'REL670'), text('82', '2.2'));
    feed(into)
      .data(mms(ber('a0', id(1), hex('8200'))), 0)
      .data(mms(ber('a1', id(1), told)), 1);
    expect([...into.of('identification')]).toMatchObject([
      { protocol: 'mms', maker: 'ABB', model: 'REL670', version: '2.2' },
    ]);
  });

  it('endures changed and cut streams', () => {
    const conversation: [Uint8Array, Direction][] = [
      [CONNECTED, 0],
      [INITIATE, 0],
      [write(1, 'CSWI1$CO$Pos$Oper'), 0],
      [written(1, '8100'), 1],
    ];
    expect(endure(mmsDecoder, conversation, { serverPort: 102 }, mmsObserver)).toBeGreaterThan(0);
  });
});
