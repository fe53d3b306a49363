import { describe, expect, it } from 'vitest';
import { coapDecoder } from '../decode/coap.ts';
import { Feed, packet, testFlow } from '../decode/testing.ts';
import { Observations } from '../observations.ts';
import { coapObserver } from './coap.ts';

const bytes = (hex: string, text = '') =>
  Buffer.concat([Buffer.from(hex.replaceAll(' ', ''), 'hex'), Buffer.from(text)]);
const recognised = (message: Uint8Array) =>
  coapDecoder.recognise(
    message,
    0,
    message.length,
    0,
    testFlow({ carrier: 'udp', serverPort: 5683 }),
  );
const open = (into: Observations, flow = {}) =>
  new Feed(coapDecoder, { carrier: 'udp', serverPort: 5683, ...flow }, coapObserver, into);
const all = (into: Observations) => [...into.of('coap')];

const GET = bytes('41 01 00 01 aa b4', 'temp');
const CONTENT = bytes('61 45 00 01 aa ff', '21.5');

describe('exchanges', () => {
  it('pairs an answer with its request', () => {
    const into = new Observations();
    open(into).data(GET, 0, packet(1)).data(CONTENT, 1, packet(2)).close();
    expect(all(into)).toMatchObject([
      {
        method: 'GET',
        code: '0.01',
        path: '/temp',
        oscore: false,
        payloadBytes: 0,
        response: '2.05',
        responseBytes: 4,
        packets: [{ packet: 1 }, { packet: 2 }],
      },
    ]);
  });

  it('pairs a separate answer by its token, and counts no retransmission twice', () => {
    const into = new Observations();
    const separate = bytes('41 45 77 77 aa ff', '21.5');
    open(into)
      .data(GET, 0)
      .data(GET, 0)
      .data(bytes('60 00 00 01'), 1)
      .data(separate, 1)
      .data(separate, 1)
      .close();
    expect(all(into)).toMatchObject([{ response: '2.05', count: 1 }]);
  });

  it('counts each notification of an observed resource', () => {
    const into = new Observations();
    const session = open(into).data(bytes('41 01 00 01 aa 60 54', 'temp'), 0);
    for (let id = 1; id <= 5; id++) session.data(bytes(`51 45 01 0${id} aa 61 0${id} ff`, '2'), 1);
    session.close();
    expect(all(into)).toMatchObject([{ path: '/temp', response: '2.05', count: 5 }]);
  });

  it('notes a request without answer, and one that was reset', () => {
    const into = new Observations();
    open(into)
      .data(GET, 0)
      .data(bytes('41 03 00 02 ab b4', 'lamp'), 0)
      .data(bytes('70 00 00 01'), 1)
      .close();
    expect(all(into).map(({ method, response }) => [method, response])).toEqual([
      ['GET', undefined],
      ['PUT', undefined],
    ]);
  });

  it('knows an answer to a multicast request, which comes from another host', () => {
    const into = new Observations();
    const core = bytes('51 01 00 01 aa bb', '.well-known');
    open(into, { id: 1, server: 9, multicast: true }).data(core, 0).close();
    open(into, { id: 2, server: 7, multicast: false }).data(bytes('51 45 00 09 aa ff', '</t>'), 1);
    const answered = all(into).filter(({ response }) => response);
    expect(answered).toMatchObject([{ server: 7, multicast: true, path: '/.well-known' }]);
  });

  it('is under object security when every payload that could be was', () => {
    const request = bytes('41 02 00 01 aa 92 0914 ff', 'ciphertext');
    const outcomes = [
      bytes('61 44 00 01 aa 90 ff', 'ciphertext'),
      bytes('61 81 00 01 aa ff', 'unknown security context'),
      bytes('61 44 00 01 aa ff', 'in clear'),
    ];
    const protectedOnes = outcomes.map((answer) => {
      const into = new Observations();
      open(into).data(request, 0).data(answer, 1).close();
      return all(into)[0]?.oscore;
    });
    expect(protectedOnes).toEqual([true, true, false]);
  });

  it('reads who publishes by CoIoT', () => {
    const into = new Observations();
    const id = 'SHSW-25#A4CF12000001#2';
    const publication = Buffer.concat([
      bytes('50 1e 00 01 b3', 'cit'),
      bytes('01', 's'),
      bytes('ed 0b ec 09', id),
      bytes('d2 43 00 26 82 04 d2 ff', '{"G":[[0,1101,1]]}'),
    ]);
    const flow = { server: 9, multicast: true };
    expect(recognised(publication)).toBe('yes');
    open(into, flow).data(publication, 0).close();
    expect(into.of('identification')).toMatchObject([
      { server: 1, maker: 'Shelly', model: 'SHSW-25', more: { mac: 'A4CF12000001' } },
    ]);
    expect(all(into)).toMatchObject([{ method: '0.30', path: '/cit/s', multicast: true }]);
  });

  it('keeps a bounded number of paths, and of requests without answer', () => {
    const into = new Observations();
    const session = open(into);
    for (let i = 0; i < 1000; i++) {
      const id = i.toString(16).padStart(4, '0');
      session.data(bytes(`42 01 ${id} ${id} b4`, id), 0);
    }
    session.close();
    const records = all(into);
    expect(records.length).toBe(201);
    expect(records.reduce((sum, { count }) => sum + count, 0)).toBe(1000);
  });
});
