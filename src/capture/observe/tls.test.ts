import { describe, expect, it } from 'vitest';
import { FALLBACK_SCSV } from '../decode/tls/suites.ts';
import {
  clientHello,
  extension,
  FedFlow,
  type HelloParts,
  message,
  record,
  serverHello,
} from '../decode/tls/testing.ts';
import { tlsDecoder } from '../decode/tls.ts';
import { Observations } from '../observations.ts';

const hello = (parts: HelloParts): Buffer => record(22, message(1, clientHello(parts)), 0x0301);
const answer = record(22, message(2, serverHello(0xc02f)));
const done = record(22, message(14, Buffer.alloc(0)));
const finished = Buffer.concat([record(20, Buffer.from([1])), record(22, Buffer.alloc(40, 9))]);
const handshakeFailure = record(21, Buffer.from([2, 40]));
const tls10 = { version: 0x0301 };

/** A flow of one client to one server, at a second of the capture. */
const flowOf = (observations: Observations, seconds: number): FedFlow =>
  new FedFlow(tlsDecoder, { observations, seconds, clientPort: 50_000 + seconds });

const complete = (flow: FedFlow, parts: HelloParts = {}): FedFlow =>
  flow.feed(0, hello(parts)).feed(1, answer).feed(1, done).feed(0, finished).feed(1, finished);

describe('a handshake', () => {
  it('is counted with its equals, and its bytes added up', () => {
    const observations = new Observations();
    for (let second = 0; second < 20; second++) {
      const flow = complete(flowOf(observations, second));
      flow.feed(0, record(23, Buffer.alloc(95))).feed(1, record(23, Buffer.alloc(195)));
      // The parser is done, the flow goes on.
      flow.feed(0, Buffer.alloc(1000));
      flow.close();
    }
    const [only, ...others] = [...observations.of('tls')];
    expect(others).toEqual([]);
    expect(only).toMatchObject({
      count: 20,
      established: true,
      resumed: false,
      applicationBytes: [20 * 1100, 20 * 200],
      first: { seconds: 0 },
      last: { seconds: 19 },
    });
    expect(only!.packets.length).toBe(8);
    // Of the first one: hello, answer, end of the handshake, first data of each side.
    expect(only!.packets.slice(0, 5).map(({ packet }) => packet)).toEqual([1, 2, 5, 6, 7]);
  });

  it('with data is another than one without', () => {
    const observations = new Observations();
    complete(flowOf(observations, 1)).close();
    complete(flowOf(observations, 2))
      .feed(0, record(23, Buffer.alloc(50)))
      .close();
    expect([...observations.of('tls')].map((each) => each.applicationBytes[0])).toEqual([0, 55]);
  });

  it('that was not seen is not noted', () => {
    const observations = new Observations();
    flowOf(observations, 1)
      .feed(0, record(23, Buffer.alloc(50)))
      .close();
    expect([...observations.of('tls')]).toEqual([]);
  });
});

describe('a lower offer', () => {
  const retries = (observations: Observations): boolean[] =>
    [...observations.of('tls')].map(({ retry }) => retry);

  it('after a refused higher one is a retry', () => {
    const observations = new Observations();
    flowOf(observations, 100).feed(0, hello({})).feed(1, handshakeFailure).close();
    complete(flowOf(observations, 101), tls10).close();
    expect(retries(observations)).toEqual([false, true]);
  });

  it('is a retry even while the refused connection lingers', () => {
    const observations = new Observations();
    const refused = flowOf(observations, 100).feed(0, hello({})).feed(1, handshakeFailure);
    complete(flowOf(observations, 101), tls10).close();
    refused.close();
    expect(retries(observations)).toEqual([true, false]);
  });

  it('after an unanswered higher one is a retry', () => {
    const observations = new Observations();
    flowOf(observations, 100).feed(0, hello({})).close();
    complete(flowOf(observations, 103), tls10).close();
    expect(retries(observations)).toEqual([false, true]);
  });

  it('much later, or after a success, is the client’s own choice', () => {
    const late = new Observations();
    flowOf(late, 100).feed(0, hello({})).feed(1, handshakeFailure).close();
    complete(flowOf(late, 500), tls10).close();
    expect(retries(late)).toEqual([false, false]);

    const after = new Observations();
    complete(flowOf(after, 100)).close();
    complete(flowOf(after, 101), tls10).close();
    expect(retries(after)).toEqual([false, false]);
  });

  it('that says so is a retry (RFC 7507)', () => {
    const observations = new Observations();
    complete(flowOf(observations, 1), { ...tls10, ciphers: [0xc013, FALLBACK_SCSV] }).close();
    expect(retries(observations)).toEqual([true]);
  });

  it('and an equal offer after a failure is none', () => {
    const observations = new Observations();
    flowOf(observations, 100).feed(0, hello(tls10)).feed(1, handshakeFailure).close();
    complete(flowOf(observations, 101), tls10).close();
    expect(retries(observations)).toEqual([false, false]);
  });
});

it('tells versions and groups by their numbers', () => {
  const observations = new Observations();
  const parts = {
    extensions: [
      extension.versions(0x0304, 0x0303),
      extension.groups(0x11ec, 0x001d),
      extension.keyShares(0x11ec),
      extension.serverName('cloud.example'),
      extension.alpn('mqtt'),
    ],
  };
  complete(flowOf(observations, 1), parts).close();
  expect([...observations.of('tls')][0]!.clientHello).toMatchObject({
    versionMax: 0x0304,
    versions: [0x0304, 0x0303],
    groups: [0x11ec, 0x001d],
    keyShares: [0x11ec],
    serverName: 'cloud.example',
    alpn: ['mqtt'],
  });
});
