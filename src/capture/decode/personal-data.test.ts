import { describe, expect, it } from 'vitest';
import type { Flow } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { httpObserver } from '../observe/http.ts';
import type { Observer } from '../observe/observer.ts';
import { personalDataObserver } from '../observe/personal-data.ts';
import { httpDecoder } from './http.ts';
import { mqttDecoder } from './mqtt.ts';
import { findPersonal } from './personal-data/find.ts';
import { watchPersonalData } from './personal-data.ts';
import { Feed } from './testing.ts';

const found = (text: string): string[] =>
  findPersonal(text).map(({ kind, value }) => `${kind} ${value}`);

describe('e-mail addresses', () => {
  it.each([
    ['{"user":"Anna.Berg@posteo.de","v":1}', 'anna.berg@posteo.de'],
    ['login=anna%40posteo.de&x=1', 'anna@posteo.de'],
    ['a=1%26mail%3Danna%40posteo.de', 'anna@posteo.de'],
    ['To: <anna+plug@mail.posteo.co.uk>', 'anna+plug@mail.posteo.co.uk'],
  ])('are found in %s', (text, address) => {
    expect(found(text)).toEqual([`email ${address}`]);
  });

  it.each([
    'user@example.com and me@test and a@host.local',
    'noreply@posteo.de, support@maker.net, admin@maker.net',
    'https://name:password@broker.maker.net/x and ssh://git2@maker.net',
    'icon@2x.png @ home, npm i left-pad@1.3.0',
    'root@192.168.1.1',
    '@@@@',
  ])('are not %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('positions', () => {
  it.each([
    ['{"lat":48.13712,"lng":11.57539}', '48.13712,11.57539'],
    ['lat=48.137&lon=-11.575', '48.137,-11.575'],
    ['{"Longitude": "11.5753", "Latitude": "48.1371"}', '48.1371,11.5753'],
    ['<latitude>48.1371</latitude><longitude>11.5753</longitude>', '48.1371,11.5753'],
    ['$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394', '48.117300,11.516667'],
  ])('are found in %s', (text, value) => {
    expect(found(text)).toEqual([`position ${value}`]);
  });

  it.each([
    'lat=48.1&lon=11.6',
    '{"lat":0.000000,"lng":0.000000}',
    '{"latency":12.3456,"long":11.57539}',
    '{"flat":48.13712,"lng":11.57539}',
    '{"lat":95.12345,"lng":11.57539}',
    '48.13712,11.57539',
  ])('are not %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('IMEIs', () => {
  it('are found by their name, or alone', () => {
    expect(found('{"imei":"356938035643809"}')).toEqual(['imei 356938035643809']);
    expect(found('tracker/356938035643809/position')).toEqual(['imei 356938035643809']);
  });

  it.each([
    '{"imei":"356938035643808"}',
    '{"serial":"356938035643809","more":"x"}',
    '{"imei":"490154203237518"}',
    '1700000000123456',
    'device/123456789012347/x',
    'imei=000000000000000',
  ])('are not %s', (text) => {
    expect(found(text)).toEqual([]);
  });
});

describe('what leaves for the internet', () => {
  const observer: Observer = {
    protocols: [],
    event: (event, direction, flow, at, into) => {
      const own = event.protocol === 'personal_data' ? personalDataObserver : httpObserver;
      own.event(event, direction, flow, at, into);
    },
  };
  const post = (body: string): Buffer =>
    Buffer.from(
      `POST /v1/report HTTP/1.1\r\nHost: maker.net\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  const sent = (body: string, flow: Partial<Flow>) => {
    const into = new Observations();
    const feed = new Feed(watchPersonalData(httpDecoder), flow, observer, into);
    feed.data(post(body), 0).close();
    return { events: feed.printed, noted: [...into.of('personal_data')] };
  };
  const outside = { serverPort: 80, serverAddress: '203.0.113.9' };

  it('is told as hashes, and marked for masking', () => {
    const { events, noted } = sent('{"mail":"anna@posteo.de"}', outside);
    expect(events.find(({ protocol }) => protocol === 'personal_data')).toMatchObject({
      event: 'email',
      carrier: 'http',
      where: 'body',
      value: expect.stringMatching(/^hmac-sha256:/),
    });
    expect(JSON.stringify(events)).not.toContain('anna@');
    expect(noted).toMatchObject([{ protocol: 'http', data: 'email', where: 'body', count: 1 }]);
    expect(noted[0]!.secrets.map((each) => Buffer.from(each.reveal()).toString())).toEqual([
      'anna@posteo.de',
    ]);
  });

  it('is not what stays here, nor what comes from there', () => {
    const body = '{"mail":"anna@posteo.de"}';
    expect(sent(body, { serverPort: 80, serverAddress: '192.168.1.9' }).noted).toEqual([]);
    const inward = { ...outside, clientAddress: '198.51.100.7', serverAddress: '192.168.1.9' };
    expect(sent(body, inward).noted).toEqual([]);
  });

  it('is looked for in client identifiers and messages of MQTT', () => {
    const connect = Buffer.from([
      0x10,
      27,
      0,
      4,
      ...Buffer.from('MQTT'),
      4,
      2,
      0,
      60,
      0,
      15,
      ...Buffer.from('356938035643809'),
    ]);
    const flow = { ...outside, serverPort: 1883 };
    const { printed } = new Feed(watchPersonalData(mqttDecoder), flow).data(connect, 0);
    expect(printed).toMatchObject([
      { protocol: 'mqtt', event: 'connect' },
      { protocol: 'personal_data', event: 'imei', carrier: 'mqtt', where: 'client_id' },
    ]);
  });

  it('is looked for in a bounded part of a flow', () => {
    const feed = new Feed(watchPersonalData(httpDecoder), outside);
    for (let i = 0; i < 200; i++) feed.data(post(`{"mail":"anna${i}@posteo.de"}`), 0);
    const told = feed.printed.filter(({ protocol }) => protocol === 'personal_data');
    expect(told.length).toBe(16);
  });

  it('takes no long time over any text', () => {
    const begun = performance.now();
    for (const part of ['@', 'a', 'a@', '%40', 'lat=48.123&', 'imei', '.', '1', '//a:', '$GPGGA,'])
      findPersonal(part.repeat(Math.ceil(4096 / part.length)));
    expect(performance.now() - begun).toBeLessThan(500);
  });
});
