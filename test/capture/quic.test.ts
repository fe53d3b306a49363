import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureIn, dissect } from '../support/dissect.ts';
import { all, data, program } from '../support/needs.ts';
import { checksOf } from '../support/suricata.ts';

const suricata = join(import.meta.dirname, '../vectors/suricata');

describe('Suricata’s quic cases', () => {
  it('ja4-tls-quic', async () => {
    const folder = join(suricata, 'ja4-tls-quic');
    const [check] = checksOf(folder, 'quic');
    const { events } = await dissect(captureIn(folder));
    const hellos = events.filter(
      ({ protocol, event }) => protocol === 'quic' && event === 'client_hello',
    );
    expect(hellos.map(({ ja4 }) => ja4)).toEqual([check!.match['quic.ja4']]);
  });

  it('notes the handshake and that it was carried through', async () => {
    const { observations } = await dissect(captureIn(join(suricata, 'ja4-tls-quic')));
    const [handshake] = [...observations.of('tls')].filter(({ carrier }) => carrier === 'udp');
    expect(handshake).toMatchObject({
      clientHello: { serverName: 'cloudflare-quic.com', alpn: ['h3'] },
      serverHello: { version: 0x0304, cipher: 0x1301, group: 29 },
      established: true,
      alerts: [],
    });
  });
});

const sets = data('suricata-verify-iot');
const CAPTURES = [
  'suricata-verify-iot/ja4-quic/input.pcap',
  'suricata-verify-iot/ja4-tls-quic/input.pcap',
  'ndpi-iot/pcap/os_detected.pcapng',
];

describe('tshark', all(sets, data('ndpi-iot'), program('tshark')), () => {
  it.each(CAPTURES)('agrees on the packets in clear of %s', async (name) => {
    const path = join(sets.path, '..', name);
    const { events } = await dissect(path);
    const own = events
      .filter(({ protocol, event }) => protocol === 'quic' && event === 'initial')
      .map((event) => [event.packet, event.version, event.dcid, event.scid, event.packet_number]);
    const output = execFileSync(
      'tshark',
      [
        ...['-r', path, '-Y', 'quic.long.packet_type == 0', '-T', 'fields'],
        ...['frame.number', 'quic.version', 'quic.dcid', 'quic.scid', 'quic.packet_number'].flatMap(
          (field) => ['-e', field],
        ),
      ],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const theirs = output
      .trimEnd()
      .split('\n')
      .map((line) => {
        // Several packets of one datagram stand beside each other; the Initial packet is the first.
        const [frame, version, dcid, scid, number] = line
          .split('\t')
          .map((cell) => cell.split(',')[0]!);
        return [Number(frame), Number(version).toString(16), dcid, scid, Number(number)];
      });
    expect(own).toEqual(theirs);
  });
});
