/** A datagram that comes again is counted where it was noted, and nothing else changes for the observations. */
import { expect, test } from 'vitest';
import { decoders, observers } from './decoders.ts';
import { Dissector } from './dissect.ts';
import { ethernet, Feed, ipv4, mac, udp } from './testing.ts';

const notify = (usn: string): Buffer =>
  Buffer.from(
    `NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nNT: upnp:rootdevice\r\nNTS: ssdp:alive\r\nUSN: ${usn}\r\nSERVER: Linux UPnP/1.0\r\nLOCATION: http://192.168.1.7/d.xml\r\n\r\n`,
  );

const group = Buffer.from('01005e7ffffa', 'hex');

/** @param listening - somebody wants each event, so nothing may be left out. */
function run(frames: readonly Buffer[], listening: boolean) {
  const events: unknown[] = [];
  const dissector = new Dissector({
    decoders,
    observers,
    ...(listening ? { onEvent: (event: unknown) => events.push(event) } : {}),
  });
  const feed = new Feed(dissector);
  for (const frame of frames) feed.frame(frame);
  dissector.finish();
  return { dissector, events };
}

const from = (last: number, payload: Buffer): Buffer =>
  ethernet(
    mac(last),
    group,
    0x0800,
    ipv4(`192.168.1.${last}`, '239.255.255.250', 17, udp(1900, 1900, payload)),
  );

test('counts, times and units are the same as without the short cut', () => {
  const frames = [7, 7, 8, 7, 7].flatMap((last) => [
    from(last, notify('uuid:1')),
    from(last, notify('uuid:2')),
  ]);
  const short = run(frames, false).dissector;
  const long = run(frames, true).dissector;
  const pick = (dissector: Dissector) =>
    [...dissector.observations.kinds()]
      .sort()
      .map((kind) => [
        kind,
        dissector.observations
          .of(kind)
          .map(({ client, count, first, last }) => ({ client, count, first, last })),
      ]);
  expect(pick(short)).toEqual(pick(long));
  expect(short.eventCounts).toEqual(long.eventCounts);
  const units = short.observations.of('malformed').map((record) => record.units);
  expect(units.sort()).toEqual([2, 8]);
});

test('who listens to events gets each one', () => {
  const frames = Array.from({ length: 5 }, () => from(7, notify('uuid:1')));
  expect(run(frames, true).events).toHaveLength(5);
});
