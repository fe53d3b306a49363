import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect } from '../support/dissect.ts';
import { data } from '../support/needs.ts';
import { readZeekLog } from '../support/zeek.ts';

const zeek = join(import.meta.dirname, '../vectors/zeek/tls');

describe('TLS after STARTTLS', () => {
  it.each([
    ['smtp', ['response', 'command', 'command']],
    ['imap', ['greeting', 'capability', 'command', 'command']],
    ['irc', ['message', 'message']],
  ])('is reached in %s', async (protocol, before) => {
    const { events, observations } = await dissect(join(zeek, `${protocol}-starttls.pcap`));
    const own = events.filter((event) => event.protocol === protocol).map(({ event }) => event);
    expect(own).toEqual(before);
    expect(events[before.length]).toMatchObject({ protocol: 'tls', event: 'client_hello' });
    expect([...observations.of('mail')]).toMatchObject([
      { protocol, secured: true, method: undefined },
    ]);
    expect(observations.of('tls')[0]!.established).toBe(true);
    const [row] = readZeekLog(readFileSync(join(zeek, `${protocol}-starttls.ssl.log`), 'utf8'));
    expect(events.find(({ event }) => event === 'server_hello')!.cipher_name).toBe(row!.cipher);
  });
});

const traces = data('zeek-traces-iot');
describe('Zeek’s irc trace', traces, () => {
  it('has the names, channels and commands of Zeek’s log', async () => {
    const log = join(traces.path, 'expected/scripts.base.protocols.irc.basic/irc.log');
    const { events } = await dissect(join(traces.path, 'traces/irc-dcc-send.pcapng'));
    for (const { command, value } of readZeekLog(readFileSync(log, 'utf8'))) {
      if (command === 'DCC') continue;
      const own = events.filter((event) => event.command === command && event.src_port === 59_069);
      expect(own.map(({ params }) => (params as string[])[0])).toContain(value);
    }
    expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
  });

  it.each(['irc-basic.pcap', 'irc-more-commands.pcap', 'irc-dcc-state-growth.pcapng'])(
    '%s is read without fault',
    async (name) => {
      const { events } = await dissect(join(traces.path, 'traces', name));
      expect(events.length).toBeGreaterThan(20);
      expect(new Set(events.map(({ event }) => event))).toEqual(new Set(['message']));
    },
  );
});
