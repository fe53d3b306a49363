import { describe, expect, test } from 'vitest';
import { scene } from '../testing.ts';
import { sharedSshKey } from './an-09-shared-ssh-key.ts';
import { sharedPskIdentity } from './an-10-shared-psk-identity.ts';
import { clientIdClash } from './an-14-client-id-clash.ts';
import { broadSubscription } from './an-15-broad-subscription.ts';

describe('AN-09 shared SSH key', () => {
  const key = 'SHA256:abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG';

  test('two devices with one key fail', () => {
    const net = scene();
    const [one, other] = [net.device('192.168.1.20'), net.device('192.168.1.21')];
    for (const device of [one, other])
      net.saw('ssh', net.party('192.168.1.5'), device, { hostKey: key });
    expect(net.judge(sharedSshKey, one)).toMatchObject({
      verdict: 'fail',
      note: expect.stringContaining('192.168.1.21'),
    });
  });

  test('a published key fails on one device alone', () => {
    const net = scene();
    const box = net.device('192.168.1.20');
    net.saw('ssh', net.party('192.168.1.5'), box, {
      hostKey: 'SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA',
    });
    expect(net.judge(sharedSshKey, box)).toMatchObject({
      verdict: 'fail',
      note: expect.stringContaining('vagrant'),
    });
  });

  test('a gateway that forwards the port, and one machine by two families, share nothing', () => {
    const net = scene();
    const client = net.party('203.0.113.9');
    const inside = net.device('192.168.1.20');
    const gateway = net.device('192.168.1.1', { roles: ['gateway'] });
    for (const device of [inside, gateway]) net.saw('ssh', client, device, { hostKey: key });
    expect(net.judge(sharedSshKey, inside)).toEqual({ verdict: 'pass', judged: 1 });
    expect(net.judge(sharedSshKey, gateway)).toEqual({ verdict: 'pass', judged: 1 });
  });

  test('without the key-exchange reply the key is not visible, and a client has none', () => {
    const net = scene();
    const [laptop, box] = [net.device('192.168.1.5'), net.device('192.168.1.20')];
    net.saw('ssh', laptop, box, { hostKey: undefined });
    expect(net.judge(sharedSshKey, box).verdict).toBe('not_visible');
    expect(net.judge(sharedSshKey, laptop).verdict).toBe('not_seen');
  });
});

describe('AN-10 shared PSK identity', () => {
  const two = (identity: string, brokers: string[]) => {
    const net = scene();
    const devices = [net.device('192.168.1.20'), net.device('192.168.1.21')];
    const parties = brokers.map((address) => net.party(address));
    for (const [i, device] of devices.entries()) {
      net.saw('tls', device, parties[i % parties.length]!, { dtls: true, pskIdentity: identity });
    }
    return net.judge(sharedPskIdentity, devices[0]!);
  };

  test('an identity of two devices is high', () => {
    expect(two('sensor-0017', ['198.51.100.7'])).toMatchObject({ verdict: 'fail' });
    expect(two('sensor-0017', ['198.51.100.7'])).not.toHaveProperty('severity');
  });

  test('a placeholder is medium at one server and nothing at two', () => {
    expect(two('Client_identity', ['198.51.100.7'])).toMatchObject({
      verdict: 'fail',
      severity: 'medium',
    });
    expect(two('Client_identity', ['198.51.100.7', '198.51.100.8'])).toEqual({
      verdict: 'pass',
      judged: 1,
    });
  });
});

describe('AN-14 client id clash', () => {
  const broker = '198.51.100.7';
  const sessions = (
    spans: [number, number][],
    addresses = ['192.168.1.20', '192.168.1.21'],
    keepAlive_s = 60,
  ) => {
    const net = scene();
    const cloud = net.party(broker);
    const devices = addresses.map((address) => net.device(address));
    for (const [i, [from, to]] of spans.entries()) {
      net.saw('mqtt', devices[i % devices.length]!, cloud, {
        clientId: 'meter-1',
        keepAlive_s,
        from,
        to,
      });
    }
    return net.judge(clientIdClash, devices[0]!);
  };

  test('two devices under one id for longer than their keep-alive fail', () => {
    expect(
      sessions([
        [0, 600],
        [100, 700],
      ]),
    ).toMatchObject({ verdict: 'fail' });
  });

  test('a session left behind by a device that moved networks does not', () => {
    expect(
      sessions([
        [0, 600],
        [550, 900],
      ]),
    ).toEqual({ verdict: 'pass', judged: 1 });
  });

  test('two sessions of one device (NAT rebinding) do not', () => {
    expect(
      sessions(
        [
          [0, 600],
          [100, 700],
        ],
        ['192.168.1.20'],
      ),
    ).toEqual({ verdict: 'pass', judged: 2 });
  });

  test('clients that let the broker name them are not compared', () => {
    const net = scene();
    const cloud = net.party(broker);
    const [one, other] = [net.device('192.168.1.20'), net.device('192.168.1.21')];
    for (const device of [one, other])
      net.saw('mqtt', device, cloud, { clientId: '', from: 0, to: 900 });
    expect(net.judge(clientIdClash, one).verdict).toBe('not_seen');
  });
});

describe('AN-15 broad subscription', () => {
  const subscribed = (
    filter: string,
    granted: number | undefined,
    more: object = {},
    device: object = {},
  ) => {
    const net = scene();
    const broker = net.device('192.168.1.2');
    const client = net.device('192.168.1.20', device);
    net.saw('mqtt', net.device('192.168.1.21'), broker, { clientId: 'sensor-2' });
    net.saw('mqtt', client, broker, {
      clientId: 'sensor-1',
      subscriptions: [{ filter, qos: 0, granted }],
      ...more,
    });
    return {
      verdict: net.judge(broadSubscription, client).verdict,
      broker: net.judge(broadSubscription, broker).verdict,
    };
  };
  const reports = { published: new Map([['plant/sensor-1/temperature', 3]]) };

  test.each(['#', '+/#', '$share/group/#'])('%s granted fails the subscriber', (filter) => {
    expect(subscribed(filter, 0)).toEqual({ verdict: 'fail', broker: 'not_seen' });
  });

  test('refused is a pass, unanswered is not visible', () => {
    expect(subscribed('#', 0x80).verdict).toBe('pass');
    expect(subscribed('#', undefined).verdict).toBe('not_visible');
  });

  test('a device that reads what its peers report fails', () => {
    expect(subscribed('plant/sensor-2/temperature', 0, reports).verdict).toBe('fail');
    expect(subscribed('plant/+/temperature', 1, reports).verdict).toBe('fail');
  });

  test('its own topics, a subtree, $SYS and a dashboard that only reads are fine', () => {
    expect(subscribed('plant/sensor-1/command', 0, reports).verdict).toBe('pass');
    expect(subscribed('zigbee2mqtt/#', 0).verdict).toBe('pass');
    expect(subscribed('$SYS/#', 0).verdict).toBe('pass');
    expect(subscribed('plant/sensor-2/temperature', 0).verdict).toBe('pass');
  });

  test('gateways and hubs collect for others', () => {
    expect(subscribed('#', 0, {}, { type: 'smart_home_hub' }).verdict).toBe('not_seen');
    expect(subscribed('#', 0, {}, { roles: ['gateway'] }).verdict).toBe('not_seen');
    expect(broadSubscription.exempt).toEqual(expect.arrayContaining(['gateway', 'hub']));
  });
});
