import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { expectUnharmed, OTHERS } from '../../../test/support/hostile.ts';
import { sshObserver } from '../observe/ssh.ts';
import { sshDecoder } from './ssh.ts';
import { Feed, testFlow } from './testing.ts';

const flow = { carrier: 'tcp', serverPort: 22 } as const;
const u32 = (value: number) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]);
const string = (value: string | Uint8Array) => {
  const bytes = Buffer.from(value as string);
  return Buffer.concat([u32(bytes.length), bytes]);
};
const packet = (type: number, ...parts: Uint8Array[]) => {
  const payload = Buffer.concat([Buffer.from([type]), ...parts]);
  const padding = 8 - ((payload.length + 5) % 8) + 4;
  return Buffer.concat([
    u32(payload.length + padding + 1),
    Buffer.from([padding]),
    payload,
    Buffer.alloc(padding),
  ]);
};
const kexInit = (kex: string, hostKeys = 'ssh-ed25519') =>
  packet(
    20,
    Buffer.alloc(16),
    ...[
      kex,
      hostKeys,
      'aes128-ctr',
      'aes256-ctr',
      'hmac-sha2-256',
      'hmac-sha2-512',
      'none',
      'zlib',
      '',
      '',
    ].map(string),
    Buffer.alloc(5),
  );
const ed25519 = Buffer.concat([string('ssh-ed25519'), string(Buffer.alloc(32, 7))]);
const fingerprint = (key: Buffer) =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
const banner = Buffer.from('SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n');
const dropbear = Buffer.from('SSH-2.0-dropbear_2022.83\r\n');
const newKeys = packet(21);

const session = (kex: string, reply: Buffer) =>
  new Feed(sshDecoder, flow)
    .data(Buffer.concat([banner, kexInit(`${kex},diffie-hellman-group14-sha1`)]), 0)
    .data(Buffer.concat([dropbear, kexInit(kex), reply, newKeys, Buffer.alloc(40, 0xee)]), 1)
    .data(newKeys, 0);

describe('recognition', () => {
  const recognise = (text: string | Uint8Array, serverPort = 22) => {
    const bytes = Buffer.from(text as string);
    return sshDecoder.recognise(bytes, 0, bytes.length, 0, testFlow({ ...flow, serverPort }));
  };

  it('knows a banner on any port', () => {
    expect(recognise(banner, 2222)).toBe('yes');
    expect(recognise('SS', 2222)).toBe('more');
    expect(recognise('SMTP', 2222)).toBe('no');
  });

  it('waits for the banner behind other lines, on its port', () => {
    expect(recognise('Authorised use only\r\n')).toBe('more');
    expect(recognise('Authorised use only\r\nSSH-2.0-x\r\n')).toBe('yes');
    expect(recognise('Authorised use only\r\nSSH-2.0-x\r\n', 2222)).toBe('no');
  });

  it.each(Object.keys(OTHERS).filter((name) => name !== 'ssh'))('leaves %s alone', (protocol) => {
    expect(recognise(OTHERS[protocol]!, 2222)).toBe('no');
    expect(recognise(OTHERS[protocol]!)).not.toBe('yes');
  });
});

