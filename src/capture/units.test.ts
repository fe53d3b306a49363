import { expect, test } from 'vitest';
import type { Flow, PacketRef } from './decoder.ts';
import { Observations } from './observations.ts';
import { noteMalformed, noteUnits } from './units.ts';

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

const bad = (into: Observations, of: Flow, packet: number, readable = false) =>
  noteMalformed(
    into,
    of,
    0,
    { protocol: 'mqtt', event: 'malformed', reason: 'bad length', offset: 0, readable },
    at(packet),
  );

test('units and malformed units are counted per sender, over flows, with malformed packets as proof', () => {
  const into = new Observations();
  for (const id of [1, 2]) {
    noteUnits(into, flow(id), 0, 'mqtt', 1, at(10 * id + 1));
    bad(into, flow(id), 10 * id + 2);
    noteUnits(into, flow(id), 1, 'mqtt', 1, at(10 * id + 3));
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
  bad(into, flow(1), 1, true);
  noteUnits(into, flow(1), 0, 'mqtt', 1, at(1));
  expect(into.of('malformed')).toMatchObject([{ units: 1, malformed: 1 }]);
});
