import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Decoder, Direction, Flow } from '../decoder.ts';
import { Observations } from '../observations.ts';
import { smartHomeObserver } from '../observe/smart-home.ts';
import { smartHomeDecoders } from './smart-home.ts';
import { claimsOfNoise, endure, Feed, testFlow } from './testing.ts';

const { frames } = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../../test/vectors/smart-home/frames.json'), 'utf8'),
) as { frames: Record<string, string> };
const bytes = (name: string): Buffer => Buffer.from(frames[name]!, 'hex');

function decoder(protocol: string): Decoder {
  const found = smartHomeDecoders.find((each) => each.protocol === protocol);
  if (!found) throw new Error(`no decoder of ${protocol}`);
  return found;
}

/** Datagrams of a flow from a client to the protocol's own port, unless told otherwise. */
function udp(protocol: string, fields: Partial<Flow> = {}): Feed {
  const own = decoder(protocol);
  return new Feed(own, { carrier: 'udp', serverPort: own.ports[0]!, ...fields });
}
function tcp(protocol: string, into = new Observations()): Feed {
  const own = decoder(protocol);
  return new Feed(own, { carrier: 'tcp', serverPort: own.ports[0]! }, smartHomeObserver, into);
}

function recognised(name: string, fields: Partial<Flow> = {}): string[] {
  const flow = testFlow({ carrier: 'udp', serverPort: 9, clientPort: 9, ...fields });
  const data = bytes(name);
  return smartHomeDecoders
    .filter(({ carriers }) => carriers.includes(flow.carrier))
    .filter((each) => each.recognise(data, 0, data.length, 0, flow) === 'yes')
    .map(({ protocol }) => protocol);
}

describe('recognition', () => {
  it('tells each protocol by its content, on any port', () => {
    expect(recognised('kasaAsk')).toEqual(['kasa']);
    expect(recognised('kasaSet', { carrier: 'tcp' })).toEqual(['kasa']);
    expect(recognised('tuyaBroadcast31')).toEqual(['tuya']);
    expect(recognised('tuya33Control', { carrier: 'tcp' })).toEqual(['tuya']);
    expect(recognised('tuya35Control', { carrier: 'tcp' })).toEqual(['tuya']);
    expect(recognised('miioHello')).toEqual(['miio']);
    expect(recognised('miioCommand')).toEqual(['miio']);
    expect(recognised('lifxSetPower')).toEqual(['lifx']);
    expect(recognised('matterPbkdfParamRequest')).toEqual(['matter']);
    expect(recognised('edimaxAnswer')).toEqual(['edimax']);
    expect(recognised('eq3MaxAnswer')).toEqual(['eq3_max']);
  });

  it('takes no noise for its own, whatever the port', () => {
    for (const each of smartHomeDecoders) {
      for (const carrier of each.carriers) {
        expect(claimsOfNoise(each, { carrier, serverPort: 40_001 }, 20_000), each.protocol).toBe(0);
        // What Matter encrypts and Weave sends cannot be told from noise, so there the port helps to decide.
        if (each.protocol === 'matter' || each.protocol === 'weave') continue;
        const on = { carrier, serverPort: each.ports[0]! };
        expect(claimsOfNoise(each, on, 20_000), `${each.protocol} on its port`).toBe(0);
      }
    }
  });

  it('endures frames that are cut, changed and repeated', () => {
    const conversation = (names: readonly string[]) =>
      names.map((name) => [bytes(name), 0] as [Uint8Array, Direction]);
    const runs: [string, 'udp' | 'tcp', readonly string[]][] = [
      ['kasa', 'tcp', ['kasaSet', 'kasaDone', 'kasaWifi']],
      ['kasa', 'udp', ['kasaAsk', 'kasaInfo']],
      ['tuya', 'tcp', ['tuya31Query', 'tuya33Control', 'tuya34Control', 'tuya35Control']],
      ['tuya', 'udp', ['tuyaBroadcast31', 'tuyaBroadcast33']],
      ['miio', 'udp', ['miioHello', 'miioCommand']],
      ['lifx', 'udp', ['lifxGetVersion', 'lifxSetPower']],
      ['matter', 'udp', ['matterPbkdfParamRequest']],
      ['ubnt', 'udp', ['ubnt']],
      ['edimax', 'udp', ['edimaxAnswer']],
      ['eq3_max', 'udp', ['eq3MaxAnswer']],
    ];
    for (const [protocol, carrier, names] of runs) {
      const own = decoder(protocol);
      const flow = { carrier, serverPort: own.ports[0]! };
      expect(endure(own, conversation(names), flow, smartHomeObserver), protocol).toBeGreaterThan(
        0,
      );
    }
  });
});

