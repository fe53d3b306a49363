import { expect, test } from 'vitest';
import type { Flow, PacketRef } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { noteMalformed, noteUnit } from './malformed.ts';

const flow = (id: number, clientPort = 40_000 + id): Flow => ({
  id,
  carrier: 'tcp',
  client: 1,
  server: 2,
  clientPort,
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

test('units and malformed units are counted per sender, over flows, with malformed packets as proof', () => {
  const into = new Observations();
  const first = flow(1);
  noteUnit(into, first, 0, 'mqtt', at(1));
  noteMalformed(into, first, 0, 'mqtt', 'bad length', at(2));
  noteUnit(into, first, 1, 'mqtt', at(3));
  const second = flow(2);
  noteUnit(into, second, 0, 'mqtt', at(4));
  noteMalformed(into, second, 0, 'mqtt', 'bad length', at(5));
  const [client, server] = [...into.of('malformed')];
  expect(client).toMatchObject({
    client: 1,
    server: 2,
    serverPort: 1883,
    units: 4,
    malformed: 2,
    count: 4,
  });
  expect(client?.packets.map((p) => p.packet)).toEqual([2, 5]);
  expect([...(client?.reasons ?? [])]).toEqual([['bad length', 2]]);
  expect(server).toMatchObject({
    client: 2,
    server: 1,
    serverPort: 1883,
    units: 1,
    malformed: 0,
    packets: [],
  });
});

test('a flow that changes its protocol is counted under each', () => {
  const into = new Observations();
  const one = flow(1);
  noteUnit(into, one, 0, 'ftp', at(1));
  noteUnit(into, one, 0, 'tls', at(2));
  noteUnit(into, one, 0, 'tls', at(3));
  expect([...into.of('malformed')].map((r) => [r.protocol, r.units])).toEqual([
    ['ftp', 1],
    ['tls', 2],
  ]);
});
