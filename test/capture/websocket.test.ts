import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { dissect } from '../support/dissect.ts';
import { failures, scanned } from '../support/fleetward.ts';
import { PEERS } from '../support/peers.ts';
import { tshark, tsharkFields } from '../support/tshark.ts';

const recorded = join(PEERS, 'websocket.pcap');
const folder = mkdtempSync(join(tmpdir(), 'fleetward-websocket-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** The same capture with the server on the internet. */
function elsewhere(): string {
  const bytes = readFileSync(recorded);
  const [near, far] = [Buffer.from([10, 9, 0, 1]), Buffer.from([198, 51, 100, 10])];
  for (let at = bytes.indexOf(near); at >= 0; at = bytes.indexOf(near, at + 4)) far.copy(bytes, at);
  const path = join(folder, 'elsewhere.pcap');
  writeFileSync(path, bytes);
  return path;
}

describe('WebSocket of real programs', () => {
  it('has the frames that Wireshark finds, but for those that carry MQTT', tshark, async () => {
    const { events } = await dissect(recorded);
    const opcodes: Readonly<Record<string, string>> = {
      0: 'continuation',
      1: 'text',
      2: 'binary',
      8: 'close',
      9: 'ping',
      10: 'pong',
    };
    const theirs = tsharkFields(recorded, 'websocket and tcp.port == 8084', [
      'websocket.opcode',
      'websocket.fin',
    ])
      .flatMap(([codes, fins]) =>
        codes!
          .split(';')
          .map(
            (code, i) =>
              `${opcodes[code]} ${fins!.split(';')[i] === 'True' || fins!.split(';')[i] === '1'}`,
          ),
      )
      .sort();
    const mine = events
      .filter(
        ({ protocol, src_port, dest_port }) =>
          protocol === 'websocket' && [src_port, dest_port].includes(8084),
      )
      .map(({ event, fin }) => `${event} ${fin ?? true}`)
      .sort();
    expect(mine).toEqual(theirs);
    expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
  });

  it('has the MQTT packets of both sessions inside, each in many frames', async () => {
    const { events } = await dissect(recorded);
    const inside = events.filter(({ protocol }) => protocol === 'mqtt').map(({ event }) => event);
    const session = [
      'connect',
      'connack',
      'subscribe',
      'suback',
      'publish',
      'publish',
      'puback',
      'disconnect',
    ];
    expect(inside.toSorted()).toEqual([...session, ...session].sort());
  });

  it('is judged by the controls of MQTT: a password in clear, a broker for anybody', () => {
    const failed = failures(scanned([recorded]));
    expect(failed).toContain('mac:02:00:00:00:09:01 CH-05 critical');
    expect(failed).toContain('mac:02:00:00:00:09:02 CH-05 critical');
    expect(failed).toContain('mac:02:00:00:00:09:01 AN-04 high');
    expect(failed.filter((line) => line.includes('CH-04'))).toEqual([]);
  });

  it('and, where the broker is elsewhere, MQTT that leaves the segment without TLS', () => {
    const failed = failures(scanned([elsewhere()]));
    expect(failed).toContain('mac:02:00:00:00:09:02 CH-04 high');
    expect(failed).toContain('mac:02:00:00:00:09:02 CH-05 critical');
  });
});
