/** The flow table against a plain map: finds what was begun, counts apart, and never holds more than it may. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FlowTable, IGNORED, SYN_SEEN } from './flows.ts';

const IDLE_S = 100;

describe('the flow table', () => {
  test('agrees with a plain map while there is room', () => {
    const operation = fc.record({
      low: fc.integer({ min: -3, max: 3 }),
      high: fc.integer({ min: -3, max: 3 }),
      ports: fc.integer({ min: 0, max: 3 }),
      meta: fc.constantFrom(6, 17),
      bytes: fc.integer({ min: 1, max: 1500 }),
      ends: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
        const ended: number[] = [];
        const table: FlowTable = new FlowTable(1024, (flow) => ended.push(table.bytes(flow, 0)));
        const model = new Map<string, number>();
        const expectedEnds: number[] = [];
        operations.forEach(({ low, high, ports, meta, bytes, ends }, index) => {
          const key = `${low} ${high} ${ports} ${meta}`;
          let flow = table.find(low, high, ports, meta, index, IDLE_S * 1000);
          expect(flow !== 0).toBe(model.has(key));
          if (flow === 0) flow = table.begin(low, high, ports, meta, index, IDLE_S * 1000);
          table.count(flow, 0, bytes, 0, index, 0, index + 1);
          model.set(key, (model.get(key) ?? 0) + bytes);
          expect(table.bytes(flow, 0)).toBe(model.get(key));
          if (ends) {
            table.end(flow);
            expectedEnds.push(model.get(key) as number);
            model.delete(key);
          }
          expect(table.inUse).toBe(model.size);
        });
        expect(ended).toEqual(expectedEnds);
        table.endAll();
        expect([...ended].sort()).toEqual([...expectedEnds, ...model.values()].sort());
        expect(table.inUse).toBe(0);
      }),
      { numRuns: 100 },
    );
  });

  test('a record that is used again remembers nothing', () => {
    const table = new FlowTable(1024, () => {});
    const first = table.begin(1, 2, 3, 6, 0, IDLE_S);
    table.setFlags(first, SYN_SEEN | IGNORED);
    table.setProtocol(first, 7);
    table.count(first, 1, 60, 20, 0, 0, 1);
    table.end(first);
    const second = table.begin(4, 5, 6, 17, 1, IDLE_S);
    expect(second).toBe(first);
    expect(table.flags(second) & (SYN_SEEN | IGNORED)).toBe(0);
    expect([table.protocol(second), table.packets(second, 1), table.bytes(second, 1)]).toEqual([
      0, 0, 0,
    ]);
  });

  test('a flow that was silent too long is ended, and begins anew', () => {
    const ended: number[] = [];
    const table = new FlowTable(1024, (flow) => ended.push(flow));
    const flow = table.begin(1, 2, 3, 6, 0, IDLE_S);
    expect(table.find(1, 2, 3, 6, IDLE_S, IDLE_S)).toBe(flow);
    expect(table.find(1, 2, 3, 6, 2 * IDLE_S + 1, IDLE_S)).toBe(0);
    expect(ended).toEqual([flow]);
  });

  test('when it is full, the long idle make room before the busy', () => {
    const survivors = new Set<number>();
    const table: FlowTable = new FlowTable(1024, (flow) =>
      survivors.delete(table.clientPort(flow)),
    );
    // Client ports tell the flows apart here: the low end's port lies in the upper half.
    for (let port = 0; port < 1024; port++) {
      table.begin(1, 2, port, 6, port < 512 ? 0 : 1000, IDLE_S);
      survivors.add(port);
    }
    for (let port = 2000; port < 2512; port++) table.begin(1, 2, port, 6, 1000, IDLE_S);
    expect(table.evicted).toBe(512);
    const busy = [...survivors].filter((port) => port >= 512);
    expect(busy).toHaveLength(512);
  });
});
