/** Bytes come out in order and once, however the segments came; what is lost is said to be lost. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HalfStream, type StreamConsumer, WAITING_BYTES_MAX } from './streams.ts';

/** Takes `step` bytes at a time, and leaves the rest for later. */
class Collector implements StreamConsumer {
  readonly got: number[] = [];
  readonly gaps: number[] = [];
  readonly #step: number;
  constructor(step = 1) {
    this.#step = step;
  }
  bytes(buffer: Uint8Array, start: number, end: number): number {
    const whole = Math.floor((end - start) / this.#step) * this.#step;
    this.got.push(...buffer.subarray(start, start + whole));
    return whole;
  }
  gap(missing: number): void {
    this.gaps.push(missing);
  }
}

const message = Buffer.from(Array.from({ length: 300 }, (_, index) => index % 251));

test('shuffled, repeated and overlapping segments', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 0xffffffff }),
      fc.array(fc.tuple(fc.nat(299), fc.integer({ min: 1, max: 80 })), { maxLength: 60 }),
      fc.integer({ min: 1, max: 7 }),
      (isn, segments, step) => {
        const stream = new HalfStream();
        const collector = new Collector(step);
        stream.begin(isn + 1);
        const send = (from: number, to: number): void =>
          stream.segment((isn + 1 + from) >>> 0, message, from, Math.min(to, 300), collector);
        for (const [from, length] of segments) send(from, from + length);
        for (let from = 0; from < 300; from += 50) send(from, from + 50);
        expect(collector.gaps).toEqual([]);
        expect(collector.got).toEqual([...message].slice(0, Math.floor(300 / step) * step));
      },
    ),
  );
});

test('what fills a gap wins over what waited behind it', () => {
  const stream = new HalfStream();
  const collector = new Collector();
  stream.begin(0);
  stream.segment(4, Buffer.from('EEEE'), 0, 4, collector);
  stream.segment(0, Buffer.from('aaaaaaaa'), 0, 8, collector);
  expect(Buffer.from(collector.got).toString()).toBe('aaaaaaaa');
});

test('an acknowledged gap is a loss, and what came after it goes on', () => {
  const stream = new HalfStream();
  const collector = new Collector();
  stream.begin(100);
  stream.segment(100, message, 0, 10, collector);
  stream.segment(120, message, 20, 30, collector);
  expect(collector.got).toHaveLength(10);
  stream.acknowledged(130, collector);
  expect(collector.gaps).toEqual([10]);
  expect(collector.got).toHaveLength(20);
});

test('skipped bytes are never seen, lost or not', () => {
  const stream = new HalfStream();
  const got: number[] = [];
  const gaps: number[] = [];
  let first = true;
  const consumer: StreamConsumer = {
    bytes(buffer, start, end) {
      if (first) {
        first = false;
        return 200;
      }
      got.push(...buffer.subarray(start, end));
      return end - start;
    },
    gap: (missing) => gaps.push(missing),
  };
  stream.begin(0);
  stream.segment(0, message, 0, 50, consumer);
  stream.segment(100, message, 100, 150, consumer);
  stream.acknowledged(150, consumer);
  stream.segment(150, message, 150, 300, consumer);
  expect(gaps).toEqual([]);
  expect(got).toEqual([...message.subarray(200)]);
});

test('a reader that never takes anything costs a bounded buffer and then a gap', () => {
  const stream = new HalfStream();
  let gaps = 0;
  const consumer: StreamConsumer = { bytes: () => 0, gap: () => gaps++ };
  stream.begin(0);
  const segment = Buffer.alloc(1000);
  for (let sent = 0; sent < 10 * WAITING_BYTES_MAX; sent += 1000) {
    stream.segment(sent >>> 0, segment, 0, 1000, consumer);
    expect(stream.waitingLength).toBeLessThanOrEqual(WAITING_BYTES_MAX);
  }
  expect(gaps).toBeGreaterThan(5);
});
