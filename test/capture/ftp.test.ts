import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureIn, dissect, type EventLine } from '../support/dissect.ts';
import { data } from '../support/needs.ts';
import { checksOf, countMatching, envelopeField, valueAt } from '../support/suricata.ts';
import { readZeekLog } from '../support/zeek.ts';

const suricata = join(import.meta.dirname, '../vectors/suricata');
const zeek = join(import.meta.dirname, '../vectors/zeek/ftp');

const ofFtp = (events: readonly EventLine[]) =>
  events.filter(({ protocol, event }) => protocol.startsWith('ftp') && event !== 'malformed');

describe('Suricata’s ftp cases', () => {
  const cases = readdirSync(suricata).filter((name) => name.startsWith('ftp-'));
  for (const name of cases) {
    const folder = join(suricata, name);
    for (const type of ['ftp', 'ftp_data']) {
      const checks = checksOf(folder, type);
      if (checks.length === 0) continue;
      it(`${name}: ${checks.length} checks on ${type}`, async () => {
        const { events } = await dissect(captureIn(folder));
        const own = ofFtp(events).filter(({ protocol }) => protocol === type);
        const fieldOf = (event: EventLine, path: string) =>
          path.startsWith(`${type}.`)
            ? valueAt(event, path.slice(type.length + 1))
            : envelopeField(event, path);
        for (const check of checks)
          expect(countMatching(own, check, fieldOf), JSON.stringify(check)).toBe(check.count);
      });
    }
  }

  it('ftp-ippair-leak-5204: every data connection is told from its control connection', async () => {
    const { events } = await dissect(captureIn(join(suricata, 'ftp-ippair-leak-5204')));
    expect(events.filter(({ protocol }) => protocol === 'ftp_data').length).toBe(20);
  });

  it('ftp-quit: a command alone is enough on its port', async () => {
    const { events } = await dissect(captureIn(join(suricata, 'ftp-quit')));
    expect(events).toMatchObject([{ command: 'QUIT', reply_received: 'no' }]);
  });

  it('ftp-passive-dynamic_port-02: the port is that of the passive reply', async () => {
    const { events } = await dissect(captureIn(join(suricata, 'ftp-passive-dynamic_port-02')));
    const passive = events.filter(({ command }) => command === 'PASV');
    expect(passive).toMatchObject([{ dynamic_port: 47_373, mode: 'passive' }]);
  });

  it('ftp-too-long-command-first: the line that was cut is malformed', async () => {
    const { events } = await dissect(captureIn(join(suricata, 'ftp-too-long-command-first')));
    expect(events.filter(({ event }) => event === 'malformed')).toMatchObject([
      { reason: 'line too long' },
    ]);
  });
});

/** Zeek logs some commands only, by default those that move files; a password is `<hidden>` or sealed. */
function agrees(event: EventLine, row: Readonly<Record<string, string>>): boolean {
  const codes = (event.completion_code as string[] | undefined) ?? [];
  const argument = event.command_data === undefined ? '-' : String(event.command_data);
  const port = row['data_channel.resp_p'];
  return (
    event.command === row.command &&
    (row.command === 'PASS' || row.arg === argument || row.arg!.endsWith(`/${argument}`)) &&
    codes.at(-1) === row.reply_code &&
    (port === undefined || port === '-' || event.dynamic_port === Number(port)) &&
    event.src_port === Number(row['id.orig_p'])
  );
}

describe('Zeek’s ftp traces', () => {
  const names = readdirSync(zeek).filter((name) => name.endsWith('.log'));
  for (const name of names.map((each) => each.slice(0, -'.log'.length))) {
    it(`${name}: every command in Zeek's log is here`, async () => {
      const { events } = await dissect(join(zeek, `${name}.pcap`));
      const rows = readZeekLog(readFileSync(join(zeek, `${name}.log`), 'utf8'));
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) {
        // Where a code is missing, Zeek repeats the one before; a reply of the end of the session is no one's.
        if (row.reply_msg === 'PASS OK' && row.command === 'SYST') continue;
        if (row.reply_code === '221' && row.command === 'RETR') continue;
        expect(
          events.some((event) => agrees(event, row)),
          JSON.stringify(row),
        ).toBe(true);
      }
    });
  }

  it('bruteforce: thirty refused guesses are one observation', async () => {
    const { observations } = await dissect(join(zeek, 'bruteforce.pcap'));
    const logins = [...observations.of('login')];
    expect(logins).toMatchObject([{ protocol: 'ftp', user: 'bro', outcome: 'refused', count: 30 }]);
    expect(logins[0]!.times.length).toBe(30);
  });

  it('ipv4: passive and active transfers are told with their files', async () => {
    const { observations } = await dissect(join(zeek, 'ipv4.pcap'));
    const transfers = [...observations.of('transfer')];
    expect(transfers.map(({ name, bytes, toClient }) => [name, bytes, toClient])).toEqual([
      ['robots.txt', 77, true],
      ['robots.txt', 77, false],
    ]);
  });

  it('retr: a download is seen', async () => {
    const { observations } = await dissect(join(zeek, 'retr.pcap'));
    expect([...observations.of('transfer')].length).toBe(1);
  });

  it('ftp-auth-tls: TLS follows the control connection', async () => {
    const trace = join(import.meta.dirname, '../vectors/zeek/tls/ftp-auth-tls.pcap');
    expect(existsSync(trace)).toBe(true);
    const { events, observations } = await dissect(trace);
    expect(events.map(({ event }) => event).slice(0, 4)).toEqual([
      ...['response', 'command', 'command', 'client_hello'],
    ]);
    expect([...observations.of('ftp')]).toMatchObject([{ secured: true, passwordSent: false }]);
    expect([...observations.of('tls')].length).toBe(1);
  });
});

const traces = data('zeek-traces-iot/traces/ftp');
describe('a long session', traces, () => {
  it('has a reply for each of its commands, but where the capture lost it', async () => {
    const { events } = await dissect(join(traces.path, 'cwd-navigation.pcap'));
    const commands = events.filter(({ event }) => event === 'command');
    expect(commands.length).toBeGreaterThan(3_000);
    expect(commands.filter((event) => event.reply_received === 'no').length).toBeLessThan(10);
    expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
  });
});
