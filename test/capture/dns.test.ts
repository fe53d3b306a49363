import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureIn, dissect, type EventLine } from '../support/dissect.ts';
import { checksOf, countMatching, envelopeField, valueAt } from '../support/suricata.ts';

const suricata = join(import.meta.dirname, '../vectors/suricata');
const zeek = join(import.meta.dirname, '../vectors/zeek/dns');

/** Suricata tells a flow's ends, not a message's, in version 2 and where it turns a flow round. */
const FLOW_ENDS = new Set(['src_ip', 'src_port', 'dest_ip', 'dest_port']);
/** Of the engine rather than of the message. */
const BESIDE = new Set(['proto', 'pkt_src', 'dns.tx_id']);
const OLD_TYPES: Readonly<Record<string, string>> = { query: 'request', answer: 'response' };

function fieldOf(event: EventLine, path: string): unknown {
  return path.startsWith('dns.') ? valueAt(event, path.slice(4)) : envelopeField(event, path);
}

describe('Suricata’s dns cases', () => {
  const cases = readdirSync(suricata).filter((name) => name.startsWith('dns-'));
  for (const name of cases) {
    const folder = join(suricata, name);
    const checks = checksOf(folder, 'dns');
    if (checks.length === 0) continue;
    it(`${name}: ${checks.length} checks`, async () => {
      const reading = await dissect(captureIn(folder));
      const events = reading.events.filter(
        ({ protocol, event }) => protocol === 'dns' && event !== 'malformed',
      );
      for (const { count, match } of checks) {
        const isOld =
          OLD_TYPES[String(match['dns.type'])] !== undefined || name.startsWith('dns-v2');
        const wanted = Object.entries(match)
          .filter(([path]) => !BESIDE.has(path))
          .filter(([path]) => !isOld || !(FLOW_ENDS.has(path) || path === 'dns.version'))
          .map(([path, value]) =>
            path === 'dns.type' ? [path, OLD_TYPES[String(value)] ?? value] : [path, value],
          );
        const check = { count, match: Object.fromEntries(wanted) };
        // The cut name comes with the second segment, which an acknowledgement follows before Suricata looks.
        if (name === 'dns-truncated-rname') delete check.match.pcap_cnt;
        expect(countMatching(events, check, fieldOf), JSON.stringify(check)).toBe(count);
      }
    });
  }

  it('does not take a message with odd flags for malformed', async () => {
    const { events } = await dissect(captureIn(join(suricata, 'dns-udp-z-flag-fp')));
    expect(events.map(({ event }) => event)).toEqual(['query', 'query', 'response', 'response']);
  });
});

describe('Zeek’s dns traces', () => {
  const events = async (name: string) => (await dissect(join(zeek, `${name}.pcap`))).events;

  it('reads unknown record types by number', async () => {
    const [query, response] = await events('dns-binds');
    expect(query).toMatchObject({
      event: 'query',
      id: 27571,
      rrname: 'example.net',
      rrtype: '65534',
    });
    expect(response).toMatchObject({ rcode: 'NOERROR', aa: true, ra: true });
    expect((response!.answers as unknown[]).length).toBe(16);
  });

  it('reads a dynamic update', async () => {
    const [update, answer] = await events('dynamic-update');
    expect(update).toMatchObject({ opcode: 5, rrname: 'StratoLab.org', rrtype: 'SOA' });
    expect(update).toMatchObject({
      authorities: [{}, {}, { rrtype: 'A', rdata: '192.168.1.106', ttl: 1200 }],
    });
    expect(answer).toMatchObject({ opcode: 5, rcode: 'REFUSED' });
  });

  it('combines the response code with EDNS’ upper bits', async () => {
    const codes = (await events('dns_extended_rcode')).map(({ rcode }) => rcode);
    expect(codes).toContain('BADVERS');
  });

  it('follows HTTPS records and tells of Encrypted ClientHello', async () => {
    const answers = (await events('ech')).flatMap(({ answers }) => (answers ?? []) as object[]);
    expect(answers).toContainEqual(
      expect.objectContaining({
        rrtype: 'HTTPS',
        svcb: expect.objectContaining({ ech_bytes: expect.any(Number) }),
      }),
    );
  });

  it.each([
    ['conn-count-too-large', undefined],
    ['dns-edns-bad-length', 'truncated EDNS option'],
    ['max-compression-depth', undefined],
    ['loc-29-trunc', undefined],
    ['sshfp-trunc', undefined],
    ['svcb-alpn-malformed-len-too-long', 'record data does not fit its type'],
  ])('%s is reported: %s', async (name, reason) => {
    const malformed = (await events(name)).filter(({ event }) => event === 'malformed');
    if (reason === undefined) expect(malformed).toEqual([]);
    else expect(malformed).toContainEqual(expect.objectContaining({ reason }));
  });

  it('notes who looked up what, and what it leads to', async () => {
    const { observations, addressOf } = await dissect(captureIn(join(suricata, 'dns-eve')));
    const lookups = [...observations.of('dns')];
    expect(lookups).toContainEqual(
      expect.objectContaining({
        service: 'dns',
        name: 'block.dropbox.com',
        type: 'A',
        rcode: 0,
        zone: 'dropbox.com',
        addresses: [{ address: '45.58.70.33', name: 'block.dropbox.com' }],
      }),
    );
    expect(lookups.find(({ name }) => name === 'client-cf.dropbox.com')!.count).toBe(2);
    expect(addressOf(lookups[0]!.client)).toBe('10.16.1.11');
  });

  it('notes multicast questions and announcements', async () => {
    const { observations } = await dissect(join(zeek, 'mdns.pcap'));
    expect([...observations.of('dns')]).toContainEqual(
      expect.objectContaining({
        service: 'mdns',
        name: '_ipp._tcp.local',
        type: 'PTR',
        rcode: undefined,
      }),
    );
    expect([...observations.of('announcement')].length).toBeGreaterThan(0);
  });
});