describe('Kasa', () => {
  it('reads what a plug says of itself, and prints no position', () => {
    const { printed } = udp('kasa').data(bytes('kasaAsk'), 0).data(bytes('kasaInfo'), 1);
    expect(printed[0]).toEqual({
      protocol: 'kasa',
      event: 'request',
      module: 'system',
      method: 'get_sysinfo',
    });
    expect(printed[1]).toMatchObject({
      event: 'response',
      err_code: 0,
      model: 'HS110(EU)',
      alias: 'Kettle',
      sw_ver: '1.5.4 Build 180815 Rel.121440',
      relay_state: 1,
      position_given: true,
    });
    expect(JSON.stringify(printed)).not.toMatch(/latitude/);
  });

  it('folds a command and its answer into control without a key', () => {
    const into = new Observations();
    tcp('kasa', into).data(bytes('kasaSet'), 0).data(bytes('kasaDone'), 1).close();
    expect(into.of('local_control')).toMatchObject([
      {
        protocol: 'kasa',
        operation: 'system.set_relay_state',
        effect: 'change',
        protection: 'none',
        outcome: 'accepted',
        packets: [{ packet: 2 }, { packet: 3 }],
      },
    ]);
  });

  it('seals the Wi-Fi key that set-up sends', () => {
    const text = JSON.stringify(tcp('kasa').data(bytes('kasaWifi'), 0).printed);
    expect(text).toContain('hmac-sha256:');
    expect(text).not.toContain('hunter2');
  });

  it('waits for the rest of a message', () => {
    const whole = bytes('kasaSet');
    const feed = tcp('kasa').data(whole.subarray(0, 9), 0);
    expect(feed.events).toEqual([]);
    expect(feed.data(whole.subarray(9), 0).printed).toMatchObject([{ method: 'set_relay_state' }]);
  });
});

describe('Tuya', () => {
  it('names version and command of frames under a device key', () => {
    const { printed } = tcp('tuya')
      .data(bytes('tuya31Control'), 0)
      .data(bytes('tuya33Control'), 0)
      .data(bytes('tuya35Control'), 0)
      .data(bytes('tuyaHeartBeat'), 0);
    expect(printed).toMatchObject([
      { event: 'control', version: '3.1', clear: false, sequence: 3 },
      { event: 'control', version: '3.3', clear: false },
      { event: 'control', version: '3.5', clear: false },
      { event: 'heart_beat', sequence: 1 },
    ]);
  });

  it('reads a query of 3.1, which is in clear', () => {
    expect(tcp('tuya').data(bytes('tuya31Query'), 0).printed).toMatchObject([
      { event: 'dp_query', clear: true, gw_id: 'bf0000000000000abcde1' },
    ]);
  });

  it('opens broadcasts, in clear or under the key that all devices share', () => {
    const { printed } = udp('tuya')
      .data(bytes('tuyaBroadcast31'), 0)
      .data(bytes('tuyaBroadcast33'), 0);
    const told = { gw_id: 'bf0000000000000abcde1', product_key: 'keyabcdefgh12345', active: 2 };
    expect(printed).toMatchObject([
      { event: 'udp', version: '3.1', clear: true, ...told },
      { event: 'udp_new', version: '3.3', clear: true, ...told },
    ]);
  });

  it('calls a frame without its end malformed', () => {
    const broken = bytes('tuya33Control');
    broken[broken.length - 1] = 0;
    expect(tcp('tuya').data(broken, 0).printed).toMatchObject([{ event: 'malformed' }]);
  });
});

