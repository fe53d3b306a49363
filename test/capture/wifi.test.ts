import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dissect, type Reading } from '../support/dissect.ts';
import { all, data, program } from '../support/needs.ts';

const tshark = program('tshark');
const sentinel = all(data('iot-sentinel'), tshark);

/** Fields of the packets that a display filter lets through, as Wireshark has them. */
function wireshark(capture: string, filter: string, fields: readonly string[]): string[][] {
  const asked = fields.flatMap((field) => ['-e', field]);
  const text = execFileSync(
    tshark.path,
    ['-r', capture, '-Y', filter, '-T', 'fields', '-E', 'occurrence=a', ...asked],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

const CIPHERS: Readonly<Record<string, string>> = {
  1: 'wep-40',
  2: 'tkip',
  4: 'ccmp-128',
  5: 'wep-104',
};
const AKMS: Readonly<Record<string, string>> = { 1: '802.1x', 2: 'psk', 8: 'sae', 18: 'owe' };

/** Several fields' numbers, as names. */
const named = (texts: readonly (string | undefined)[], names: Readonly<Record<string, string>>) =>
  texts.flatMap((text) => (text ? text.split(',') : [])).map((number) => names[number] ?? number);

describe('key handshakes of real homes, beside Wireshark', sentinel, () => {
  it('have its message numbers, ciphers and key management', async () => {
    let compared = 0;
    for (const device of readdirSync(sentinel.path)) {
      if (device.includes('.')) continue;
      const folder = join(sentinel.path, device);
      const [name] = readdirSync(folder).sort();
      const capture = join(folder, name!);
      const theirs = wireshark(capture, 'wlan_rsna_eapol.keydes.msgnr || wlan_rsna_eapol', [
        'frame.number',
        'wlan_rsna_eapol.keydes.msgnr',
        'wlan.rsn.pcs.type',
        'wlan.wfa.ie.wpa.ucs.type',
        'wlan.rsn.akms.type',
        'wlan.wfa.ie.wpa.akms.type',
      ]);
      const { events } = await dissect(capture);
      const ours = new Map(
        events.filter(({ event }) => event === 'key').map((event) => [String(event.packet), event]),
      );
      for (const [number, message, rsn, wpa, rsnAkm, wpaAkm] of theirs) {
        const own = ours.get(number!) as Record<string, unknown>;
        expect(own, `${capture} ${number}`).toBeDefined();
        if (!message) continue;
        compared++;
        const group = own.group_message as number | undefined;
        // Wireshark numbers the messages that renew the group's key on from those of the handshake.
        if (group === undefined) expect(String(own.message), `${capture} ${number}`).toBe(message);
        const element = own.rsn as { pairwise_ciphers: string[]; akm_suites: string[] } | undefined;
        const ciphers = named([rsn, wpa], CIPHERS);
        if (ciphers.length === 0 || !element) continue;
        expect(element.pairwise_ciphers).toEqual(ciphers);
        expect(element.akm_suites).toEqual(named([rsnAkm, wpaAkm], AKMS));
      }
    }
    expect(compared).toBeGreaterThan(20);
  }, 120_000);
});

describe('frames under every header, beside Wireshark', tshark, () => {
  const folder = mkdtempSync(join(tmpdir(), 'fleetward-wifi-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
  const [station, point] = ['02 00 00 00 00 07', '02 00 00 00 00 01'];
  const rsn = '30 14 0100 000fac04 0100 000fac04 0100 000fac08 c000';
  const wpa = 'dd 16 0050f201 0100 0050f202 0100 0050f202 0100 0050f202';
  const dns = '0001 0100 0001 0000 0000 0000 05 706c617274 03 6f7267 00 0001 0001';
  const payload = hex(dns);
  const ip = Buffer.concat([
    hex('45 00 0000 0000 0000 40 11 0000 c0a80107 c0a80101'),
    hex('c350 0035 0000 0000'),
    payload,
  ]);
  ip.writeUInt16BE(ip.length, 2);
  ip.writeUInt16BE(8 + payload.length, 24);
  const frames = [
    hex(
      `80 00 0000 ffffffffffff ${point} ${point} 1000 ${'00'.repeat(8)} 6400 1104 00 04 486f6d65 ${rsn} ${wpa}`,
    ),
    hex(`00 00 0000 ${point} ${station} ${point} 2000 1104 0a00 00 04 486f6d65 ${rsn}`),
    hex(`10 00 0000 ${station} ${point} ${point} 2000 3104 0000 01c0`),
    Buffer.concat([
      hex(`88 01 0000 ${point} ${station} 02 00 00 00 00 fe 3000 0000 aaaa03 000000 0800`),
      ip,
    ]),
    hex(`c0 00 0000 ${point} ${station} ${point} 4000 0300`),
  ];
  const prism = Buffer.alloc(144);
  prism.writeUInt32LE(0x44, 0);
  prism.writeUInt32LE(144, 4);
  const avs = Buffer.alloc(64);
  avs.writeUInt32BE(0x80211001, 0);
  avs.writeUInt32BE(64, 4);
  const headers: readonly (readonly [linkType: number, header: Buffer])[] = [
    [105, Buffer.alloc(0)],
    [119, prism],
    [127, hex('00 00 0c00 04800000 02001800')],
    [163, avs],
    [192, hex('00 00 0800 69000000')],
  ];

  function written(linkType: number, header: Buffer): string {
    const path = join(folder, `${linkType}.pcap`);
    const head = hex('d4c3b2a1 0200 0400 00000000 00000000 ffff0000 00000000');
    head.writeUInt32LE(linkType, 20);
    const records = frames.map((frame, index) => {
      const bytes = Buffer.concat([header, frame]);
      const record = Buffer.alloc(16);
      record.writeUInt32LE(1_700_000_000 + index, 0);
      record.writeUInt32LE(bytes.length, 8);
      record.writeUInt32LE(bytes.length, 12);
      return Buffer.concat([record, bytes]);
    });
    writeFileSync(path, Buffer.concat([head, ...records]));
    return path;
  }

  describe.each(headers)('link type %i', (linkType, header) => {
    let capture = '';
    let reading: Reading;
    beforeAll(async () => {
      capture = written(linkType, header);
      reading = await dissect(capture);
    });

    it('has the same frames, and the packet in the one that is not encrypted', () => {
      const theirs = wireshark(capture, 'wlan', [
        'frame.number',
        'wlan.fc.type_subtype',
        'wlan.bssid',
        'dns.qry.name',
      ]);
      const subtypes: Readonly<Record<string, string>> = {
        beacon: '8',
        association_request: '0',
        association_response: '1',
        deauthentication: '12',
      };
      const ours = reading.events.map(({ packet, event, bssid, protocol, rrname }) =>
        protocol === 'dns'
          ? [String(packet), 'data', String(rrname)]
          : [String(packet), subtypes[event], String(bssid)],
      );
      expect(ours).toEqual(
        theirs.map(([number, type, bssid, name]) =>
          name ? [number, 'data', name] : [number, String(Number(type)), bssid],
        ),
      );
    });

    it('shows the association and the device behind it', () => {
      expect([...reading.observations.of('association')]).toMatchObject([
        { ssid: 'Home', keyManagement: ['sae'], pmf: 'required', outcome: 'accepted' },
      ]);
      const [lookup] = reading.observations.of('dns');
      expect(reading.macOf(lookup!.client)).toBe('02:00:00:00:00:07');
      expect(reading.addressOf(lookup!.client)).toBe('192.168.1.7');
    });
  });
});
