import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect } from '../support/dissect.ts';
import { all, data, program } from '../support/needs.ts';
import { readZeekLog } from '../support/zeek.ts';

const zeek = join(import.meta.dirname, '../vectors/zeek/http');
const suricata = join(import.meta.dirname, '../vectors/suricata');

describe('Zeek’s http traces', () => {
  it.each(['basic-auth-with-colon', 'basic-auth-with-extra-space'])('%s', async (name) => {
    const { events } = await dissect(join(zeek, `${name}.pcap`));
    const [row] = readZeekLog(readFileSync(join(zeek, `${name}.log`), 'utf8'));
    expect(events).toMatchObject([
      {
        event: 'request',
        http_method: row!.method,
        hostname: row!.host!.split(':')[0],
        url: row!.uri,
        http_user_agent: row!.user_agent,
        authorization: { scheme: 'basic', username: row!.username },
      },
      {
        event: 'response',
        status: Number(row!.status_code),
        length: Number(row!.response_body_len),
      },
    ]);
    expect(JSON.stringify(events)).not.toContain(row!.password);
  });
});

describe('Suricata’s ssdp case', () => {
  it('is an announcement', async () => {
    const { events } = await dissect(join(suricata, 'sip-ssdp-pm/ssdp.pcap'));
    expect(events).toMatchObject([{ protocol: 'ssdp', event: 'notify' }]);
  });
});

/** Requests and answers as Wireshark has them: method and URL, or the status. */
function asWireshark(tshark: string, capture: string): string[] {
  const fields = ['http.request.method', 'http.request.uri', 'http.response.code'];
  const text = execFileSync(
    tshark,
    [
      // Answers whose bodies are cut are answers.
      ...[
        '-o',
        'http.desegment_body:FALSE',
        '-r',
        capture,
        '-Y',
        'http && tcp && !tls',
        '-T',
        'fields',
      ],
      ...['-E', 'separator=/t', '-E', 'occurrence=a', '-E', 'aggregator=\x1f'],
      ...fields.flatMap((field) => ['-e', field]),
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const messages: string[] = [];
  for (const line of text.split('\n')) {
    const [methods = '', urls = '', codes = ''] = line
      .split('\t')
      .map((each) => each.split('\x1f'));
    for (const [i, method] of [...methods].entries())
      if (method) messages.push(`${method} ${urls[i]}`);
    for (const code of codes) if (code) messages.push(code);
  }
  return messages.sort();
}

/** Secret values in URLs are replaced, so only what is before the query is compared. */
const withoutQuery = (message: string) => message.replace(/[?;].*/, '').slice(0, 200);

async function compare(tshark: string, capture: string): Promise<void> {
  const { events } = await dissect(capture);
  const ours = events
    .filter(({ protocol, event }) => protocol === 'http' && event !== 'malformed')
    .map((event) =>
      event.event === 'request' ? `${event.http_method} ${event.url}` : String(event.status),
    );
  const missing: string[] = [];
  const beyond = ours.map(withoutQuery);
  for (const message of asWireshark(tshark, capture).map(withoutQuery)) {
    const place = beyond.indexOf(message);
    if (place < 0) missing.push(message);
    else beyond.splice(place, 1);
  }
  expect(missing, capture).toEqual([]);
  // Wireshark leaves out an answer whose body the capture cuts off.
  expect(beyond.length, `${capture}: ${beyond.join(', ')}`).toBeLessThan(2);
}

const tshark = program('tshark');
const ndpi = data('ndpi-iot/pcap');
describe('nDPI’s http traces agree with Wireshark', all(ndpi, tshark), () => {
  it.each([
    ...['WebattackRCE.pcap', 'WebattackSQLinj.pcap', 'alexa-app.pcapng', 'exe_download.pcap'],
    ...['http_auth.pcap', 'jsonrpc.pcap', 'malware.pcap', 'sql_injection.pcap', 'trickbot.pcap'],
    ...['xiaomi.pcap', 'crawler_false_positive.pcapng', 'tls_certificate_too_long.pcap'],
  ])('%s', async (name) => {
    await compare(tshark.path, join(ndpi.path, name));
  });
});

const sentinel = data('iot-sentinel');
describe('set-up captures of real devices agree with Wireshark', all(sentinel, tshark), () => {
  it.each(['D-LinkCam', 'EdimaxCam1', 'WeMoSwitch', 'HueBridge', 'SmarterCoffee', 'Withings'])(
    '%s',
    async (device) => {
      const folder = join(sentinel.path, device);
      const captures = readdirSync(folder).filter((name) => name.endsWith('.pcap'));
      for (const name of captures.slice(0, 2)) await compare(tshark.path, join(folder, name));
    },
    60_000,
  );
});
