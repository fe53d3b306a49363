import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect } from '../support/dissect.ts';

import { tshark, tsharkFields } from '../support/tshark.ts';
import { readZeekLog } from '../support/zeek.ts';

const zeek = join(import.meta.dirname, '../vectors/zeek/radius');
const capture = join(zeek, 'radius.pcap');

describe('Zeek’s radius trace', () => {
  it('has Zeek’s sign-in, with the user sealed', async () => {
    const [row] = readZeekLog(readFileSync(join(zeek, 'radius.log'), 'utf8'));
    const { events, observations } = await dissect(capture);
    const [first, , , last] = events;
    expect(String(first!.calling_station_id).toLowerCase().replaceAll('-', ':')).toBe(row!.mac);
    expect(row!.result).toBe('success');
    expect(last!.event).toBe('access_accept');
    expect(JSON.stringify(events)).not.toContain(row!.username);
    const outcomes = observations.of('radius').map(({ eapType, outcome }) => [eapType, outcome]);
    expect(outcomes).toEqual([
      ['md5', 'challenged'],
      ['md5', 'accepted'],
    ]);
  });

  it('has Wireshark’s packets and attributes', tshark, async () => {
    const fields = ['frame.number', 'radius.code', 'radius.id', 'radius.avp.type'];
    const theirs = tsharkFields(capture, 'radius', fields);
    const { events } = await dissect(capture);
    const ours = events.map(({ packet, code, identifier, attributes }) =>
      [packet, code, identifier, (attributes as number[]).join(';')].map(String),
    );
    expect(ours).toEqual(theirs);
  });
});
