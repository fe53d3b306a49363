import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect, type EventLine } from '../support/dissect.ts';

import { tshark, tsharkFields } from '../support/tshark.ts';
import { readZeekLog } from '../support/zeek.ts';

const zeek = join(import.meta.dirname, '../vectors/zeek/krb');
const suricata = join(import.meta.dirname, '../vectors/suricata');

/** Zeek has a row for an exchange, but none where pre-authentication is asked for, which is how one begins. */
function exchanges(events: readonly EventLine[]): object[] {
  const rows: object[] = [];
  let asked: EventLine | undefined;
  for (const event of events) {
    if (event.event.endsWith('_req')) asked = event;
    else if (event.event !== 'malformed' && event.error_number !== 25) {
      const error = event.event === 'error';
      rows.push({
        client: asked?.cname === undefined ? undefined : `${asked.cname}/${asked.realm}`,
        service: String(event.sname ?? '-'),
        success: error ? 'F' : 'T',
        error_msg: String(event.error_text ?? event.error_code ?? '-'),
        cipher: String(event.ticket_encryption ?? '-'),
      });
      asked = undefined;
    }
  }
  return rows;
}

describe('Zeek agrees', () => {
  it.each(['auth', 'kinit', 'optional-service-name'])('on every exchange of %s', async (name) => {
    const { events } = await dissect(join(zeek, `${name}.pcap`));
    const rows = readZeekLog(readFileSync(join(zeek, `${name}.log`), 'utf8'));
    const ours = exchanges(events);
    expect(ours.length).toBe(rows.length);
    for (const [i, row] of rows.entries()) {
      const { client, ...own } = ours[i] as { client: string | undefined };
      expect(row).toMatchObject(own);
      if (client !== undefined) expect(row.client).toBe(client);
    }
  });

  it('on an error that lacks nearly everything', async () => {
    const { events } = await dissect(join(zeek, 'error-preauth-padata.pcap'));
    expect(events).toMatchObject([
      { event: 'malformed', reason: 'version or type missing', readable: true },
      { event: 'error', error_code: 'KDC_ERR_PREAUTH_REQUIRED' },
    ]);
  });
});

describe('Wireshark agrees', tshark, () => {
  it.each([
    join(suricata, 'krb5-kerberoasting/kerberoast.pcap'),
    join(suricata, 'krb5-krb5_msg_type/input.pcap'),
    join(suricata, 'krb5-probing/krb.pcap'),
    join(zeek, 'auth.pcap'),
    join(zeek, 'kinit.pcap'),
    join(zeek, 'optional-service-name.pcap'),
  ])('on every message of %s', async (capture) => {
    const types = { as_req: 10, as_rep: 11, tgs_req: 12, tgs_rep: 13, error: 30 } as const;
    const theirs = tsharkFields(capture, 'kerberos.msg_type', [
      'frame.number',
      'kerberos.msg_type',
    ]).map(([number, type]) => [Number(number), Number(type!.split(';')[0])]);
    const { events } = await dissect(capture);
    const ours = events
      .filter(({ protocol }) => protocol === 'krb5')
      .map(({ packet, event }) => [packet, types[event as keyof typeof types]]);
    expect(ours).toEqual(theirs);
  });
});
