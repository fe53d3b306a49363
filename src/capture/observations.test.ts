/** Observations are counted, bounded, and honest about what was not kept. */
import { expect, test } from 'vitest';
import type { PacketRef } from './decoder.ts';
import { Observations, type Parties, PROOF_PACKETS_MAX } from './observations.ts';

const at = (packet: number): PacketRef => ({ file: 0, packet, seconds: packet, nanos: 0 });
const parties = (client: number, server: number): Parties => ({
  carrier: 'tcp',
  client,
  server,
  clientPort: 40_000,
  serverPort: 80,
  openingSeen: true,
  multicast: false,
});
const note = (into: Observations, client: number, server: number, key: string, packet: number) =>
  into.note('telnet', parties(client, server), at(packet), key, () => ({
    negotiated: true,
    bytes: [0, 0],
  }));

test('equal ones are one, with its first and last packet and a few proofs', () => {
  const observations = new Observations();
  for (let packet = 1; packet <= 20; packet++) note(observations, 1, 2, 'same', packet);
  const [record, ...others] = observations.of('telnet');
  expect(others).toEqual([]);
  expect(record).toMatchObject({ count: 20, first: at(1), last: at(20) });
  expect(record.packets).toHaveLength(PROOF_PACKETS_MAX);
});

test('two hosts cannot fill what is kept of others, and what they lost is known', () => {
  const observations = new Observations();
  for (let index = 0; index < 5000; index++) note(observations, 1, 2, `${index}`, index);
  const other = note(observations, 3, 2, 'other', 9000);
  expect(other).toBeDefined();
  expect(observations.of('telnet')).toHaveLength(4001);
  expect(observations.dropped.get('telnet')).toBe(1000);
  expect([1, 2, 3].map((host) => observations.isIncomplete(host))).toEqual([true, true, false]);
});

test('many hosts together are bounded too, and who came too late is known', () => {
  const observations = new Observations();
  for (let host = 1; host <= 60_000; host++) note(observations, host, 0, 'x', host);
  expect(observations.of('telnet')).toHaveLength(50_000);
  expect(observations.isIncomplete(100)).toBe(false);
  expect(observations.isIncomplete(60_000)).toBe(true);
});
