import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { dissect, type Reading } from '../support/dissect.ts';

import { tshark, tsharkFields } from '../support/tshark.ts';
import { readZeekLog } from '../support/zeek.ts';

const zeek = join(import.meta.dirname, '../vectors/zeek/snmp');
const suricata = join(import.meta.dirname, '../vectors/suricata');
const CAPTURES = [
  ...['snmp-crash-62790', 'snmpv1_set', 'snmpv2_get_bulk', 'snmpv2_get_next', 'snmpv3_get_next'],
  'snmpwalk-short',
].map((name) => join(zeek, `${name}.pcap`));
CAPTURES.push(
  join(suricata, 'snmp-v2c-get/SNMPv2c_get_requests.pcap'),
  join(suricata, 'snmp-v3-encrypted/SNMPv3.pcap'),
);

describe('Wireshark agrees', tshark, () => {
  it.each(CAPTURES)('on every message, version and variable of %s', async (capture) => {
    const fields = ['frame.number', 'snmp.version', 'snmp.msgVersion', 'snmp.name'];
    const theirs = tsharkFields(capture, 'snmp', fields).map(
      ([number, version, version3, names]) => [
        Number(number),
        version3 ? Number(version3) : Number(version) + 1,
        names,
      ],
    );
    const { events } = await dissect(capture);
    const ours = events.map(({ packet, version, vars }) => [
      ...[packet, version, ((vars as string[] | undefined) ?? []).join(';')],
    ]);
    expect(ours).toEqual(theirs);
  });
});

describe('Zeek agrees', () => {
  it.each([
    ['snmpv3_get_next', 'username'],
    ['snmp-crash-62790', 'Admin001'],
  ])('on version, user and kinds of messages of %s', async (name, user) => {
    const [row] = readZeekLog(readFileSync(join(zeek, `${name}.log`), 'utf8'));
    const { events } = await dissect(join(zeek, `${name}.pcap`));
    const count = (...kinds: string[]) =>
      String(events.filter(({ event, usm }) => kinds.includes(event) && usm === user).length);
    expect(row).toMatchObject({
      version: String(events.at(-1)!.version),
      get_requests: count('get_request', 'get_next_request'),
      get_bulk_requests: count('get_bulk_request'),
      get_responses: count('response'),
      set_requests: count('set_request'),
    });
    expect(events.at(-1)!.usm).toBe(user);
  });
});

describe('a walk under the community public', () => {
  let reading: Reading;
  beforeAll(async () => {
    reading = await dissect(join(zeek, 'snmpwalk-short.pcap'));
  });

  it('is one observation of two hundred answered requests', () => {
    expect([...reading.observations.of('snmp')]).toMatchObject([
      { version: 2, operation: 'read', wellKnown: 'public', outcome: 'accepted', count: 200 },
    ]);
  });

  it('says what the agent is', () => {
    const said = reading.observations.of('identification').map(({ name, more }) => [name, more]);
    expect(said[0]![1]).toMatchObject({
      sysDescr: expect.stringMatching(/^Linux ubuntu.* 4\.4\.0-31/),
    });
    expect(said.some(([name]) => name === 'ubuntu-512mb-sfo2-01')).toBe(true);
  });

  it('prints no community', () => {
    expect(JSON.stringify(reading.events)).not.toContain('"community":"public"');
  });
});

describe('a write', () => {
  it('is noted with its community, which is no well-known one', async () => {
    const { observations } = await dissect(join(zeek, 'snmpv1_set.pcap'));
    expect([...observations.of('snmp')]).toMatchObject([
      { version: 1, operation: 'write', wellKnown: undefined, outcome: 'accepted' },
    ]);
  });
});
