import { describe, expect, it } from 'vitest';
import { mqttDecoder } from '../decode/mqtt.ts';
import { Feed, packet } from '../decode/testing.ts';
import { Observations } from '../observations.ts';
import { mqttObserver } from './mqtt.ts';

const text = (value: string) => Buffer.concat([Buffer.from([0, value.length]), Buffer.from(value)]);
const mqtt = (first: number, ...parts: (Buffer | number[])[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
  return Buffer.concat([Buffer.from([first, body.length]), body]);
};
const connect = (id: string, user?: string, password?: string) =>
  mqtt(
    0x10,
    text('MQTT'),
    [4, user === undefined ? 2 : 0xc2, 0, 60],
    text(id),
    ...(user === undefined ? [] : [text(user), text(password ?? '')]),
  );
const connack = (code: number) => mqtt(0x20, [0, code]);
const publish = (topic: string, message = '1') => mqtt(0x30, text(topic), Buffer.from(message));
const PING = mqtt(0xc0);

const open = (into: Observations, flow = {}) => new Feed(mqttDecoder, flow, mqttObserver, into);

describe('sessions', () => {
  it('holds who, with which credential, what was granted and what was published', () => {
    const into = new Observations();
    const session = open(into)
      .data(connect('lamp', 'joe', 'pw'), 0, packet(1, 100))
      .data(connack(0), 1, packet(2, 101))
      .data(mqtt(0x82, [0, 5], text('cmd/#'), [1], text('$SYS/#'), [0]), 0, packet(3, 102))
      .data(mqtt(0x90, [0, 5], [1, 0x80]), 1, packet(4, 103))
      .data(publish('state/lamp'), 0, packet(5, 104))
      .data(publish('state/lamp'), 0, packet(6, 105))
      .data(publish('cmd/lamp'), 1, packet(7, 106));
    session.close();
    const [record, ...others] = [...into.of('mqtt')];
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      clientId: 'lamp',
      protocolVersion: 4,
      userName: 'joe',
      keepAlive_s: 60,
      returnCode: 0,
      subscriptions: [
        { filter: 'cmd/#', qos: 1, granted: 1, at: { packet: 4 } },
        { filter: '$SYS/#', qos: 0, granted: 0x80, at: { packet: 4 } },
      ],
      published: new Map([['state/lamp', 2]]),
      received: new Map([['cmd/lamp', 1]]),
      messages: 3,
      from: 100,
      to: 106,
      refusals: [103],
    });
    expect(record?.packets.map((each) => each.packet)).toEqual([1, 2, 3, 4, 5, 7]);
    expect(record?.secrets.map(({ hash }) => hash)).toEqual([session.secrets.seal('pw').hash]);
  });

  it('tells reconnections of one client apart, so that no overlap is invented', () => {
    const into = new Observations();
    for (const start of [100, 200, 300]) {
      open(into, { clientPort: start })
        .data(connect('lamp'), 0, packet(start, start))
        .data(connack(0), 1, packet(start + 1, start))
        .data(PING, 0, packet(start + 2, start + (start === 200 ? 30 : 10)))
        .close();
    }
    const records = [...into.of('mqtt')];
    expect(records).toMatchObject([
      {
        count: 3,
        from: 200,
        to: 230,
        sessions: [
          { from: 100, to: 110 },
          { from: 200, to: 230 },
          { from: 300, to: 310 },
        ],
      },
    ]);
  });

  it('folds the ids of a client that invents a new one each time', () => {
    const into = new Observations();
    for (let i = 0; i < 200; i++)
      open(into)
        .data(connect(`mosq-${i}`), 0)
        .data(connack(0), 1)
        .close();
    const records = [...into.of('mqtt')];
    expect(records.length).toBe(51);
    expect(records.at(-1)).toMatchObject({ clientId: '', folded: true, count: 150 });
  });

  it('counts what is published before the answer, and notes a session without one', () => {
    const into = new Observations();
    open(into)
      .data(Buffer.concat([connect('lamp'), publish('a')]), 0)
      .close();
    expect([...into.of('mqtt')]).toMatchObject([
      { returnCode: undefined, messages: 1, published: new Map([['a', 1]]) },
    ]);
  });

  it('says nothing of the credential of a session whose CONNECT it did not see', () => {
    const into = new Observations();
    open(into, { openingSeen: false }).data(connack(0), 1).data(publish('a'), 0).close();
    expect([...into.of('mqtt')]).toMatchObject([
      { clientId: '', returnCode: undefined, messages: 1 },
    ]);
    expect([...into.of('login')]).toEqual([]);
  });

  it('keeps a bounded number of topics', () => {
    const into = new Observations();
    const session = open(into).data(connect('lamp'), 0).data(connack(0), 1);
    for (let i = 0; i < 1000; i++) session.data(publish(`t/${i}`), 0);
    const [record] = into.of('mqtt');
    expect(record?.published.size).toBe(201);
    expect(record?.published.get('…')).toBe(800);
  });

  it('lists secrets of the packets that are kept as proof', () => {
    const into = new Observations();
    const session = open(into).data(connect('lamp'), 0).data(connack(0), 1);
    session.data(publish('cfg', 'psk=abc'), 0).data(publish('cfg', 'psk=def'), 0);
    const [record] = into.of('mqtt');
    expect(record?.secrets.map(({ hash }) => hash)).toEqual([session.secrets.seal('abc').hash]);
  });
});

describe('sign-ins', () => {
  const signIn = (code: number | undefined, id = 'lamp') => {
    const into = new Observations();
    const session = open(into).data(connect(id, 'joe', 'pw'), 0, packet(1, 50));
    if (code !== undefined) session.data(connack(code), 1, packet(2, 51));
    session.close();
    return [...into.of('login')];
  };

  it('are accepted, refused or unknown by the answer', () => {
    expect(signIn(0)).toMatchObject([
      { protocol: 'mqtt', method: 'connect', user: 'joe', outcome: 'accepted', target: 'lamp' },
    ]);
    for (const code of [4, 5, 0x86, 0x87])
      expect(signIn(code)).toMatchObject([{ outcome: 'refused', times: [50] }]);
    expect(signIn(3)).toMatchObject([{ outcome: 'unknown' }]);
    expect(signIn(undefined)).toMatchObject([{ outcome: 'unknown' }]);
  });

  it('under new ids, refused, are one record with its times', () => {
    const into = new Observations();
    for (let i = 0; i < 100; i++)
      open(into)
        .data(connect(`x${i}`, 'admin', `guess${i}`), 0, packet(2 * i, i))
        .data(connack(5), 1)
        .close();
    const logins = [...into.of('login')];
    expect(logins.length).toBe(1);
    expect(logins[0]?.times.length).toBe(100);
  });
});
