import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect } from '../support/dissect.ts';
import { failures, scanned } from '../support/fleetward.ts';
import { data } from '../support/needs.ts';
import { PEERS } from '../support/peers.ts';
import { tshark, tsharkFields } from '../support/tshark.ts';

const old = join(PEERS, 'amqp091.pcap');
const one = join(PEERS, 'amqp10.pcap');
const nats = join(PEERS, 'nats.pcap');
const ndpi = data('ndpi-iot/pcap/amqp.pcap');

describe('AMQP of real programs', () => {
  it
    .skipIf(tshark.skip)
    .each([
      ['of RabbitMQ', old],
      ...(ndpi.skip ? [] : [['of nDPI, taken up in the middle', ndpi.path]]),
    ])('has the methods of 0-9-1 that Wireshark finds, %s', async (_, path) => {
    const { events } = await dissect(path!);
    const theirs = tsharkFields(path!, 'amqp.init.version_major or amqp.method.class', [
      'amqp.method.class',
    ]).flatMap(([classes]) => (classes ? classes.split(';') : []));
    const ours = events.filter(
      ({ protocol, event }) => protocol === 'amqp' && event !== 'protocol_header',
    );
    expect(ours.length).toBe(theirs.length);
    expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
  });

  it('has the performatives of 1.0 that Wireshark finds', tshark, async () => {
    const { events } = await dissect(one);
    const theirs = tsharkFields(one, 'amqp.performative or amqp.sasl.method', [
      'amqp.performative',
      'amqp.sasl.method',
    ]).flatMap((fields) => fields.flatMap((list) => (list ? list.split(';') : [])));
    const ours = events.filter(
      ({ protocol, event }) => protocol === 'amqp' && event !== 'protocol_header',
    );
    expect(ours.length).toBe(theirs.length);
    expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
  });

  it.each([
    ['0-9-1', old],
    ['1.0', one],
  ])('tells the sign-in that was accepted from the one that was not, %s', async (_, path) => {
    const { observations } = await dissect(path);
    expect(
      observations.of('login').map(({ user, method, outcome }) => `${user} ${method} ${outcome}`),
    ).toEqual(['guest plain accepted', 'guest plain refused']);
    const said = observations.of('identification').map(({ more }) => more?.product);
    expect(said).toContainEqual(expect.stringMatching(/^RabbitMQ 3\./));
  });
});

describe('the controls of brokers', () => {
  it.each([
    ['AMQP 0-9-1', old],
    ['AMQP 1.0', one],
    ['NATS', nats],
  ])('find the password that crossed in clear by %s', (_, path) => {
    const failed = failures(scanned([path]));
    expect(failed).toContain('mac:02:00:00:00:09:01 CH-05 critical');
    expect(failed).toContain('mac:02:00:00:00:09:02 CH-05 critical');
  });

  it('know the account that every RabbitMQ has', () => {
    expect(failures(scanned([old]))).toContain('mac:02:00:00:00:09:01 AN-01 critical');
  });
});
