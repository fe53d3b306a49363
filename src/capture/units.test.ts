import { expect, test } from 'vitest';
import type { Direction, Flow, PacketRef } from './decoder.ts';
import { Observations } from './observations.ts';
import { UnitCounter } from './units.ts';

const flow = (id: number): Flow => ({
  id,
  carrier: 'tcp',
  client: 1,
  server: 2,
  clientPort: 40_000 + id,
  serverPort: 1883,
  clientAddress: '10.0.0.1',
  serverAddress: '10.0.0.2',
  clientMac: undefined,
  serverMac: undefined,
  multicast: false,
  openingSeen: true,
  established: true,
  payloadBytes: () => 0,
  session: undefined,
});
const at = (packet: number): PacketRef => ({ file: 0, packet, seconds: packet, nanos: 0 });

function counting(into: Observations, of: Flow) {
  const units = new UnitCounter(into);
  return {
    good: (protocol: string, direction: Direction, packet: number) =>
      units.add(of, direction, protocol, 1, at(packet)),
    bad: (packet: number, readable = false) =>
      units.addMalformed(
        of,
        0,
        { protocol: 'mqtt', event: 'malformed', reason: 'bad length', offset: 0, readable },
        at(packet),
      ),
    end: (packet: number) => units.flush(of, at(packet)),
  };
}

test('units and malformed units are counted per sender, over flows, with malformed packets as proof', () => {
  const into = new Observations();
  for (const id of [1, 2]) {
    const count = counting(into, flow(id));
    count.good('mqtt', 0, 10 * id + 1);
    count.bad(10 * id + 2);
    count.good('mqtt', 1, 10 * id + 3);
    count.end(10 * id + 4);
  }
  const records = into.of('malformed');
  const client = records.find((record) => record.client === 1);
  const server = records.find((record) => record.client === 2);
  expect(client).toMatchObject({ server: 2, serverPort: 1883, units: 4, malformed: 2, count: 4 });
  expect(client?.packets.map(({ packet }) => packet)).toEqual([12, 22]);
  expect([...(client?.reasons ?? [])]).toEqual([['bad length', 2]]);
  expect(server).toMatchObject({ server: 1, units: 2, malformed: 0, packets: [] });
});

test('a malformed unit that could be read all the same is one unit', () => {
  const into = new Observations();
  const count = counting(into, flow(1));
  count.bad(1, true);
  count.good('mqtt', 0, 1);
  count.end(2);
  expect(into.of('malformed')).toMatchObject([{ units: 1, malformed: 1 }]);
});

test('a flow that changes its protocol is counted under each', () => {
  const into = new Observations();
  const count = counting(into, flow(1));
  count.good('ftp', 0, 1);
  count.good('tls', 0, 2);
  count.good('tls', 0, 3);
  count.end(4);
  expect(into.of('malformed').map(({ protocol, units }) => [protocol, units])).toEqual([
    ['ftp', 1],
    ['tls', 2],
  ]);
});
