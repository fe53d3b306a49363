import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureIn, dissect, type EventLine } from '../support/dissect.ts';
import { checksOf, countMatching, envelopeField, valueAt } from '../support/suricata.ts';
import { readZeekLog } from '../support/zeek.ts';

const suricata = join(import.meta.dirname, '../vectors/suricata');
const zeek = join(import.meta.dirname, '../vectors/zeek/ntp');

it('meets Suricata’s ntp-keywords', async () => {
  const folder = join(suricata, 'ntp-keywords');
  const { events } = await dissect(captureIn(folder));
  const checks = checksOf(folder, 'ntp');
  const fieldOf = (event: EventLine, path: string) =>
    path.startsWith('ntp.') ? valueAt(event, path.slice(4)) : envelopeField(event, path);
  expect(checks.length).toBeGreaterThan(5);
  for (const check of checks)
    expect(countMatching(events, check, fieldOf), JSON.stringify(check)).toBe(check.count);
});

describe('Zeek’s ntp traces', () => {
  it.each(['NTP-digest', 'NTP_sync', 'misordered-ntp', 'ntp', 'ntp2'])('%s', async (name) => {
    const { events } = await dissect(join(zeek, `${name}.pcap`));
    const read = events.filter((event) => event.protocol === 'ntp' && (event.mode as number) < 6);
    const rows = readZeekLog(readFileSync(join(zeek, `${name}.log`), 'utf8'));
    expect(read.length).toBe(rows.length);
    const seen = read.map(asZeek).sort(byTransmitTime);
    const expected = rows.map(rowAsNumbers).sort(byTransmitTime);
    for (const [i, values] of expected.entries())
      for (const [field, value] of Object.entries(values))
        expect(seen[i]![field], `${field} of ${i}`).toBeCloseTo(value, 5);
  });

  it('notes that a client was answered, and how far its clock is off', async () => {
    const { observations, addressOf } = await dissect(join(zeek, 'ntp.pcap'));
    const records = [...observations.of('ntp')].filter(({ mode }) => mode === 3);
    expect(records.length).toBeGreaterThan(0);
    for (const record of records) {
      expect(addressOf(record.client)).toBe('192.168.43.118');
      expect(Math.abs(record.offset_s ?? 99)).toBeLessThan(1);
    }
    expect(records.some(({ answered, stratum }) => answered && stratum === 2)).toBe(true);
  });
});

type Values = Readonly<Record<string, number>>;

function asZeek(event: EventLine): Values {
  const number = (field: string) => (event[field] as number | undefined) ?? 0;
  return {
    version: number('version'),
    mode: number('mode'),
    stratum: number('stratum'),
    poll: 2 ** number('poll'),
    root_delay: number('root_delay'),
    root_disp: number('root_dispersion'),
    ref_time: number('reference_time'),
    org_time: number('origin_time'),
    rec_time: number('receive_time'),
    xmt_time: number('transmit_time'),
  };
}

function rowAsNumbers(row: Readonly<Record<string, string>>): Values {
  const names = ['version', 'mode', 'stratum', 'poll', 'root_delay', 'root_disp'];
  const times = ['ref_time', 'org_time', 'rec_time', 'xmt_time'];
  return Object.fromEntries([...names, ...times].map((name) => [name, Number(row[name])]));
}

function byTransmitTime(one: Values, other: Values): number {
  return one.xmt_time! - other.xmt_time! || one.org_time! - other.org_time!;
}
