import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect } from '../support/dissect.ts';
import { program } from '../support/needs.ts';

const site = join(import.meta.dirname, '../../examples/site.pcap');

describe('CoAP in the site’s capture', () => {
  it('pairs what a client read and wrote with the answers', async () => {
    const { observations } = await dissect(site);
    const exchanges = [...observations.of('coap')];
    expect(exchanges.length).toBeGreaterThan(0);
    for (const exchange of exchanges) expect(exchange.response).toMatch(/^2\./);
    const malformed = [...observations.of('malformed')].filter(
      ({ protocol }) => protocol === 'coap',
    );
    expect(malformed.every((record) => record.malformed === 0)).toBe(true);
  });

  const tshark = program('tshark');
  it('agrees with Wireshark on every message', tshark, async () => {
    const { events } = await dissect(site);
    const ours = events
      .filter(({ protocol }) => protocol === 'coap')
      .map((event) => [event.packet, event.message_id, event.token]);
    const fields = ['frame.number', 'coap.mid', 'coap.token'].flatMap((name) => ['-e', name]);
    const output = execFileSync(
      tshark.path,
      ['-r', site, '-Y', 'coap', '-T', 'fields', ...fields],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    const theirs = output
      .trim()
      .split('\n')
      .map((line) => line.split('\t'))
      .map(([number, id, token]) => [Number(number), Number(id), token?.replaceAll(':', '')]);
    expect(ours).toEqual(theirs);
  });
});
