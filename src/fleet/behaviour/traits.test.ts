/** What the classifier sees of a device: how it does things, and nothing by which it could be known again. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Station, station, Wire } from '../testing.ts';
import { BehaviourCollector, DEVICES_MAX, EPISODE_S, EPISODES_MAX } from './collector.ts';
import { captureOf, type Habit, habits, traitsIn } from './testing.ts';

const ETHERNET = 1;

describe('traits', () => {
  it.each(Object.entries(habits))('of a %s do not depend on who it is', async (_type, habit) => {
    const one = station(7, '192.168.7.20');
    const other = station(200, '10.250.133.177', 'd4:a6:51:9c:e0');
    const [first, ...more] = await traitsIn(captureOf(habit, one, 1), one.mac);
    expect(more).toEqual([]);
    expect(await traitsIn(captureOf(habit, other, 1), other.mac)).toEqual([first]);
    expect(first.marks.size).toBeGreaterThan(5);
  });

  it('do not depend on the name that it gives itself, in DHCP or mDNS, however long', async () => {
    const self = station(7, '192.168.7.20');
    const router = station(1, '192.168.7.1');
    const named =
      (name: string): Habit =>
      (wire) => {
        wire.dhcp(1, self, router, { hostName: name, vendorClass: name });
        wire.mdns(self, `${name}.local`, self.address);
      };
    const [short] = await traitsIn(captureOf(named('a'), self, 1), self.mac);
    const [long] = await traitsIn(captureOf(named('camera-SN0123456789'), self, 1), self.mac);
    expect(long).toEqual(short);
  });

  it('hold no address and no name', async () => {
    const self: Station = { mac: 'd4:a6:51:9c:e0:4f', address: '10.250.133.177' };
    for (const habit of Object.values(habits)) {
      const [traits] = await traitsIn(captureOf(habit, self, 1), self.mac);
      const said = [...traits.measures.keys(), ...traits.marks.keys()].join('\n');
      expect(said).not.toMatch(/d4:a6|9c:?e0|10\.250|133\.177|cloud\.example/i);
    }
  });

  it('tell how connections are opened, what is asked for and in which order', async () => {
    const self = station(7, '192.168.7.20');
    const [{ marks, measures, hasStart }] = await traitsIn(
      captureOf(habits.plug, self, 1),
      self.mac,
    );
    expect(hasStart).toBe(true);
    expect([...marks.keys()]).toEqual(
      expect.arrayContaining([
        'opens TCP with window 1024, segment size 0, options none, TTL 64',
        'connects to TCP 8883',
        'asks DNS for type 1',
        'DHCP message 1 with options 53,50,60',
        'arp announcement sent after dhcp discover sent',
        'NTP version 3, mode 3, leap 0',
      ]),
    );
    expect(measures.get('number of: ntp sent')).toBe(4);
    expect(measures.get('number of: ntp received')).toBe(4);
  });
});

describe('the collector', () => {
  const frame = (source: number, at: number): [Uint8Array, number] => {
    const bytes = new Uint8Array(60);
    bytes.set([1, 0, 94, 0, 0, 1]);
    new DataView(bytes.buffer).setUint32(8, source);
    bytes.set([0x88, 0xb5], 12);
    return [bytes, at];
  };
  const feed = (collector: BehaviourCollector, [bytes, at]: [Uint8Array, number]): void =>
    collector.frame(bytes, 0, bytes.length, bytes.length, ETHERNET, at, 0);

  it('parts time into episodes, and keeps the first ones', () => {
    const collector = new BehaviourCollector();
    for (let at = 0; at < (EPISODES_MAX + 3) * EPISODE_S; at += 10) feed(collector, frame(1, at));
    const episodes = collector.episodesOf('00:00:00:00:00:01');
    expect(episodes).toHaveLength(EPISODES_MAX);
    expect(episodes.map(({ start }) => start)).toEqual(
      Array.from({ length: EPISODES_MAX }, (_, index) => index * EPISODE_S),
    );
    expect(episodes[0].packets).toBe(EPISODE_S / 10);
  });

  it('keeps apart what captures of other times show, and not what comes a little out of order', () => {
    const collector = new BehaviourCollector();
    for (const at of [1000, 1001, 1000, 50, 51]) feed(collector, frame(1, at));
    expect(collector.episodesOf('00:00:00:00:00:01').map(({ packets }) => packets)).toEqual([3, 2]);
  });

  it('watches a bounded number of devices', () => {
    const collector = new BehaviourCollector();
    for (let source = 1; source <= DEVICES_MAX + 10; source++) feed(collector, frame(source, 0));
    expect(collector.macs()).toHaveLength(DEVICES_MAX);
    expect(collector.dropped).toBe(10);
  });

  it('takes anything at all, whole or cut', async () => {
    const wire = new Wire();
    const self = station(7, '192.168.7.20');
    const router = station(1, '192.168.7.1');
    wire.dhcp(1, self, router, { hostName: 'x' });
    wire.connect(self, router, 443);
    wire.udp(station(8, 'fe80::8'), station(9, 'ff02::fb'), 5353, Buffer.alloc(40));
    const records = framesOf(wire.capture());
    fc.assert(
      fc.property(
        fc.constantFrom(...records),
        fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 12 }),
        fc.nat(400),
        (record, changes, length) => {
          const bytes = Uint8Array.from(record);
          for (const [place, value] of changes) bytes[place % bytes.length] = value;
          const end = Math.min(length, bytes.length);
          const collector = new BehaviourCollector();
          // What lies behind the frame in the buffer is another's.
          collector.frame(bytes, 0, end, end, ETHERNET, 1, 0);
          const alone = new BehaviourCollector();
          alone.frame(bytes.slice(0, end), 0, end, end, ETHERNET, 1, 0);
          expect(marksOf(collector)).toEqual(marksOf(alone));
        },
      ),
      { numRuns: 5000 },
    );
  });
});

const marksOf = (collector: BehaviourCollector) =>
  collector.macs().map((mac) => collector.episodesOf(mac).map(({ marks }) => marks.all));

function framesOf(capture: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 24; at < capture.length; ) {
    const length = capture.readUInt32LE(at + 8);
    frames.push(capture.subarray(at + 16, at + 16 + length));
    at += 16 + length;
  }
  return frames;
}
