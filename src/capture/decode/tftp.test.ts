import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import type { Flow } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { tftpObserver } from '../observe/tftp.ts';
import { Feed, testFlow } from './testing.ts';
import { tftpDecoder } from './tftp.ts';

const text = (...parts: string[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(`${part}\0`, 'latin1')));
const request = (opcode: number, ...parts: string[]): Buffer =>
  Buffer.concat([Buffer.from([0, opcode]), text(...parts)]);
const numbered = (opcode: number, number: number, payload: Uint8Array = Buffer.alloc(0)): Buffer =>
  Buffer.concat([Buffer.from([0, opcode, number >> 8, number & 255]), payload]);
const data = (block: number, payload: Uint8Array): Buffer => numbered(3, block, payload);
const ack = (block: number): Buffer => numbered(4, block);

const asked: Partial<Flow> = { carrier: 'udp', clientPort: 2070, serverPort: 69 };
/** The server's flow to the client: it seems to have opened it. */
const answer: Partial<Flow> = {
  carrier: 'udp',
  client: 2,
  clientAddress: '10.0.0.2',
  clientPort: 50_123,
  server: 1,
  serverAddress: '10.0.0.1',
  serverPort: 2070,
};

/** A run with a request on the first flow and the answer on the second. */
function run(first: Buffer, into = new Observations()) {
  const shared = {};
  const control = new Feed(tftpDecoder, { ...asked, run: shared }, tftpObserver, into);
  control.data(first, 0);
  const recognised = (bytes: Buffer, fields: Partial<Flow> = {}) =>
    tftpDecoder.recognise(
      bytes,
      0,
      bytes.length,
      0,
      testFlow({ ...answer, run: shared, ...fields }),
    );
  const open = () => new Feed(tftpDecoder, { ...answer, run: shared }, tftpObserver, into);
  return { control, recognised, open, into };
}

describe('a request', () => {
  const recognise = (bytes: Buffer, serverPort: number) =>
    tftpDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ carrier: 'udp', serverPort }));

  it('is known on any port by its mode', () => {
    for (const mode of ['octet', 'NetASCII', 'mail']) {
      expect(recognise(request(1, 'a/b.bin', mode), 7_000)).toBe('yes');
      expect(recognise(request(2, 'a', mode, 'tsize', '0'), 7_000)).toBe('yes');
    }
    expect(recognise(request(1, 'a', 'binary'), 7_000)).toBe('no');
    expect(recognise(request(1, 'a', 'binary'), 69)).toBe('yes');
    expect(recognise(request(1, '', 'octet'), 7_000)).toBe('no');
    expect(recognise(request(1, 'a', 'octet').subarray(0, -1), 7_000)).toBe('no');
    expect(recognise(request(7, 'a', 'octet'), 7_000)).toBe('no');
  });

  it.each(Object.keys(OTHERS).filter((name) => name !== 'tftp'))('is not %s', (name) => {
    expect(recognise(OTHERS[name] as Buffer, 7_000)).toBe('no');
    expect(recognise(OTHERS[name] as Buffer, 69)).toBe('no');
  });

  it('tells file, mode and options (RFC 2347)', () => {
    const { control } = run(request(1, 'fw.bin', 'OCTET', 'TSIZE', '0', 'blksize', '1428'));
    expect(control.printed).toEqual([
      {
        protocol: 'tftp',
        event: 'read_request',
        operation: 'read',
        file: 'fw.bin',
        mode: 'octet',
        options: { tsize: '0', blksize: '1428' },
      },
    ]);
  });

  it('that lacks its mode or ends within an option is malformed', () => {
    const { control } = run(Buffer.concat([Buffer.from([0, 1]), Buffer.from('name')]));
    expect(control.printed).toMatchObject([{ event: 'malformed', reason: 'request without mode' }]);
    const cut = run(Buffer.concat([request(1, 'a', 'octet'), Buffer.from('blks')])).control;
    expect(cut.printed).toMatchObject([
      { event: 'malformed', reason: 'option cut off', readable: true },
      { event: 'read_request' },
    ]);
  });
});

