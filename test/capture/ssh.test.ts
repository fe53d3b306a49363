import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureIn, dissect, type EventLine, type Reading } from '../support/dissect.ts';
import { checksOf, valueAt } from '../support/suricata.ts';
import { readZeekLog } from '../support/zeek.ts';

const suricata = join(import.meta.dirname, '../vectors/suricata');
const zeek = join(import.meta.dirname, '../vectors/zeek/ssh');

/** EVE has one event a connection, with a part for each side; ours are the messages they were taken from. */
function asEve({ events }: Reading): object {
  const side = (isClient: boolean) => {
    const own = events.filter((event) => (event.dest_port === 22) === isClient);
    const banner = own.find(({ event }) => event === 'banner');
    const init = own.find(({ event }) => event === 'kexinit');
    const hassh = init?.hassh ?? init?.hassh_server;
    const string = init?.hassh_string ?? init?.hassh_server_string;
    return { ...banner, hassh: { hash: hassh, string } };
  };
  return { ssh: { client: side(true), server: side(false) } };
}

describe('Suricata’s ssh cases', () => {
  for (const name of readdirSync(suricata).filter((each) => each.startsWith('ssh-'))) {
    const folder = join(suricata, name);
    it(name, async () => {
      const reading = await dissect(captureIn(folder));
      const eve = asEve(reading);
      for (const { match } of checksOf(folder, 'ssh'))
        for (const [path, value] of Object.entries(match))
          if (path !== 'event_type') expect(valueAt(eve, path), path).toBe(value);
      expect(reading.events.filter(({ event }) => event === 'malformed')).toEqual([]);
    });
  }

  it('sees both sides go on to new keys', async () => {
    const { events } = await dissect(captureIn(join(suricata, 'ssh-newkeys')));
    expect(events.map(({ event }) => event)).toEqual([
      ...['banner', 'banner', 'kexinit', 'kexinit', 'kex_reply', 'newkeys', 'newkeys'],
    ]);
  });
});

describe('Zeek’s ssh traces', () => {
  const reply = (events: readonly EventLine[]) => events.find(({ event }) => event === 'kex_reply');

  it('agrees on what both sides chose and on the host key', async () => {
    const { events } = await dissect(join(zeek, 'ssh_kex_curve25519.pcap'));
    const [row] = readZeekLog(readFileSync(join(zeek, 'ssh_kex_curve25519.log'), 'utf8'));
    expect(reply(events)).toMatchObject({
      kex: row!.kex_alg,
      host_key_algorithm: row!.host_key_alg,
      encryption_client_to_server: row!.cipher_alg,
      mac_client_to_server: row!.mac_alg,
      // Zeek's baseline holds the beginning.
      host_key: expect.stringContaining(row!.host_key_fingerprint!),
    });
  });

  it('stops at the encryption, even in the segment of the new keys', async () => {
    const { events } = await dissect(
      join(zeek, 'ssh_server_sends_first_enc_pkt_with_newkeys.pcap'),
    );
    expect(events.filter(({ event }) => event === 'newkeys').length).toBe(2);
    expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
  });

  it('notes the session with its host key', async () => {
    const { observations, addressOf } = await dissect(join(zeek, 'ssh_kex_curve25519.pcap'));
    const [session, ...others] = [...observations.of('ssh')];
    expect(others).toEqual([]);
    expect(session).toMatchObject({
      clientBanner: 'SSH-2.0-OpenSSH_7.4',
      serverBanner: 'SSH-2.0-OpenSSH_7.5',
      hostKeyType: 'ssh-ed25519-cert-v01@openssh.com',
      kex: 'curve25519-sha256',
      encrypted: true,
    });
    expect(addressOf(session!.server)).toBe('192.168.1.32');
  });

  it('takes whoever shows a host key for the server, though it opened the connection', async () => {
    const { observations, addressOf } = await dissect(join(zeek, 'reverse-ssh.pcap'));
    const sessions = [...observations.of('ssh')];
    expect(sessions.map(({ hostKeyType }) => hostKeyType)).toContain('ssh-rsa');
    expect(sessions.map(({ server }) => addressOf(server))).toEqual(['10.0.0.1']);
  });
});