describe('key exchange', () => {
  it('tells a session up to its encryption, and wants no more', () => {
    const feed = session(
      'curve25519-sha256',
      packet(31, string(ed25519), string('Q'), string('S')),
    );
    expect(feed.printed).toMatchObject([
      {
        event: 'banner',
        proto_version: '2.0',
        software_version: 'OpenSSH_9.2p1',
        comments: 'Debian-2',
      },
      { event: 'kexinit', kex_algorithms: 'curve25519-sha256,diffie-hellman-group14-sha1' },
      { event: 'banner', software_version: 'dropbear_2022.83' },
      { event: 'kexinit', server_host_key_algorithms: 'ssh-ed25519' },
      {
        event: 'kex_reply',
        host_key_type: 'ssh-ed25519',
        host_key: fingerprint(ed25519),
        kex: 'curve25519-sha256',
        host_key_algorithm: 'ssh-ed25519',
        encryption_client_to_server: 'aes128-ctr',
        encryption_server_to_client: 'aes256-ctr',
        mac_client_to_server: 'hmac-sha2-256',
        mac_server_to_client: 'hmac-sha2-512',
      },
      { event: 'newkeys' },
      { event: 'newkeys' },
    ]);
    expect(feed.parser.done).toBe(true);
  });

  it('hashes a client’s lists for HASSH, and a server’s for HASSHServer', () => {
    const [, client, , server] = session('curve25519-sha256', packet(31)).printed;
    const text = 'curve25519-sha256,diffie-hellman-group14-sha1;aes128-ctr;hmac-sha2-256;none';
    expect(client).toMatchObject({
      hassh_string: text,
      hassh: createHash('md5').update(text).digest('hex'),
    });
    expect(server).toMatchObject({
      hassh_server_string: 'curve25519-sha256;aes256-ctr;hmac-sha2-512;zlib',
    });
  });

  it.each([
    ['diffie-hellman-group14-sha256', 31],
    ['ecdh-sha2-nistp256', 31],
    ['sntrup761x25519-sha512@openssh.com', 31],
    ['mlkem768x25519-sha256', 31],
    ['rsa2048-sha256', 30],
  ])('finds the host key of %s', (kex, number) => {
    const feed = session(kex, packet(number, string(ed25519), string('Q'), string('S')));
    expect(feed.printed).toContainEqual(
      expect.objectContaining({ event: 'kex_reply', kex, host_key: fingerprint(ed25519) }),
    );
  });

  it('does not take the group of a group exchange for the key', () => {
    const group = packet(31, string(Buffer.alloc(256, 0x99)), string(Buffer.from([2])));
    const reply = packet(33, string(ed25519), string('f'), string('S'));
    const feed = session('diffie-hellman-group-exchange-sha256', Buffer.concat([group, reply]));
    const replies = feed.printed.filter(({ event }) => event === 'kex_reply');
    expect(replies).toMatchObject([{ host_key: fingerprint(ed25519) }]);
  });

  it('measures RSA and DSA keys', () => {
    const modulus = Buffer.concat([Buffer.from([0, 0xc0]), Buffer.alloc(127, 1)]);
    const rsa = Buffer.concat([string('ssh-rsa'), string(Buffer.from([1, 0, 1])), string(modulus)]);
    const feed = session('diffie-hellman-group14-sha1', packet(31, string(rsa)));
    expect(feed.printed).toContainEqual(
      expect.objectContaining({ host_key_type: 'ssh-rsa', host_key_bits: 1024 }),
    );
  });

  it('takes bytes in any pieces', () => {
    const stream = Buffer.concat([
      Buffer.from('Hello\r\n'),
      dropbear,
      kexInit('x'),
      packet(31, string(ed25519)),
      newKeys,
    ]);
    const feed = new Feed(sshDecoder, flow);
    for (const byte of stream) feed.data(Uint8Array.of(byte), 1);
    expect(feed.printed.map(({ event }) => event)).toEqual([
      'banner',
      'kexinit',
      'kex_reply',
      'newkeys',
    ]);
  });

  it('leaves SSH 1 after its banner', () => {
    const feed = new Feed(sshDecoder, flow)
      .data(Buffer.from('SSH-1.99-OpenSSH_3.4\n'), 1)
      .data(Buffer.from('SSH-1.5-old\n'), 0)
      .data(Buffer.from([0, 0, 1, 11, 0, 0, 0, 0, 0, 2]), 1);
    expect(feed.printed.map(({ proto_version }) => proto_version)).toEqual(['1.99', '1.5']);
    expect(feed.parser.done).toBe(true);
  });
});

describe('broken sessions', () => {
  const read = (bytes: Buffer) => new Feed(sshDecoder, flow).data(bytes, 0).printed.at(-1);

  it.each([
    ['packet length out of bounds', Buffer.concat([banner, Buffer.alloc(8, 0xff)])],
    [
      'name-list out of bounds',
      Buffer.concat([banner, packet(20, Buffer.alloc(16), u32(0x7fffffff))]),
    ],
    ['banner longer than 255 bytes', Buffer.from(`SSH-2.0-${'x'.repeat(400)}\r\n`)],
    ['banner without version', Buffer.from('SSH-\r\n')],
    ['no banner', Buffer.from('hello\r\n'.repeat(400))],
  ])('%s', (reason, bytes) => {
    expect(new Feed(sshDecoder, flow).data(bytes, 0).printed).toContainEqual(
      expect.objectContaining({ event: 'malformed', reason }),
    );
    expect(read(bytes)).toBeDefined();
  });

  it('gives up when bytes are lost', () => {
    expect(new Feed(sshDecoder, flow).data(banner, 0).gap(100, 0).parser.done).toBe(true);
  });

  it('is not what a server is that sends a client away in plain text', () => {
    const feed = new Feed(sshDecoder, flow).data(dropbear, 1).data(Buffer.from('\r\n'), 0);
    feed.data(Buffer.from('Protocol mismatch.\n'), 1);
    expect(feed.printed.map(({ event }) => event)).toEqual(['banner']);
    expect(feed.parser.done).toBe(true);
  });

  it('survives anything', () => {
    const samples = [
      Buffer.concat([banner, kexInit('curve25519-sha256'), packet(31, string(ed25519)), newKeys]),
    ];
    expectUnharmed({ decoder: sshDecoder, flow, observer: sshObserver, samples, runs: 1_000 });
  });
});