describe('miIO', () => {
  const answer = (token: string): Buffer =>
    Buffer.from(`21310020000000000123abcd000004d2${token}`, 'hex');

  it('tells an answer that gives the token away from one that does not', () => {
    const feed = udp('miio')
      .data(bytes('miioHello'), 0)
      .data(answer('ff'.repeat(16)), 1)
      .data(answer('00'.repeat(16)), 1)
      .data(answer('00112233445566778899aabbccddeeff'), 1);
    expect(feed.printed).toMatchObject([
      { event: 'hello' },
      { event: 'hello_response', did: 0x0123abcd, stamp: 1234 },
      { event: 'hello_response' },
      { event: 'hello_response', token: expect.stringContaining('hmac-sha256:') },
    ]);
    expect(feed.printed[1]).not.toHaveProperty('token');
  });

  it('notes a token given to whoever asks', () => {
    const into = new Observations();
    new Feed(decoder('miio'), { carrier: 'udp', serverPort: 54_321 }, smartHomeObserver, into)
      .data(bytes('miioHello'), 0)
      .data(answer('00112233445566778899aabbccddeeff'), 1)
      .close();
    expect(into.of('local_control')).toMatchObject([
      { protocol: 'miio', effect: 'key', protection: 'none', outcome: 'accepted' },
    ]);
    expect(into.of('identification')).toMatchObject([{ maker: 'Xiaomi', serial: '19114957' }]);
  });
});

describe('LIFX', () => {
  it('names messages, their target and what they set', () => {
    expect(udp('lifx').data(bytes('lifxSetPower'), 0).printed).toMatchObject([
      {
        event: 'set_light_power',
        target: 'd0:73:d5:00:00:01',
        power: true,
        sequence: 7,
        source: 0x2a000000,
      },
    ]);
  });

  it('reads a lamp’s state and product', () => {
    const header = (type: number, size: number): Buffer => {
      const head = Buffer.alloc(36);
      head.writeUInt16LE(36 + size, 0);
      head.writeUInt16LE(0x1400, 2);
      head.writeUInt16LE(type, 32);
      return head;
    };
    const version = Buffer.alloc(12);
    version.writeUInt32LE(1, 0);
    version.writeUInt32LE(27, 4);
    const state = Buffer.alloc(52);
    state.writeUInt16LE(65_535, 10);
    state.write('Hall', 12);
    const { printed } = udp('lifx')
      .data(Buffer.concat([header(33, 12), version]), 1)
      .data(Buffer.concat([header(107, 52), state]), 1);
    expect(printed).toMatchObject([
      { event: 'state_version', vendor: 1, product: 27 },
      { event: 'light_state', power: true, label: 'Hall' },
    ]);
  });
});

describe('Matter', () => {
  it('tells pairing in clear from encrypted messages', () => {
    const status = Buffer.from('00000000010000000540665500000000000000000000', 'hex');
    const secure = Buffer.concat([Buffer.from('0034120005000000', 'hex'), Buffer.alloc(40, 7)]);
    const { printed } = udp('matter')
      .data(bytes('matterPbkdfParamRequest'), 0)
      .data(status, 1)
      .data(secure, 0);
    expect(printed).toMatchObject([
      {
        event: 'pbkdf_param_request',
        encrypted: false,
        session_id: 0,
        source_node: '1122334455667788',
        exchange_id: 0x5566,
        initiator: true,
      },
      { event: 'status_report', general_code: 0, protocol_code: 0 },
      { event: 'message', encrypted: true, session_id: 0x1234, counter: 5 },
    ]);
    expect(printed[2]).not.toHaveProperty('opcode');
  });

  it('claims what is encrypted on its port alone', () => {
    const secure = Buffer.concat([Buffer.from('0034120005000000', 'hex'), Buffer.alloc(40, 7)]);
    const on = (serverPort: number) =>
      decoder('matter').recognise(secure, 0, 48, 0, testFlow({ carrier: 'udp', serverPort }));
    expect([on(5540), on(40_000)]).toEqual(['yes', 'no']);
  });
});
