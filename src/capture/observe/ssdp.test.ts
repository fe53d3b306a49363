import { describe, expect, it } from 'vitest';
import { ssdpDecoder } from '../decode/ssdp.ts';
import { Feed, packet } from '../decode/testing.ts';
import { ssdpObserver } from './ssdp.ts';

const text = (value: string): Buffer => Buffer.from(value.replaceAll('\n', '\r\n'));
const alive = text(
  'NOTIFY * HTTP/1.1\nCACHE-CONTROL: max-age=1800\nLOCATION: http://10.0.0.1/d.xml\nNT: upnp:rootdevice\nNTS: ssdp:alive\nSERVER: Linux UPnP/1.0 Cam/1.0\nUSN: uuid:7::upnp:rootdevice\n\n',
);
const byebye = text('NOTIFY * HTTP/1.1\nNT: a\nNTS: ssdp:byebye\nUSN: uuid:7::a\n\n');
const search = text('M-SEARCH * HTTP/1.1\nMAN: "ssdp:discover"\nST: ssdp:all\n\n');
const answer = text('HTTP/1.1 200 OK\nST: a\nUSN: uuid:7::a\nSERVER: x\n\n');
const feed = () =>
  new Feed(
    ssdpDecoder,
    { carrier: 'udp', serverPort: 1900, clientPort: 5_000, multicast: true },
    ssdpObserver,
  );

describe('announcements', () => {
  it('that are repeated are counted, with their packets', () => {
    const session = feed();
    for (let i = 1; i <= 20; i++) session.data(alive, 0, packet(i));
    session.close();
    const [record, ...others] = session.into.of('announcement');
    expect(others).toEqual([]);
    expect(record).toMatchObject({
      protocol: 'ssdp',
      service: 'upnp:rootdevice',
      instance: 'uuid:7',
      answer: false,
      count: 20,
      fields: {
        SERVER: 'Linux UPnP/1.0 Cam/1.0',
        LOCATION: 'http://10.0.0.1/d.xml',
        USN: 'uuid:7::upnp:rootdevice',
        NTS: 'ssdp:alive',
        'MAX-AGE': '1800',
      },
    });
    expect(record!.last.packet).toBe(20);
    expect(record!.packets.length).toBe(8);
  });

  it('are not what is searched for or taken back', () => {
    const session = feed().data(byebye, 0).data(search, 0).close();
    expect([...session.into.of('announcement')]).toEqual([]);
  });

  it('name as client the one who speaks, also in an answer', () => {
    const session = feed().data(search, 0).data(answer, 1).close();
    expect([...session.into.of('announcement')]).toMatchObject([
      { client: 2, server: 1, serverPort: 1900, service: 'a', answer: true },
    ]);
  });
});