describe('a transfer', () => {
  it('runs on a flow of its own, which only the request makes known', () => {
    const { recognised, open } = run(request(1, 'fw.bin', 'octet'));
    const first = data(1, Buffer.from('hsqs'));
    expect(recognised(first)).toBe('yes');
    expect(recognised(first, { serverPort: 2071 })).toBe('no');
    expect(recognised(first, { serverAddress: '10.0.0.3' })).toBe('no');
    expect(recognised(first, { run: {} })).toBe('no');
    expect(recognised(data(2, Buffer.alloc(4)))).toBe('no');
    expect(recognised(OTHERS.dtls as Buffer)).toBe('no');
    open();
    expect(recognised(first)).toBe('no');
  });

  it('is one event, when its last block is acknowledged', () => {
    const { open } = run(request(1, 'fw.bin', 'octet'));
    const flow = open();
    const block = Buffer.concat([Buffer.from('hsqs'), Buffer.alloc(508)]);
    flow.data(data(1, block), 0).data(ack(1), 1).data(data(1, block), 0).data(ack(1), 1);
    flow.data(data(2, Buffer.alloc(10)), 0);
    expect(flow.events).toEqual([]);
    flow.data(ack(2), 1);
    expect(flow.printed).toEqual([
      {
        protocol: 'tftp',
        event: 'transfer',
        operation: 'read',
        file: 'fw.bin',
        mode: 'octet',
        length: 522,
        blocks: 2,
        repeats: 1,
        block_size: 512,
        complete: true,
        magic: 'squashfs',
      },
    ]);
    expect(flow.close().events.length).toBe(1);
  });

  it('has the block size of the OACK (RFC 2348), or of what it sends', () => {
    const { open } = run(request(1, 'a', 'octet', 'blksize', '1024'));
    const flow = open().data(Buffer.concat([Buffer.from([0, 6]), text('blksize', '1024')]), 0);
    flow
      .data(ack(0), 1)
      .data(data(1, Buffer.alloc(1024)), 0)
      .data(ack(1), 1);
    flow.data(data(2, Buffer.alloc(512)), 0).data(ack(2), 1);
    expect(flow.printed).toMatchObject([
      { event: 'oack', options: { blksize: '1024' } },
      { event: 'transfer', length: 1536, block_size: 1024, complete: true },
    ]);
    const unseen = run(request(1, 'a', 'octet')).open();
    unseen.data(data(1, Buffer.alloc(1024)), 0).data(data(2, Buffer.alloc(512)), 0);
    expect(unseen.data(ack(2), 1).printed).toMatchObject([{ length: 1536, complete: true }]);
  });

  it('is told at the end, as far as it was seen', () => {
    const flow = run(request(1, 'a', 'octet')).open();
    flow
      .data(data(1, Buffer.alloc(512)), 0)
      .data(ack(1), 1)
      .close();
    expect(flow.printed).toMatchObject([{ event: 'transfer', length: 512, complete: false }]);
  });

  it('may be longer than block numbers reach', () => {
    const flow = run(request(1, 'a', 'octet')).open();
    for (let block = 1; block <= 70_000; block++)
      flow.data(data(block & 0xffff, Buffer.alloc(512)), 0);
    flow.close();
    expect(flow.printed).toMatchObject([{ blocks: 70_000, length: 70_000 * 512, repeats: 0 }]);
  });

  it('may stay on the port of the request, and be followed by another', () => {
    const { control } = run(request(2, 'a', 'octet'));
    control
      .data(ack(0), 1)
      .data(data(1, Buffer.alloc(3)), 0)
      .data(ack(1), 1);
    control.data(request(1, 'b', 'octet'), 0).data(data(1, Buffer.alloc(5)), 1);
    control.data(ack(1), 0);
    expect(control.printed.map(({ event, file, length }) => [event, file, length])).toEqual([
      ['write_request', 'a', undefined],
      ['transfer', 'a', 3],
      ['read_request', 'b', undefined],
      ['transfer', 'b', 5],
    ]);
  });

  it('is forgotten when it never begins', () => {
    const shared = {};
    const ask = (clientPort: number) =>
      new Feed(tftpDecoder, { ...asked, clientPort, run: shared }).data(
        request(1, 'a', 'octet'),
        0,
      );
    ask(2070);
    for (let port = 10_000; port < 12_000; port++) ask(port);
    const first = data(1, Buffer.alloc(4));
    const late = testFlow({ ...answer, run: shared });
    expect(tftpDecoder.recognise(first, 0, first.length, 0, late)).toBe('no');
  });
});

describe('what is observed', () => {
  it('is the file, with the client of the request as client', () => {
    const { open, into } = run(request(1, 'fw.bin', 'octet'));
    open()
      .data(data(1, Buffer.from('hsqs')), 0)
      .data(ack(1), 1)
      .close();
    expect([...into.of('transfer')]).toMatchObject([
      { client: 1, server: 2, serverPort: 69, name: 'fw.bin', toClient: true, magic: 'squashfs' },
    ]);
    expect([...into.of('tftp')]).toMatchObject([{ client: 1, server: 2, outcome: 'answered' }]);
  });

  it('is a request that nobody answered, however often it was sent', () => {
    const { control, into } = run(request(1, '/update.sh', 'octet'));
    control.data(request(1, '/update.sh', 'octet'), 0).close();
    expect([...into.of('transfer')]).toEqual([]);
    expect([...into.of('tftp')]).toMatchObject([{ outcome: 'unanswered', count: 2 }]);
  });

  it('is a refusal', () => {
    const { open, into } = run(request(1, 'a', 'octet'));
    open().data(numbered(5, 1, text('File not found')), 0);
    expect([...into.of('tftp')]).toMatchObject([{ outcome: 'refused', error: 1 }]);
  });
});

describe('hostile input', () => {
  it('does no harm', () => {
    expectUnharmed({
      decoder: tftpDecoder,
      flow: { ...asked, run: {} },
      observer: tftpObserver,
      samples: [
        request(1, 'fw.bin', 'octet', 'blksize', '1428', 'tsize', '0'),
        data(1, Buffer.from('hsqs')),
        numbered(5, 2, text('no')),
        Buffer.concat([Buffer.from([0, 6]), text('blksize', '1024')]),
      ],
    });
  });
});
