import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect } from '../support/dissect.ts';
import { PEERS } from '../support/peers.ts';
import { tshark, tsharkFields } from '../support/tshark.ts';

const recorded = join(PEERS, 'knx.pcap');

describe('KNXnet/IP of real programs', () => {
  it('has the services and frames that Wireshark finds', tshark, async () => {
    const { events } = await dissect(recorded);
    const theirs = tsharkFields(recorded, 'kip', [
      'frame.number',
      'cemi.mc',
      'cemi.sa',
      'cemi.da',
    ]).map(([number, code]) => `${number} ${code ? Number(code) : ''}`);
    const codes: Readonly<Record<string, number>> = {
      l_data_req: 0x11,
      l_data_ind: 0x29,
      l_data_con: 0x2e,
    };
    const ours = events.map(({ packet, frame }) => {
      const code = codes[(frame as { message: string } | undefined)?.message ?? ''];
      return `${packet} ${code ?? ''}`;
    });
    expect(ours).toEqual(theirs);
    expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
  });

  it('knows the gateway, and who wrote to the bus through it', async () => {
    const { observations, addressOf } = await dissect(recorded);
    const said = observations.of('identification');
    expect(said[0]).toMatchObject({
      protocol: 'knx',
      name: 'knxd-gateway',
      more: { 'knx individual address': '1.1.1' },
    });
    expect(new Set(said.map(({ server }) => addressOf(server)))).toEqual(new Set(['10.9.0.1']));
    expect(
      observations
        .of('control_write')
        .map(({ client, server, operation, outcome }) => [
          addressOf(client),
          addressOf(server),
          operation,
          outcome,
        ]),
    ).toEqual([['10.9.0.2', '10.9.0.1', 'group_value_write', 'accepted']]);
  });
});
