import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect, type EventLine } from '../support/dissect.ts';
import { readZeekLog } from '../support/zeek.ts';

const zeek = join(import.meta.dirname, '../vectors/zeek/rdp');
const trace = (name: string) => dissect(join(zeek, `${name}.pcap`));
const rows = (name: string) => readZeekLog(readFileSync(join(zeek, `${name}.log`), 'utf8'));

const LEVELS: Readonly<Record<string, string>> = {
  high: 'High',
  client_compatible: 'Client compatible',
};

/** The messages of one connection as a row of rdp.log; what it has no message for is left out. */
function asRow(events: readonly EventLine[], port: string): Record<string, string> {
  const own = events.filter(
    ({ protocol, src_port, dest_port }) =>
      protocol === 'rdp' && (String(src_port) === port || String(dest_port) === port),
  );
  const one = (name: string) => own.find(({ event }) => event === name);
  const confirm = one('connection_confirm')!;
  const client = one('client_data');
  const server = one('server_data');
  const certificates = (server?.chain as object[] | undefined)?.length ?? 0;
  return {
    cookie: String(one('connection_request')?.cookie ?? '(empty)').replaceAll('\\', '\\\\'),
    result: String(confirm.failure ?? (client ? 'Success' : 'encrypted')),
    security_protocol: String(confirm.security_protocol ?? '-'),
    ...(client && {
      client_channels: (client.channels as string[]).join(','),
      client_name: String(client.client_name),
      client_dig_product_id: String(client.client_dig_product_id ?? '(empty)'),
      desktop_width: String(client.desktop_width),
      desktop_height: String(client.desktop_height),
      requested_color_depth: `${client.color_depth}bit`,
    }),
    ...(server && {
      cert_type: server.certificate_type === 'x509' ? 'X.509' : 'RSA',
      // Microsoft's own form counts as one.
      cert_count: String(Math.max(1, certificates)),
      cert_permanent: server.certificate_permanent ? 'T' : 'F',
      encryption_level: LEVELS[String(server.encryption_level)]!,
      encryption_method: String(server.encryption_method),
    }),
  };
}

describe('Zeek’s rdp traces', () => {
  it.each(['rdp-no-cookie-mstshash', 'rdp-proprietary-encryption', 'rdp-x509'])(
    '%s: every field of rdp.log',
    async (name) => {
      const { events } = await trace(name);
      const expected = rows(name);
      expect(expected.length).toBeGreaterThan(0);
      for (const row of expected) {
        const own = asRow(events, row['id.orig_p']!);
        expect(row).toMatchObject(own);
        expect(Object.keys(own).length).toBeGreaterThanOrEqual(3);
      }
      expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
    },
  );

  it('hands TLS on', async () => {
    const { events } = await trace('rdp-no-cookie-mstshash');
    const [row] = rows('rdp-no-cookie-mstshash.ssl');
    const one = (name: string) =>
      events.find(({ protocol, event }) => protocol === 'tls' && event === name);
    expect(one('server_hello')).toMatchObject({ cipher_name: row!.cipher });
    expect(one('certificate')).toMatchObject({
      subject: row!.subject,
      chain: [{ sha256: row!.cert_chain_fps }],
    });
    expect(one('established')).toMatchObject({ version: 'TLS 1.2' });
  });

  it('reads both certificates, the server’s own first', async () => {
    const { events } = await trace('rdp-x509');
    const server = events.find(({ event }) => event === 'server_data');
    expect((server!.chain as { sha256: string }[]).map(({ sha256 }) => sha256)).toEqual([
      'bd97671306086c3393a1bd835340a68043557a7ae131b8ee72f4d015287024ba',
      'e3859c4a77098a7b84589e0cb1171662d15699fc84c19d3421f7d52dc0dc59c9',
    ]);
  });

  it('notes what guards the session', async () => {
    const { observations } = await trace('rdp-proprietary-encryption');
    const sessions = [...observations.of('administration')];
    expect(sessions.map(({ security, access, answered }) => [security, access, answered])).toEqual([
      [undefined, 'refused', true],
      ['rdp', 'unknown', true],
    ]);
    expect([...observations.of('identification')]).toMatchObject([{ name: 'FROG-POND' }]);
  });
});
