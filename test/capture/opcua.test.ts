import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect, type EventLine } from '../support/dissect.ts';
import { failures, scanned } from '../support/fleetward.ts';
import { data } from '../support/needs.ts';
import { PEERS } from '../support/peers.ts';
import { tshark, tsharkFields } from '../support/tshark.ts';

const recorded = join(PEERS, 'opcua.pcap');
const ndpi = data('ndpi-iot/pcap/opc-ua.pcap');

/** Message types and services, packet by packet, in Wireshark's numbers. */
const TYPES: Readonly<Record<string, string>> = {
  hello: 'HEL',
  acknowledge: 'ACK',
  error: 'ERR',
  open_secure_channel_request: 'OPN',
  open_secure_channel_response: 'OPN',
  close_secure_channel_request: 'CLO',
};
const ours = (events: readonly EventLine[]): string[] =>
  events
    .filter(({ protocol, event }) => protocol === 'opcua' && event !== 'encrypted_message')
    .map(({ packet, event }) => `${packet} ${TYPES[event] ?? 'MSG'}`);

describe('OPC UA of real programs', () => {
  it
    .skipIf(tshark.skip)
    .each([['recorded', recorded], ...(ndpi.skip ? [] : [['of nDPI', ndpi.path]])])(
    'has the messages that Wireshark finds, %s',
    async (_, path) => {
      const { events } = await dissect(path!);
      const encrypted = events.some(({ event }) => event === 'encrypted_message');
      const theirs = tsharkFields(path!, 'opcua', ['frame.number', 'opcua.transport.type']).flatMap(
        ([number, types]) => types!.split(';').map((type) => `${number} ${type}`),
      );
      const mine = ours(events);
      // Of encrypted messages one stands for all.
      if (encrypted) expect(theirs).toEqual(expect.arrayContaining(mine));
      else expect(mine).toEqual(theirs);
      expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
    },
  );

  it('knows policy, mode and use of each channel', async () => {
    const { observations } = await dissect(recorded);
    const channels = observations
      .of('opcua')
      .map(({ securityPolicy, securityMode, use, session, userToken }) =>
        [securityPolicy, securityMode, use, session, userToken].join(' '),
      );
    expect(channels).toEqual([
      'None none discovery none ',
      'None none session activated anonymous',
      'None none session activated user_name',
      'None none session refused user_name',
      'Basic256Sha256 sign session activated user_name',
      'Basic256Sha256 sign_and_encrypt session none ',
    ]);
    expect(observations.of('opcua')[1]?.offered).toContain('Basic256Sha256 sign_and_encrypt');
  });

  it('knows who signs in, who writes, and what server and client say of themselves', async () => {
    const { observations, addressOf } = await dissect(recorded);
    expect(observations.of('login').map(({ user, outcome }) => `${user} ${outcome}`)).toEqual([
      'operator accepted',
      'operator refused',
    ]);
    expect(
      observations.of('control_write').map(({ operation, outcome }) => `${operation} ${outcome}`),
    ).toEqual(['write accepted', 'write refused', 'call refused']);
    const said = observations
      .of('identification')
      .map((each) => ({ ...each, by: addressOf(each.server) }));
    expect(said).toContainEqual(
      expect.objectContaining({
        by: '10.9.0.1',
        maker: 'Example Works',
        model: 'PressController',
        version: '3.4.1',
        name: 'Press 4',
      }),
    );
    expect(said).toContainEqual(expect.objectContaining({ by: '10.9.0.2', name: 'Line HMI' }));
  });

  it('fails CH-21 for both sides', () => {
    const failed = failures(scanned([recorded])).filter((line) => line.includes('CH-21'));
    expect(failed).toEqual([
      'mac:02:00:00:00:09:01 CH-21 medium',
      'mac:02:00:00:00:09:02 CH-21 medium',
    ]);
  });
});
