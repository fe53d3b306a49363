import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dissect } from '../support/dissect.ts';
import { scanned } from '../support/fleetward.ts';
import { all, data } from '../support/needs.ts';
import { PEERS } from '../support/peers.ts';
import { tshark, tsharkFields } from '../support/tshark.ts';

const recorded = join(PEERS, 'dcp.pcap');
const ndpi = data('ndpi-iot/pcap/profinet-io-le.pcap');

describe('PROFINET', () => {
  it('has the messages of DCP that Wireshark finds', tshark, async () => {
    const { events } = await dissect(recorded);
    const services: Readonly<Record<string, string>> = {
      3: 'get',
      4: 'set',
      5: 'identify',
      6: 'hello',
    };
    const fields = ['frame.number', 'pn_dcp.service_id', 'pn_dcp.service_type', 'pn_dcp.xid'];
    const theirs = tsharkFields(recorded, 'pn_dcp', fields).map(([number, service, type, xid]) => {
      const kind = Number(type) === 0 ? 'request' : 'response';
      return `${number} ${services[Number(service)]}_${kind} ${Number(xid)}`;
    });
    expect(events.map(({ packet, event, xid }) => `${packet} ${event} ${xid}`)).toEqual(theirs);
  });

  it('has the records that Wireshark finds in nDPI’s capture', all(ndpi, tshark), async () => {
    const { events } = await dissect(ndpi.path);
    const theirs = tsharkFields(ndpi.path, 'pn_io.index', ['frame.number', 'pn_io.index']).map(
      ([number, index]) => `${number} ${Number(index)}`,
    );
    expect(events.map(({ packet, index }) => `${packet} ${index}`)).toEqual(theirs);
  });

  it('names and types the station, which has no address in the capture', () => {
    const station = scanned([recorded]).devices.find(({ id }) => id === 'mac:02:00:00:00:09:01');
    expect(station).toMatchObject({
      names: ['conveyor-drive-7'],
      type: 'plc',
      description: { maker: 'Siemens', model: 'SINAMICS G120' },
    });
  });
});
