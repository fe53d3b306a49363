import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect } from '../support/dissect.ts';
import { PEERS } from '../support/peers.ts';
import { tshark, tsharkFields } from '../support/tshark.ts';

const recorded = join(PEERS, 'bacnet.pcap');

describe('BACnet of real programs', () => {
  it(
    'has the services, invoke ids, objects and properties that Wireshark finds',
    tshark,
    async () => {
      const { events } = await dissect(recorded);
      const ours = events.map(({ packet, invoke_id, device_instance, object }) =>
        [
          packet,
          invoke_id ?? '',
          device_instance ?? /^.*:(\d+)$/.exec(String(object ?? ''))?.[1] ?? '',
        ].join(' '),
      );
      const theirs = tsharkFields(recorded, 'bacapp', [
        'frame.number',
        'bacapp.invoke_id',
        'bacapp.instance_number',
      ]).map((fields) => fields.join(' '));
      expect(ours.filter((line) => !theirs.includes(line))).toEqual([
        // Of several properties Wireshark has the object once, here each has it.
        expect.stringMatching(/^19 8/),
      ]);
      expect(ours.length).toBe(theirs.length);
      expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
    },
  );

  it('knows who the device is, who commands it, and which password went with it', async () => {
    const { observations, addressOf } = await dissect(recorded);
    const said = observations.of('identification').filter(({ model }) => model !== undefined);
    expect(said.map(({ server }) => addressOf(server))).toEqual(['10.9.0.1']);
    expect(said).toMatchObject([
      {
        maker: 'Example Climate',
        model: 'CX-900',
        version: '4.1.7',
        serial: 'SN-10042',
        name: 'Chiller 2',
      },
    ]);
    expect(
      observations
        .of('control_write')
        .map(({ operation, effect, outcome }) => `${operation} ${effect} ${outcome}`),
    ).toEqual([
      'write_property value accepted',
      'write_property value refused',
      'device_communication_control mode accepted',
      'reinitialize_device mode refused',
    ]);
    expect(observations.of('login').map(({ method, outcome }) => `${method} ${outcome}`)).toEqual([
      'device_communication_control accepted',
      'reinitialize_device refused',
    ]);
  });
});
