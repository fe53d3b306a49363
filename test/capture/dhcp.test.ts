import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureIn, dissect, type EventLine } from '../support/dissect.ts';
import { checksOf, countMatching, envelopeField, valueAt } from '../support/suricata.ts';

const suricata = join(import.meta.dirname, '../vectors/suricata');
const zeek = join(import.meta.dirname, '../vectors/zeek/dhcp');

function fieldOf(event: EventLine, path: string): unknown {
  return path.startsWith('dhcp.') ? valueAt(event, path.slice(5)) : envelopeField(event, path);
}

describe('Suricata’s dhcp cases', () => {
  for (const name of readdirSync(suricata).filter((each) => each.startsWith('dhcp-'))) {
    const folder = join(suricata, name);
    it(name, async () => {
      const { events } = await dissect(captureIn(folder));
      const checks = checksOf(folder, 'dhcp');
      expect(checks.length).toBeGreaterThan(0);
      for (const { count, match } of checks) {
        const { proto: _, ...wanted } = match;
        const check = { count, match: wanted };
        expect(countMatching(events, check, fieldOf), JSON.stringify(check)).toBe(count);
      }
      expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
    });
  }
});

describe('Zeek’s dhcp traces', () => {
  const events = async (name: string) => (await dissect(join(zeek, `${name}.pcap`))).events;

  it('reads what a relay adds', async () => {
    const [ack] = await events('dhcp_ack_subscriber_id_and_agent_remote_id');
    expect(ack).toMatchObject({
      event: 'ack',
      client_mac: '00:0a:28:00:fa:42',
      assigned_ip: '192.168.0.10',
      server_id: '10.10.0.1',
      lease_time: 3600,
      remote_id: expect.stringMatching(/^[0-9a-f]+$/),
      subscriber_id: expect.any(String),
    });
  });

  it('reads a discover', async () => {
    const [discover] = await events('dhcp_discover_param_req_and_client_id');
    expect(discover).toMatchObject({
      event: 'discover',
      client_mac: '00:0b:82:01:fc:42',
      hostname: 'test0000',
      requested_ip: '208.67.222.222',
    });
  });

  it('reads time and name servers', async () => {
    const replies = (await events('dhcp_time_and_nameserver')).filter(
      ({ type }) => type === 'reply',
    );
    expect(replies.length).toBeGreaterThan(0);
  });

  it('survives a hardware type of zero', async () => {
    const all = await events('hw-type0');
    expect(all.every(({ event }) => event !== 'malformed')).toBe(true);
  });

  it('notes who served and who was served', async () => {
    const { observations, addressOf } = await dissect(
      captureIn(join(suricata, 'dhcp-eve-extended')),
    );
    const [request, ack] = [...observations.of('dhcp')];
    expect(request).toMatchObject({ message: 'request', hostName: 'nas1', address: '10.16.1.4' });
    expect(ack).toMatchObject({ message: 'ack', resolvers: ['10.16.1.1'], routers: ['10.16.1.1'] });
    for (const record of [request!, ack!]) {
      expect(addressOf(record.client)).toBe('10.16.1.4');
      expect(addressOf(record.server)).toBe('10.16.1.1');
    }
  });
});
