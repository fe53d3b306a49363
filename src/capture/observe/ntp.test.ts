import { describe, expect, it } from 'vitest';
import type { NtpTimeEvent } from '../decode/ntp.ts';
import { packet, testFlow } from '../decode/testing.ts';
import type { AppEvent, Direction } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { ntpObserver } from './ntp.ts';

const NOW = 1_700_000_000;
const time = (event: 'client' | 'server', fields: Partial<NtpTimeEvent>): AppEvent => ({
  protocol: 'ntp',
  event,
  ...{ version: 4, mode: event === 'client' ? 3 : 4, leap: 0, stratum: event === 'client' ? 0 : 2 },
  ...fields,
});
const observe = (...events: [AppEvent, Direction, number?][]) => {
  const into = new Observations();
  const flow = testFlow({ carrier: 'udp', serverPort: 123 });
  for (const [event, direction, seconds = NOW] of events)
    ntpObserver.event(event, direction, flow, packet(1, seconds), into);
  return [...into.of('ntp')];
};

it('joins a request and its answer', () => {
  const records = observe(
    [time('client', { transmit_time: NOW + 0.25 }), 0],
    [time('server', { origin_time: NOW + 0.25, transmit_time: NOW + 0.5 }), 1],
  );
  expect(records).toMatchObject([
    {
      client: 1,
      server: 2,
      mode: 3,
      version: 4,
      stratum: 2,
      answered: true,
      offset_s: 0.25,
      serverOffset_s: 0.5,
    },
  ]);
});

it('a question without an answer, and a kiss of death, are no time', () => {
  expect(observe([time('client', {}), 0])).toMatchObject([{ answered: false, stratum: 0 }]);
  expect(observe([time('client', {}), 0], [time('server', { stratum: 0 }), 1])).toMatchObject([
    { answered: false },
  ]);
  expect(observe([time('client', {}), 0], [time('server', { leap: 3 }), 1])).toMatchObject([
    { answered: false },
  ]);
});

it('an answer to another question is not the answer', () => {
  const records = observe(
    [time('client', { transmit_time: NOW }), 0],
    [time('server', { origin_time: NOW - 5 }), 1],
  );
  expect(records).toMatchObject([
    { mode: 3, answered: false },
    { mode: 4, answered: true },
  ]);
});

describe('the client’s offset', () => {
  const offsetOf = (...offsets: (number | undefined)[]) =>
    observe(
      ...offsets.map((offset, i): [AppEvent, Direction, number] => {
        const sent = offset === undefined ? {} : { transmit_time: NOW + i * 64 + offset };
        return [time('client', sent), 0, NOW + i * 64];
      }),
    )[0]!.offset_s;

  it('is undefined when it sends no time, or random ones', () => {
    expect(offsetOf(undefined)).toBeUndefined();
    expect(offsetOf(-1.2e9, 4.5e8, 9.9e8)).toBeUndefined();
  });

  it('is the last one, so that a clock set after boot is right', () => {
    expect(offsetOf(-NOW, 0.1)).toBeCloseTo(0.1);
  });

  it('is trusted when it is wrong twice alike, or by no more than a day', () => {
    expect(offsetOf(-1.2e9, -1.2e9 + 1)).toBeCloseTo(-1.2e9 + 1);
    expect(offsetOf(-3_600)).toBeCloseTo(-3_600);
  });
});

it('management is noted apart, with who answered it', () => {
  const control = (response: boolean): AppEvent => ({
    protocol: 'ntp',
    event: 'control',
    ...{ version: 2, mode: 6, response },
  });
  expect(observe([control(false), 0])).toMatchObject([{ mode: 6, answered: false }]);
  expect(observe([control(false), 0], [control(true), 1])).toMatchObject([
    { client: 1, server: 2, mode: 6, answered: true, count: 2 },
  ]);
});
