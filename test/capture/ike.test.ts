import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureIn, dissect } from '../support/dissect.ts';

import { tshark, tsharkFields } from '../support/tshark.ts';

const suricata = join(import.meta.dirname, '../vectors/suricata');
const CASES = ['ikev1-duplicate-proposals', 'ikev1-rules', 'ikev2-weak-dh'];

describe('Wireshark agrees', tshark, () => {
  it.each(CASES)('on the messages of %s', async (name) => {
    const capture = captureIn(join(suricata, name));
    const fields = ['frame.number', 'isakmp.ispi', 'isakmp.rspi', 'isakmp.exchangetype'];
    const theirs = tsharkFields(capture, 'isakmp', fields);
    const { events } = await dissect(capture);
    const ours = events.map(({ packet, init_spi, resp_spi, exchange_type }) =>
      [packet, init_spi, resp_spi, exchange_type].map(String),
    );
    expect(ours).toEqual(theirs);
  });
});

describe('Suricata’s ike cases', () => {
  it('ikev1-rules: a negotiation in main mode, its choice and its weak group', async () => {
    const { events, observations } = await dissect(captureIn(join(suricata, 'ikev1-rules')));
    expect(events.map(({ event }) => event)).toEqual([
      ...Array(6).fill('main_mode'),
      ...Array(3).fill('quick_mode'),
    ]);
    expect(events[1]!.weak_algorithms).toEqual(['GroupAlternate1024BitModpGroup']);
    expect([...observations.of('ike')]).toMatchObject([
      {
        version: 1,
        exchange: 'main_mode',
        chosen: {
          encryption: 'EncAesCbc',
          keyBits: 128,
          group: 'GroupAlternate1024BitModpGroup',
          authentication: 'AuthPreSharedKey',
        },
      },
    ]);
  });

  it('ikev2-weak-dh: an offer that nobody answers', async () => {
    const { observations } = await dissect(captureIn(join(suricata, 'ikev2-weak-dh')));
    expect([...observations.of('ike')]).toMatchObject([
      { version: 2, exchange: 'sa_init', chosen: undefined },
    ]);
    expect(observations.of('ike')[0]!.offered).toContain('Modp1024');
  });
});
