import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect } from '../support/dissect.ts';
import { data } from '../support/needs.ts';

const capture = join(import.meta.dirname, '../vectors/suricata/telnet-01/telnet.pcap');

describe('Suricata’s telnet case', () => {
  it('has its options, its text and its sign-in, and no word of the text', async () => {
    const { events, observations } = await dissect(capture);
    expect(new Set(events.map(({ protocol }) => protocol))).toEqual(new Set(['telnet']));
    expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
    const options = events.flatMap((event) => (event.options as string[] | undefined) ?? []);
    const subnegotiations = options.filter((option) => option.startsWith('sub '));
    // Suricata's 67 frames of control: each command, and each subnegotiation's end.
    expect(options.length + subnegotiations.length).toBe(67);
    expect(events.find(({ terminal_type }) => terminal_type)).toMatchObject({
      terminal_type: 'xterm-color',
    });
    expect(events.filter(({ event }) => event === 'login')).toMatchObject([
      { username: 'fake', outcome: 'accepted' },
    ]);
    expect([...observations.of('telnet')]).toMatchObject([{ negotiated: true, maskPayload: true }]);
    const printed = JSON.stringify(events);
    for (const word of ['ping', 'yahoo', 'OpenBSD']) expect(printed).not.toContain(word);
  });
});

const ndpi = data('ndpi-iot/pcap');
describe('nDPI’s telnet trace', ndpi, () => {
  it('is recognised', async () => {
    const { observations } = await dissect(join(ndpi.path, 'telnet.pcap'));
    expect([...observations.of('telnet')].length).toBe(1);
  });
});
