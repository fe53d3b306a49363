import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect } from '../support/dissect.ts';

const zeek = join(import.meta.dirname, '../vectors/zeek/syslog');

/** Logs whose tests cut the heading have the names of the columns in their first line. */
function rowsOf(name: string): Record<string, string>[] {
  const lines = readFileSync(join(zeek, `${name}.log`), 'utf8')
    .split('\n')
    .map((line) => line.replace(/^#fields\t/, ''))
    .filter((line) => line !== '' && !line.startsWith('#'));
  const [names, ...rows] = lines.map((line) => line.split('\t'));
  return rows.map((row) => Object.fromEntries(row.map((value, i) => [names![i], value])));
}

const plain = (name: unknown): string => String(name).toUpperCase().replace('WARNING', 'WARN');

describe('Zeek agrees', () => {
  it.each(['syslog-single-udp', 'tcp-syslog', 'tcp-syslog-nontransparent'])(
    'on every message of %s',
    async (name) => {
      const { events } = await dissect(join(zeek, `${name}.pcap`));
      const ours = events.map((event) => [
        ...[event.src_ip, String(event.src_port), plain(event.facility_name)],
        plain(event.severity_name),
      ]);
      const theirs = rowsOf(name).map((row) => [
        ...[row['id.orig_h'], row['id.orig_p'], row.facility, row.severity],
      ]);
      expect(ours).toEqual(theirs);
      const headers = events.map(({ timestamp, hostname, app_name }) =>
        [timestamp, hostname, app_name].filter(Boolean).join(' '),
      );
      for (const [i, { message }] of rowsOf(name).entries())
        expect(message).toMatch(new RegExp(`^${headers[i]}:`));
    },
  );

  it('and nothing of what the messages say is told', async () => {
    const { events } = await dissect(join(zeek, 'tcp-syslog.pcap'));
    expect(JSON.stringify(events)).not.toContain('failed');
  });
});
