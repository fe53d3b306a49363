import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect } from '../support/dissect.ts';
import { all, data } from '../support/needs.ts';
import { tshark, tsharkFields } from '../support/tshark.ts';

const capture = join(import.meta.dirname, '../vectors/suricata/tftp-tx-handling-wrq/input.pcap');

describe('Suricata’s tftp-tx-handling-wrq', () => {
  it('is a request and one transfer, on another port', async () => {
    const { events, observations } = await dissect(capture);
    expect(events).toMatchObject([
      { packet: 1, event: 'write_request', file: 'rfc1350.txt', dest_port: 69 },
      { event: 'transfer', operation: 'write', length: 24_599, complete: true, dest_port: 2087 },
    ]);
    expect([...observations.of('transfer')]).toMatchObject([
      { protocol: 'tftp', name: 'rfc1350.txt', toClient: false, bytes: 24_599, serverPort: 69 },
    ]);
  });

  it('has as many blocks as Wireshark counts', tshark, async () => {
    const blocks = tsharkFields(capture, 'tftp.opcode == 3', ['tftp.block']);
    const { events } = await dissect(capture);
    expect(events[1]!.blocks).toBe(new Set(blocks.flat()).size);
  });
});

const sentinel = data('iot-sentinel');
describe('cameras that ask for a file nobody has', all(sentinel, tshark), () => {
  it('are told request by request, and fetch nothing', async () => {
    for (const camera of ['EdnetCam1', 'EdnetCam2']) {
      const folder = join(sentinel.path, camera);
      for (const name of readdirSync(folder).filter((each) => each.endsWith('.pcap'))) {
        const path = join(folder, name);
        const theirs = tsharkFields(path, 'tftp.opcode == 1', ['frame.number']);
        const { events, observations } = await dissect(path);
        const own = events.filter(({ protocol }) => protocol === 'tftp');
        expect(
          own.map(({ packet }) => String(packet)),
          name,
        ).toEqual(theirs.flat());
        expect(observations.of('tftp').every(({ outcome }) => outcome === 'unanswered')).toBe(true);
        expect(observations.of('transfer').some(({ protocol }) => protocol === 'tftp')).toBe(false);
      }
    }
  });
});
