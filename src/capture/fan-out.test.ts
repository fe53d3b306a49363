/** Bursts of first contacts: counted a minute at a time, answers taken off, repeats not counted, memory bounded. */
import { expect, test } from 'vitest';
import { FanOuts } from './fan-out.ts';
import { NUMBER, SCRATCH } from './kernel/layout.ts';
import { PacketKernel } from './kernel.ts';
import { Observations } from './observations.ts';
import { Packet } from './packet.ts';

const TCP = 6;
const START = 1_700_000_000;
const kernel = new PacketKernel(1024);
const packet = new Packet(kernel);

function at(second: number): Packet {
  kernel.words[NUMBER] = second;
  kernel.run.take(SCRATCH, SCRATCH, 0, START + second, 0);
  return packet;
}

function bursts(feed: (fanOuts: FanOuts) => void) {
  const fanOuts = new FanOuts();
  feed(fanOuts);
  const observations = new Observations();
  fanOuts.finish(observations);
  return observations.of('fan_out');
}

const knock = (
  fanOuts: FanOuts,
  host: number,
  port: number,
  to: number,
  second: number,
  outside = false,
) => fanOuts.contact(host, TCP, port, to, outside, at(second));

test('forty doors in a minute, five of which open', () => {
  const [burst] = bursts((fanOuts) => {
    for (let to = 0; to < 40; to++) {
      expect(knock(fanOuts, 1, 23, to, to, to % 2 === 0)).toBe(true);
      if (to < 5) fanOuts.answered(1, TCP, 23, START + to);
    }
  });
  expect(burst).toMatchObject({
    client: 1,
    port: 23,
    destinations: 40,
    unanswered: 35,
    outside: 20,
    total: 40,
  });
  expect(burst.packets).toHaveLength(8);
});

test('a destination is new once', () => {
  const [burst] = bursts((fanOuts) => {
    for (let round = 0; round < 10; round++) {
      for (let to = 0; to < 3; to++) expect(knock(fanOuts, 1, 53, to, round)).toBe(round === 0);
    }
  });
  expect(burst).toMatchObject({ destinations: 3, total: 3 });
});

test('one destination alone is no burst, answered or not', () => {
  const found = bursts((fanOuts) => {
    for (let second = 0; second < 5; second++) knock(fanOuts, 1, 443, 7, second);
    fanOuts.answered(1, TCP, 443, START);
  });
  expect(found).toEqual([]);
});

test('what is spread over an hour is no burst', () => {
  const [burst] = bursts((fanOuts) => {
    for (let to = 0; to < 60; to++) knock(fanOuts, 1, 443, to, to * 60);
  });
  expect(burst.total).toBe(60);
  expect(burst.destinations).toBeLessThanOrEqual(2);
});

test('the densest minute is remembered after quieter ones', () => {
  const [burst] = bursts((fanOuts) => {
    for (let to = 0; to < 100; to++) knock(fanOuts, 1, 23, to, Math.floor(to / 2));
    for (let to = 100; to < 110; to++) knock(fanOuts, 1, 23, to, 1000 + to);
  });
  expect(burst).toMatchObject({ destinations: 100, unanswered: 100, total: 110 });
});

test('hosts and ports are apart, and too many of them cost nothing more', () => {
  const found = bursts((fanOuts) => {
    for (let host = 1; host <= 70_000; host++) {
      knock(fanOuts, host, 80, 1, 0);
      knock(fanOuts, host, 80, 2, 1);
    }
    knock(fanOuts, 1, 81, 1, 2);
    knock(fanOuts, 1, 81, 2, 2);
  });
  expect(found.length).toBe(32_768);
  expect(found.every(({ destinations }) => destinations === 2)).toBe(true);
});
