import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { ntpObserver } from '../observe/ntp.ts';
import { ntpDecoder } from './ntp.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { carrier: 'udp', serverPort: 123 } as const;
const UNIX_EPOCH = 2_208_988_800;

interface Fields {
  readonly version?: number;
  readonly mode: number;
  readonly stratum?: number;
  readonly reference?: number[];
  /** Seconds since 1970. */
  readonly transmit?: number;
}
function ntp({
  version = 4,
  mode,
  stratum = 0,
  reference = [0, 0, 0, 0],
  transmit,
}: Fields): Buffer {
  const bytes = Buffer.alloc(48);
  bytes.set([(version << 3) | mode, stratum, 6, 0xec]);
  bytes.writeUInt32BE(0x8000, 4);
  bytes.set(reference, 12);
  if (transmit !== undefined) bytes.writeUInt32BE((transmit + UNIX_EPOCH) >>> 0, 40);
  return bytes;
}
const read = (bytes: Buffer) => new Feed(ntpDecoder, flow).data(bytes, 0).printed;
const recognise = (bytes: Uint8Array, serverPort: number) =>
  ntpDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ carrier: 'udp', serverPort }));

const client = ntp({ mode: 3, transmit: 1_700_000_000 });
const server = ntp({
  mode: 4,
  stratum: 1,
  reference: [0x47, 0x50, 0x53, 0],
  transmit: 1_700_000_000,
});
const control = Buffer.from([0x16, 0x82, 0, 1, 6, 0x15, 0, 0, 0, 0, 0, 4, 0x61, 0x62, 0x63, 0x64]);
const monlist = Buffer.from([0x17, 0, 3, 42, 0, 0, 0, 0]);

describe('recognition', () => {
  it('knows every version and mode on its port', () => {
    for (const version of [1, 2, 3, 4])
      for (const mode of [1, 2, 3, 4, 5])
        expect(recognise(ntp({ version, mode }), 123)).toBe('yes');
    expect(recognise(control, 123)).toBe('yes');
    expect(recognise(monlist, 123)).toBe('yes');
  });

  it('knows a sane client and server off its port, and no more', () => {
    expect(recognise(client, 9_999)).toBe('yes');
    expect(recognise(server, 9_999)).toBe('yes');
    expect(recognise(control, 9_999)).toBe('no');
    expect(recognise(monlist, 9_999)).toBe('no');
  });

  it.each(Object.keys(OTHERS))('leaves %s alone', (protocol) => {
    expect(recognise(OTHERS[protocol]!, 9_999)).toBe('no');
  });
});

describe('messages', () => {
  it('names a time message by its mode', () => {
    expect(read(server)).toEqual([
      {
        protocol: 'ntp',
        event: 'server',
        version: 4,
        mode: 4,
        leap: 0,
        stratum: 1,
        poll: 6,
        precision: -20,
        root_delay: 0.5,
        root_dispersion: 0,
        reference_id: '47:50:53:00',
        reference: 'GPS',
        transmit_time: 1_700_000_000,
        extra_bytes: 0,
      },
    ]);
    expect(read(client)).toMatchObject([{ event: 'client', reference_id: '00:00:00:00' }]);
  });

  it('takes a version 1 message without a mode for a client’s', () => {
    expect(read(ntp({ version: 1, mode: 0 }))).toMatchObject([{ event: 'client', version: 1 }]);
  });

  it('shows the address of a source, and a kiss code', () => {
    expect(read(ntp({ mode: 4, stratum: 2, reference: [192, 0, 2, 1] }))).toMatchObject([
      { reference: '192.0.2.1' },
    ]);
    expect(read(ntp({ mode: 4, stratum: 0, reference: [...Buffer.from('RATE')] }))).toMatchObject([
      { reference: 'RATE' },
    ]);
  });

  it('goes on counting after 2036', () => {
    const after = Date.UTC(2040, 0, 1) / 1000;
    expect(read(ntp({ mode: 4, transmit: after }))).toMatchObject([{ transmit_time: after }]);
  });

  it('tells management from time', () => {
    expect(read(control)).toMatchObject([
      { event: 'control', mode: 6, response: true, opcode: 2, data_bytes: 4 },
    ]);
    expect(read(monlist)).toMatchObject([
      { event: 'private', mode: 7, response: false, implementation: 3, request_code: 42 },
    ]);
  });

  it('reports what breaks the form', () => {
    expect(read(client.subarray(0, 40))).toMatchObject([
      { event: 'malformed', reason: 'truncated header' },
    ]);
    expect(read(ntp({ version: 7, mode: 3 }))).toMatchObject([{ reason: 'unknown version' }]);
    expect(read(ntp({ mode: 0 }))).toMatchObject([{ reason: 'reserved mode' }]);
    expect(read(control.subarray(0, 13))).toMatchObject([{ reason: 'truncated data' }]);
  });

  it('survives anything', () => {
    const samples = [client, server, control, monlist];
    expectUnharmed({ decoder: ntpDecoder, flow, observer: ntpObserver, samples });
  });
});
