import { describe, expect, it } from 'vitest';
import { bytesOf, conversations } from '../../../test/support/peers.ts';
import { coapDecoder } from '../decode/coap.ts';
import { Feed } from '../decode/testing.ts';
import { Observations } from '../observations.ts';
import { coapObserver } from './coap.ts';

const UDP = { carrier: 'udp', serverPort: 5683 } as const;
/** One option with the difference of its number to the one before. */
const option = (delta: number, value: string | Buffer): Buffer => {
  const bytes = Buffer.from(value as string);
  const length = bytes.length < 13 ? [bytes.length] : [13, bytes.length - 13];
  return Buffer.concat([Buffer.from([(delta << 4) | length[0]!, ...length.slice(1)]), bytes]);
};
const message = (
  first: number,
  code: number,
  options: Buffer[],
  payload?: Buffer | string,
): Buffer =>
  Buffer.concat([
    Buffer.from([first | 1, code, 0x12, 0x34, 0xaa]),
    ...options,
    ...(payload === undefined ? [] : [Buffer.from([0xff]), Buffer.from(payload as string)]),
  ]);
const observed = (...said: readonly (readonly [Buffer, 0 | 1])[]) => {
  const into = new Observations();
  const feed = new Feed(coapDecoder, UDP, coapObserver, into);
  for (const [bytes, direction] of said) feed.data(bytes, direction);
  feed.close();
  return { into, feed };
};

describe('LwM2M', () => {
  it('knows a client that registers, by what libcoap sends', () => {
    const [conversation] = conversations('lwm2m');
    const { into, feed } = observed(
      ...conversation!.map(([bytes, direction]) => [bytes, direction] as const),
    );
    expect(feed.printed[0]).toMatchObject({
      lwm2m: {
        operation: 'register',
        endpoint: 'urn:imei:350077523237513',
        lifetime_s: 86_400,
        version: '1.1',
        binding: 'U',
        objects: ['/1/0', '/3/0', '/5/0', '/3303/0'],
      },
    });
    expect(into.of('identification')).toMatchObject([
      {
        protocol: 'lwm2m',
        server: 1,
        serial: 'urn:imei:350077523237513',
        name: undefined,
        more: { 'lwm2m version': '1.1', types: '/1/0 /3/0 /5/0 /3303/0' },
      },
    ]);
  });

  it('tells a resource directory from it (RFC 9176)', () => {
    const { feed } = observed([
      message(0x40, 2, [option(11, 'rd'), option(4, 'ep=node1')], '</sensors/temp>;ct=41'),
      0,
    ]);
    expect(feed.printed[0]).not.toHaveProperty('lwm2m');
  });

  it('reads who a device is from its Device object, in TLV and in JSON', () => {
    // OMA LwM2M core, 7.4.3.1: the example of a read of /3/0.
    const tlv = bytesOf(
      `c8 00 14 4f70656e204d6f62696c6520416c6c69616e6365
       c8 01 16 4c69676874776569676874204d324d20436c69656e74
       c8 02 09 333435303030313233 c3 03 312e30
       86 06 41 00 01 41 01 05 88 07 08 42 00 0e d8 42 01 13 88 87 08 41 00 7d 42 01 03 84
       c1 09 64 c1 0a 0f 83 0b 41 00 00 c4 0d 51 82 42 8f c6 0e 2b 30 32 3a 30 30 c1 10 55`,
    );
    const get = message(0x40, 1, [option(11, '3'), option(0, '0')]);
    const content = (format: string, payload: Buffer | string) =>
      message(0x60, 0x45, [option(12, bytesOf(format))], payload);
    const senml =
      '[{"bn":"/3/0/","n":"0","vs":"Open Mobile Alliance"},{"n":"1","vs":"Light"},{"n":"9","v":95}]';
    const oma = '{"bn":"/3/0/","e":[{"n":"0","sv":"Open Mobile Alliance"},{"n":"3","sv":"1.0"}]}';
    const { into } = observed([get, 0], [content('2d16', tlv), 1]);
    expect(into.of('identification')).toMatchObject([
      {
        server: 2,
        maker: 'Open Mobile Alliance',
        model: 'Lightweight M2M Client',
        serial: '345000123',
        version: '1.0',
      },
    ]);
    expect(observed([get, 0], [content('6e', senml), 1]).into.of('identification')).toMatchObject([
      { maker: 'Open Mobile Alliance', model: 'Light' },
    ]);
    expect(observed([get, 0], [content('2d17', oma), 1]).into.of('identification')).toMatchObject([
      { maker: 'Open Mobile Alliance', version: '1.0' },
    ]);
  });

  it('seals the key that a bootstrap server writes in clear', () => {
    const key = 'a-preshared-key!';
    const tlv = Buffer.concat([
      bytesOf('08 00 1e c1 02 00 c6 03'),
      Buffer.from('node-7'),
      bytesOf('c8 05 10'),
      Buffer.from(key),
    ]);
    const put = message(0x40, 3, [option(11, '0'), option(1, bytesOf('2d16'))], tlv);
    const { feed } = observed([put, 1]);
    expect(feed.printed[0]).toMatchObject({
      lwm2m_resources: { '3': 'node-7', '5': feed.secrets.seal(key).hash },
    });
    const shown = JSON.stringify(feed.events);
    expect(shown).not.toContain(key);
    expect(shown).not.toContain(Buffer.from(key).toString('hex'));
  });
});
