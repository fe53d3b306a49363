import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { captureIn, dissect, type EventLine } from '../support/dissect.ts';
import { data } from '../support/needs.ts';
import { checksOf, valueAt } from '../support/suricata.ts';

const suricata = join(import.meta.dirname, '../vectors/suricata');

/** Suricata gives 0 for a DISCONNECT that holds a reason code and nothing else; ours is the code on the wire. */
const WIRE_SAYS: Readonly<Record<string, number>> = { 'mqtt5-unsub-qos2': 4 };

/** EVE has one record an exchange with a part for each message; ours are the messages. */
function partsOf(match: Readonly<Record<string, unknown>>): Map<string, Map<string, unknown>> {
  const parts = new Map<string, Map<string, unknown>>();
  for (const [key, value] of Object.entries(match)) {
    const [protocol, event, ...rest] = (key === 'has-key' ? String(value) : key).split('.');
    if (protocol !== 'mqtt') continue;
    const fields = parts.get(event!) ?? new Map<string, unknown>();
    if (rest.length > 0) fields.set(rest.join('.'), value);
    parts.set(event!, fields);
  }
  return parts;
}

function matches(line: EventLine, fields: ReadonlyMap<string, unknown>, name: string): boolean {
  for (const [path, value] of fields) {
    const actual = valueAt(line, path);
    let expected = value;
    if (path === 'password') expected = expect.stringMatching(/^hmac-sha256:[0-9a-f]{32}$/);
    if (line.event === 'disconnect' && path === 'reason_code') expected = WIRE_SAYS[name] ?? value;
    try {
      expect(actual).toEqual(expected);
    } catch {
      return false;
    }
  }
  return true;
}

describe('Suricata’s mqtt cases', () => {
  for (const name of readdirSync(suricata).filter((each) => each.startsWith('mqtt'))) {
    const folder = join(suricata, name);
    const checks = checksOf(folder, 'mqtt');
    if (checks.length === 0) continue;
    it(name, async () => {
      const { events } = await dissect(captureIn(folder));
      for (const { count, match } of checks) {
        for (const [event, fields] of partsOf(match)) {
          const found = events.filter(
            (line) => line.event === event && matches(line, fields, name),
          );
          expect(found.length, JSON.stringify([event, ...fields])).toBe(count);
        }
      }
      expect(events.filter(({ event }) => event === 'malformed')).toEqual([]);
    });
  }

  it('reports a message type that is not assigned, and reads on behind it', async () => {
    const { events } = await dissect(captureIn(join(suricata, 'mqtt-events-unassigned-msgtype')));
    expect(events.map(({ event }) => event)).toEqual([
      ...['connect', 'connack', 'malformed', 'disconnect'],
    ]);
    expect(events[2]).toMatchObject({ reason: 'unassigned message type', readable: false });
  });

  it('reads a session whose CONNECT is missing from the capture, without blaming the sender', async () => {
    const { events, observations } = await dissect(
      captureIn(join(suricata, 'mqtt-events-missing-connect')),
    );
    const mqtt = events.filter(({ protocol }) => protocol === 'mqtt');
    expect(mqtt.find(({ event }) => event === 'connack')).toMatchObject({ return_code: 0 });
    expect(mqtt.find(({ event }) => event === 'publish')).toMatchObject({
      topic: 'house/bulbs/bulb1',
      message: 'OFF',
    });
    expect(mqtt.some(({ event }) => event === 'malformed')).toBe(false);
    // Who signed in, and whether without a credential, is not known then.
    const unseen = [...observations.of('mqtt')].find(({ clientId }) => clientId === '');
    expect(unseen).toMatchObject({ returnCode: undefined, messages: 3 });
  });

  it('tells a refusal from an acceptance', async () => {
    const { observations } = await dissect(captureIn(join(suricata, 'mqtt-connect-rules-2')));
    expect([...observations.of('mqtt')]).toMatchObject([{ returnCode: 134, userName: 'user' }]);
    expect([...observations.of('login')]).toMatchObject([
      { protocol: 'mqtt', method: 'connect', user: 'user', outcome: 'refused' },
    ]);
  });
});

describe('Zeek’s mqtt trace', () => {
  it('agrees on clients, subscriptions and what was published each way', async () => {
    const { observations } = await dissect(
      join(import.meta.dirname, '../vectors/zeek/mqtt/mqtt.pcap'),
    );
    const [reader, writer, ...others] = [...observations.of('mqtt')];
    expect(others).toEqual([]);
    expect(reader).toMatchObject({
      clientId: 'paho/34AAE54A75D839566E',
      protocolVersion: 3,
      returnCode: 0,
      keepAlive_s: 5,
      subscriptions: [{ filter: 'SampleTopic', qos: 0, granted: 0 }],
      published: new Map(),
      received: new Map([['SampleTopic', 2]]),
    });
    expect(writer).toMatchObject({
      clientId: 'paho/DDE4DDAF4108D3E363',
      published: new Map([['SampleTopic', 1]]),
      received: new Map(),
    });
  });
});

const mqttset = data('mqttset-reduced');
describe('MQTTset', mqttset, () => {
  it('counts every packet of a flood of 39,452 as Wireshark does', async () => {
    const { observations } = await dissect(join(mqttset.path, 'flood/flood-train.pcap'));
    expect([...observations.of('mqtt')]).toMatchObject([{ messages: 39_452 }]);
    const sent = [...observations.of('malformed')].filter(({ protocol }) => protocol === 'mqtt');
    expect(sent.map(({ units, malformed }) => [units, malformed])).toEqual([
      [39_453, 0],
      [1, 0],
    ]);
  });

  it('keeps guesses of a password together, with their times', async () => {
    const { observations } = await dissect(join(mqttset.path, 'bruteforce'));
    const logins = [...observations.of('login')];
    const times = logins.map((login) => login.times.length);
    expect(times.reduce((sum, each) => sum + each, 0)).toBeGreaterThan(800);
    expect(logins.every(({ outcome }) => outcome !== 'accepted')).toBe(true);
    expect(logins.length).toBeLessThan(20);
  });
});
