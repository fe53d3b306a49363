import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureIn, dissect } from '../support/dissect.ts';
import { data } from '../support/needs.ts';
import { tshark, tsharkFields } from '../support/tshark.ts';
import { readZeekLog } from '../support/zeek.ts';

const zeek = join(import.meta.dirname, '../vectors/zeek/sip');
const suricata = join(import.meta.dirname, '../vectors/suricata');

describe('Zeek’s sip traces', () => {
  it('junk before a request: the request is read', async () => {
    const [row] = readZeekLog(readFileSync(join(zeek, 'sip-junk-before-request.log'), 'utf8'));
    const { events } = await dissect(join(zeek, 'sip-junk-before-request.pcap'));
    expect(events).toMatchObject([{ event: 'request', method: row!.method, uri: row!.uri }]);
  });

  it('lengths that are no numbers: malformed, and read', async () => {
    const { events } = await dissect(join(zeek, 'invalid-content-length.pcap'));
    expect(
      events.map(({ event, method, code, reason }) => [event, method ?? code ?? reason]),
    ).toEqual([
      ['malformed', 'invalid Content-Length'],
      ['request', 'INVITE'],
      ['malformed', 'invalid Content-Length'],
      ['response', '200'],
    ]);
  });

  const traces = data('zeek-traces-iot/traces/sip');
  it.each(['invalid-content-length', 'sip-junk-before-request', 'sip-long-request-response-paths'])(
    'Wireshark agrees on %s',
    { skip: traces.skip || tshark.skip },
    async (name) => {
      const capture = join(traces.path, `${name}.pcap`);
      const fields = ['frame.number', 'sip.Method', 'sip.Status-Code'];
      const theirs = tsharkFields(capture, 'sip', fields);
      const { events } = await dissect(capture);
      const ours = events
        .filter(({ event }) => event !== 'malformed')
        .map(({ packet, method, code }) => [String(packet), method ?? '', code ?? '']);
      expect(ours).toEqual(theirs);
    },
  );
});

describe('Suricata’s sip-ssdp-pm', () => {
  it('is SSDP and no SIP', async () => {
    const { events } = await dissect(captureIn(join(suricata, 'sip-ssdp-pm')));
    expect(new Set(events.map(({ protocol }) => protocol))).toEqual(new Set(['ssdp']));
  });
});
