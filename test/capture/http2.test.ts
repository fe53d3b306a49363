import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect, type EventLine } from '../support/dissect.ts';
import { failures, scanned } from '../support/fleetward.ts';
import { all, data } from '../support/needs.ts';
import { PEERS } from '../support/peers.ts';
import { tshark, tsharkFields } from '../support/tshark.ts';

const recorded = join(PEERS, 'http2.pcap');
const upgraded = join(PEERS, 'h2c.pcap');
const doh = data('suricata-verify-iot/dns-over-http2/dns_over_https.pcap');
const limit = data('suricata-verify-iot/dns-over-http2-limit/input.pcap');

/** The heads of all streams of a capture, as Wireshark reads them and as we do; whichever came first. */
const theirs = (path: string): string[] =>
  tsharkFields(path, 'http2.type == 1', [
    'http2.streamid',
    'http2.headers.method',
    'http2.headers.path',
    'http2.headers.status',
  ])
    .flatMap(([, methods, paths, statuses]) => [
      ...(methods?.split(';') ?? []).map((method, i) => `${method} ${paths?.split(';')[i]}`),
      ...(statuses?.split(';') ?? []),
    ])
    .filter((line) => line.trim() !== '')
    .sort();
const ours = (events: readonly EventLine[]): string[] =>
  events
    .filter(({ protocol, version }) => protocol === 'http' && version === 'HTTP/2')
    .map(({ event, http_method, url, status }) =>
      event === 'request' ? `${http_method} ${url}` : String(status),
    )
    .sort();

describe('HTTP/2 of real programs', () => {
  it.skipIf(tshark.skip).each([
    ['with prior knowledge', recorded],
    ['after an upgrade', upgraded],
    ...(all(doh, limit).skip
      ? []
      : [
          ['of Suricata, with DNS', doh.path],
          ['of Suricata, with a long body', limit.path],
        ]),
  ])('has the requests and answers that Wireshark finds, %s', async (_, path) => {
    const { events } = await dissect(path!);
    expect(ours(events).length).toBeGreaterThan(1);
    // Wireshark knows HTTP/2 without an upgrade on the usual ports only.
    const unknown = path === upgraded ? ['200', 'GET /index.html'] : [];
    expect(ours(events)).toEqual([...theirs(path!), ...unknown].sort());
    expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
  });

  it('joins a request of HTTP/1.1 with the answer that HTTP/2 gives after the upgrade', async () => {
    const { observations } = await dissect(upgraded);
    const exchanges = observations.of('http').map(({ path, status }) => `${path} ${status}`);
    expect(exchanges).toContain('/index.html 200');
    expect(exchanges).not.toContain(' 200');
    expect(observations.of('login')).toContainEqual(
      expect.objectContaining({ method: 'basic', user: 'admin' }),
    );
  });

  it('is judged by the controls of HTTP', () => {
    const failed = failures(scanned([recorded]));
    expect(failed).toContain('mac:02:00:00:00:09:01 CH-02 critical');
    expect(failed).toContain('mac:02:00:00:00:09:02 UP-01 high');
  });

  it('reads the DNS that it carries', doh, async () => {
    const { events, observations } = await dissect(doh.path);
    const answers = events.filter(
      ({ protocol, event }) => protocol === 'dns' && event === 'response',
    );
    expect(answers.map(({ rrname, rrtype }) => `${rrname} ${rrtype}`)).toEqual([
      'www.gstatic.com A',
      'www.gstatic.com A',
      'nav-edge.smartscreen.microsoft.com A',
      'nav-edge.smartscreen.microsoft.com HTTPS',
    ]);
    expect(observations.of('dns').map(({ name, rcode }) => `${name} ${rcode}`)).toContain(
      'www.gstatic.com 0',
    );
  });
});
