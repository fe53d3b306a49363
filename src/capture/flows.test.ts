/** The flow table and the kernel that counts on it, against a plain map; and that it never holds more than it may. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FlowTable } from './flows.ts';
import {
  CONTROL,
  FAMILY,
  FLOW,
  FULL,
  IGNORED,
  OTHER_IDLE_S,
  OVER,
  PAYLOAD_BYTES,
  PROTOCOL,
  SIDE,
  SOURCE,
  SOURCE_PORT,
  SYN_SEEN,
  TARGET,
  TARGET_PORT,
  TCP_IDLE_S,
  TIME,
  WIRE_BYTES,
} from './kernel/layout.ts';
import { PacketKernel } from './kernel.ts';

const TCP = 6;
const UDP = 17;
const SYN = 2;

interface Sent {
  readonly from: readonly [address: number, port: number];
  readonly to: readonly [address: number, port: number];
  readonly protocol?: number;
  readonly bytes?: number;
  readonly time?: number;
  readonly control?: number;
}

/** A table of 1024 flows whose packets begin at their network headers. */
class Table {
  readonly kernel = new PacketKernel(1024);
  readonly flows: FlowTable;

  constructor(onEnd: (flow: number) => void = () => {}) {
    this.flows = new FlowTable(this.kernel, 1024, onEnd);
  }

  /** What the kernel says of a packet. */
  follow({ from, to, protocol = TCP, bytes = 60, time = 0, control = 0 }: Sent): number {
    const { words, doubles, run } = this.kernel;
    [words[SOURCE], words[SOURCE_PORT]] = from;
    [words[TARGET], words[TARGET_PORT]] = to;
    words[FAMILY] = 4;
    words[PROTOCOL] = protocol;
    words[WIRE_BYTES] = bytes;
    words[PAYLOAD_BYTES] = 0;
    words[CONTROL] = control;
    doubles[TIME] = time;
    return run.follow();
  }

  /** Counts a packet, on a new flow if need be. */
  count(sent: Sent): { flow: number; side: number; begun: boolean } {
    const { words } = this.kernel;
    const before = this.flows.begun;
    const why = this.follow(sent);
    if (why === OVER) this.flows.endCurrent();
    if (why === FULL) this.flows.evict();
    if (why === OVER || why === FULL) this.kernel.run.follow();
    return { flow: words[FLOW], side: words[SIDE], begun: this.flows.begun > before };
  }
}

test('agrees with a plain map while there is room', () => {
  const end = fc.tuple(fc.constantFrom(-3, -2, 1, 2), fc.integer({ min: 0, max: 2 }));
  const operation = fc.record({
    from: end,
    to: end,
    protocol: fc.constantFrom(TCP, UDP),
    bytes: fc.integer({ min: 1, max: 1500 }),
    ends: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
      const ended: number[] = [];
      const table: Table = new Table((flow) => ended.push(table.flows.bytes(flow, 0)));
      const model = new Map<string, { client: string; bytes: [number, number] }>();
      const expectedEnds: number[] = [];
      for (const { from, to, protocol, bytes, ends } of operations) {
        const key = `${[`${from}`, `${to}`].sort()} ${protocol}`;
        const known = model.get(key) ?? { client: `${from}`, bytes: [0, 0] };
        const { flow, side, begun } = table.count({ from, to, protocol, bytes });
        expect(begun).toBe(!model.has(key));
        expect(side).toBe(known.client === `${from}` ? 0 : 1);
        known.bytes[side as 0 | 1] += bytes;
        model.set(key, known);
        expect([table.flows.bytes(flow, 0), table.flows.bytes(flow, 1)]).toEqual(known.bytes);
        if (ends) {
          table.flows.end(flow);
          expectedEnds.push(known.bytes[0]);
          model.delete(key);
        }
        expect(table.flows.inUse).toBe(model.size);
      }
      expect(ended).toEqual(expectedEnds);
      table.flows.endAll();
      const left = [...model.values()].map(({ bytes }) => bytes[0]);
      expect([...ended].sort()).toEqual([...expectedEnds, ...left].sort());
      expect(table.flows.inUse).toBe(0);
    }),
    { numRuns: 100 },
  );
});

test('a record that is used again remembers nothing', () => {
  const table = new Table();
  const { flow: first } = table.count({ from: [1, 2], to: [3, 4], control: SYN });
  table.flows.setFlags(first, SYN_SEEN | IGNORED);
  table.flows.setProtocol(first, 7);
  table.flows.end(first);
  const { flow: second } = table.count({ from: [5, 6], to: [7, 8], protocol: UDP, bytes: 90 });
  expect(second).toBe(first);
  expect(table.flows.flags(second) & (SYN_SEEN | IGNORED)).toBe(0);
  expect(table.flows.protocol(second)).toBe(0);
  expect([table.flows.packets(second, 0), table.flows.bytes(second, 0)]).toEqual([1, 90]);
});

describe('a flow is over and begins anew', () => {
  const packet = { from: [1, 1000], to: [2, 80] } as const;

  for (const [protocol, idle] of [
    [TCP, TCP_IDLE_S],
    [UDP, OTHER_IDLE_S],
  ] as const) {
    test(`after a silence of ${idle} s`, () => {
      const table = new Table();
      const { flow } = table.count({ ...packet, protocol });
      expect(table.count({ ...packet, protocol, time: idle })).toMatchObject({
        flow,
        begun: false,
      });
      expect(table.follow({ ...packet, protocol, time: 2 * idle + 1 })).toBe(OVER);
    });
  }

  test('when its ports open again after a close, and not before', () => {
    const table = new Table();
    table.count({ ...packet, control: SYN });
    expect(table.follow({ ...packet, control: SYN })).not.toBe(OVER);
    table.count({ from: packet.to, to: packet.from, control: 4 });
    expect(table.follow(packet)).not.toBe(OVER);
    expect(table.follow({ ...packet, control: SYN })).toBe(OVER);
  });
});

test('when it is full, the long idle make room before the busy', () => {
  const survivors = new Set<number>();
  const table: Table = new Table((flow) => survivors.delete(table.flows.clientPort(flow)));
  for (let port = 0; port < 1024; port++) {
    table.count({ from: [1, port], to: [2, 80], time: port < 512 ? 0 : TCP_IDLE_S + 1 });
    survivors.add(port);
  }
  for (let port = 2000; port < 2512; port++) {
    table.count({ from: [1, port], to: [2, 80], time: TCP_IDLE_S + 1 });
  }
  expect(table.flows.evicted).toBe(512);
  expect([...survivors].filter((port) => port >= 512)).toHaveLength(512);
});
