/** Modbus, DNP3, S7 communication, EtherNet/IP and IEC 60870-5-104 beside other programs' tests, logs and readings. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { suricata } from '../../scripts/compatibility/suricata.ts';
import { dissect, type EventLine } from '../support/dissect.ts';
import { data } from '../support/needs.ts';
import { PEERS } from '../support/peers.ts';
import { tshark, tsharkFields } from '../support/tshark.ts';
import { readZeekLog } from '../support/zeek.ts';

const vectors = join(import.meta.dirname, '../vectors');
const ofProtocol = (events: readonly EventLine[], ...protocols: string[]): EventLine[] =>
  events.filter(({ protocol, event }) => protocols.includes(protocol) && event !== 'malformed');

describe('Suricata’s checks', () => {
  it.each([
    ['modbus', ['modbus'], 2],
    ['dnp3', ['dnp3-en-spon', 'dnp3-write', 'dnp3-max-points'], 5],
  ])('on %s are met', async (protocol, cases, checks) => {
    const met: string[] = [];
    for (const name of cases) {
      const lines = await suricata(join(vectors, 'suricata', name));
      met.push(...lines.filter((line) => line.startsWith(`| ${protocol} `)));
      expect(lines.filter((line) => line.startsWith(`- :`))).toEqual([]);
    }
    const columns = met.map((line) => line.split('|').map((cell) => Number(cell)));
    expect(columns.reduce((sum, each) => sum + each[3]!, 0)).toBe(checks);
    expect(columns.reduce((sum, each) => sum + each[4]!, 0)).toBe(checks);
  });

  it('what its other cases are about is reported', async () => {
    const reasons = async (name: string) =>
      (await dissect(join(vectors, 'suricata', name, 'input.pcap'))).events
        .filter(({ event }) => event === 'malformed')
        .map(({ reason }) => reason);
    expect(await reasons('dnp3-too-long-reassembly-request')).toEqual([
      'message of too many segments',
    ]);
  });
});

/** What the programs that were recorded believe to have done. */
describe('real programs', () => {
  const writes = async (name: string) => {
    const { observations } = await dissect(join(PEERS, `${name}.pcap`));
    return {
      writes: observations
        .of('control_write')
        .map(({ operation, outcome, count }) => [operation, outcome, count]),
      malformed: observations.of('malformed').reduce((sum, { malformed }) => sum + malformed, 0),
      said: observations.of('identification'),
      logins: observations.of('login'),
    };
  };

  it.each(['modbus', 'modbus-udp'])('pymodbus (%s)', async (name) => {
    const seen = await writes(name);
    expect(seen.writes).toEqual([
      ['write_single_coil', 'accepted', 1],
      ['write_single_register', 'accepted', 1],
      ['write_multiple_coils', 'accepted', 1],
      ['write_multiple_registers', 'accepted', 1],
      ['mask_write_register', 'accepted', 1],
      ['read_write_multiple_registers', 'accepted', 1],
      ['write_single_register', 'refused', 1],
      ['write_file_record', 'accepted', 1],
      ['restart_communications', 'accepted', 1],
    ]);
    expect(seen.malformed).toBe(0);
    expect(seen.said).toContainEqual(
      expect.objectContaining({
        maker: 'Northwind Controls',
        model: 'Northwind PLC 300',
        version: '4.2.1',
        name: 'Pump house',
      }),
    );
  });

  it('Snap7', async () => {
    const seen = await writes('s7comm');
    expect(seen.writes).toEqual([
      ['write_var', 'accepted', 2],
      ['write_var', 'refused', 1],
      ['plc_stop', 'accepted', 1],
      ['plc_start', 'accepted', 2],
    ]);
    expect(seen.malformed).toBe(0);
    expect(seen.said).toContainEqual(
      expect.objectContaining({
        maker: 'Siemens',
        model: 'CPU 315-2 PN/DP',
        serial: 'S C-C2UR28922012',
        name: 'SNAP7-SERVER',
      }),
    );
    expect(seen.logins).toMatchObject([{ protocol: 's7comm', outcome: 'accepted' }]);
  });
});

/** Zeek's names of functions. */
const ZEEK_FUNCTIONS: Readonly<Record<string, string>> = { read_discrete_inputs: 'read_discrete' };

describe('Zeek’s modbus.log', () => {
  const asRow = (event: EventLine): string => {
    const name = String(event.function);
    const func =
      name === 'unknown' ? `unknown-${event.function_raw}` : (ZEEK_FUNCTIONS[name] ?? name);
    const exception = (event.exception as { code: string } | undefined)?.code ?? '-';
    const pdu = event.event === 'request' ? 'REQ' : 'RESP';
    const words = exception.replace(/(?<=[a-z])[A-Z]/g, '_$&').toUpperCase();
    return [event.transaction_id, event.unit_id, func.toUpperCase(), pdu, words].join(' ');
  };
  it.each([
    ['modbus-and-non-modbus-p502', []],
    ['fuzz-1011', []],
    // Far outside the window, longer or shorter than their length says, or behind such a one.
    [
      'fuzz-72',
      [
        '0 1 UNKNOWN-156 RESP ILLEGAL_FUNCTION',
        '0 1 UNKNOWN-33 REQ -',
        '0 0 UNKNOWN-38 REQ -',
        '0 1 UNKNOWN-175 RESP ILLEGAL_FUNCTION',
        '0 1 UNKNOWN-179 RESP ILLEGAL_FUNCTION',
      ],
    ],
  ])('%s', async (name, missed) => {
    const { events } = await dissect(join(vectors, 'zeek/modbus', `${name}.pcap`));
    const ours = ofProtocol(events, 'modbus').map(asRow);
    const rows = readZeekLog(readFileSync(join(vectors, 'zeek/modbus', `${name}.log`), 'utf8'));
    expect(rows.length).toBeGreaterThan(4);
    const lacking = rows
      .map(({ tid, unit, func, pdu_type, exception }) =>
        [tid, unit, func!.toUpperCase(), pdu_type, exception].join(' '),
      )
      .filter((row) => {
        const place = ours.indexOf(row);
        if (place >= 0) ours.splice(place, 1);
        return place < 0;
      });
    expect(lacking).toEqual(missed);
  });

  it('nothing on its port is Modbus that is none', async () => {
    const path = join(vectors, 'zeek/modbus/modbus-and-non-modbus-p502.pcap');
    const { events } = await dissect(path);
    const clients = new Set(
      ofProtocol(events, 'modbus').flatMap(({ src_ip, dest_ip }) => [src_ip, dest_ip]),
    );
    expect([...clients].sort()).toEqual(['10.0.0.3', '10.0.0.9']);
  });
});

describe('Zeek’s dnp3.log', () => {
  /** A row a response, with the request since the last one; requests without a response are left out. */
  function asRows(events: readonly EventLine[]): string[] {
    const requests = new Map<string, string>();
    const rows: string[] = [];
    for (const event of events) {
      const { application, iin } = event as unknown as {
        application?: { function: string };
        iin?: { raw: number };
      };
      if (!application) continue;
      const ends = [`${event.src_ip}:${event.src_port}`, `${event.dest_ip}:${event.dest_port}`];
      const key = ends.sort().join(' ');
      if (!iin) requests.set(key, application.function.toUpperCase());
      else {
        rows.push(
          [requests.get(key) ?? '-', application.function.toUpperCase(), iin.raw].join(' '),
        );
        requests.delete(key);
      }
    }
    return rows;
  }
  const names = readdirSync(join(vectors, 'zeek/dnp3'))
    .filter((name) => name.endsWith('.log'))
    .map((name) => name.replace('.log', ''));
  it.each(names)('%s', async (name) => {
    const { events } = await dissect(join(vectors, 'zeek/dnp3', `${name}.pcap`));
    const rows = readZeekLog(readFileSync(join(vectors, 'zeek/dnp3', `${name}.log`), 'utf8'));
    expect(asRows(ofProtocol(events, 'dnp3'))).toEqual(
      rows
        .filter(({ fc_reply }) => fc_reply !== '-')
        .map(({ fc_request, fc_reply, iin }) => [fc_request, fc_reply, iin].join(' ')),
    );
  });
});

/** What is compared with Wireshark of a protocol: filter, fields, and our event as a row of them. */
interface Comparison {
  readonly protocol: string;
  readonly filter: string;
  /** The first one counts the messages of a packet. */
  readonly fields: readonly string[];
  readonly row: (event: EventLine) => readonly unknown[];
}

interface Application {
  readonly function_code: number;
  readonly control: { readonly sequence: number };
  readonly objects: readonly { readonly group: number; readonly variation: number }[];
}
interface Cip {
  readonly service_id: number;
  readonly status_id?: number;
  readonly multiple?: readonly Cip[];
  readonly embedded?: Cip;
}
const servicesOf = (cip: Cip | undefined): Cip[] =>
  cip ? [cip, ...(cip.multiple ?? []).flatMap(servicesOf), ...servicesOf(cip.embedded)] : [];

const COMPARISONS: readonly Comparison[] = [
  {
    protocol: 'modbus',
    filter: 'modbus',
    fields: ['mbtcp.trans_id', 'mbtcp.unit_id', 'modbus.func_code', 'modbus.exception_code'],
    row: ({ transaction_id, unit_id, function_raw, exception }) => [
      transaction_id,
      unit_id,
      Number(function_raw) & 0x7f,
      (exception as { raw: number } | undefined)?.raw,
    ],
  },
  {
    protocol: 'dnp3',
    filter: 'dnp3.al.func',
    fields: ['dnp3.src', 'dnp3.dst', 'dnp3.al.func', 'dnp3.al.seq', 'dnp3.al.obj'],
    row: ({ src, dst, application }) => {
      const { function_code, control, objects } = application as Application;
      // Wireshark looks for none where applications are started and stopped.
      const seen =
        function_code >= 15 && function_code <= 18
          ? []
          : objects.map(({ group, variation }) => group * 256 + variation);
      return [src, dst, function_code, control.sequence, seen];
    },
  },
  {
    protocol: 's7comm',
    filter: 's7comm',
    fields: [
      's7comm.header.rosctr',
      's7comm.header.pduref',
      's7comm.param.func',
      's7comm.param.userdata.funcgroup',
      's7comm.data.userdata.szl_id',
      's7comm.header.errcls',
    ],
    row: (event) => [
      { job: 1, ack: 2, ack_data: 3, userdata: 7 }[event.event],
      event.pdu_reference,
      event.function_code,
      event.function_group_id,
      event.szl_id,
      event.error_class,
    ],
  },
  {
    protocol: 'enip',
    filter: 'enip',
    fields: ['enip.command', 'enip.session', 'enip.status', 'cip.sc', 'cip.genstat'],
    row: (event) => {
      const commands: Readonly<Record<string, number>> = {
        list_services: 4,
        list_identity: 0x63,
        register_session: 0x65,
        unregister_session: 0x66,
        send_rr_data: 0x6f,
        send_unit_data: 0x70,
      };
      const services = servicesOf(event.cip as Cip | undefined);
      return [
        commands[event.event],
        event.session_handle,
        0,
        services.map(({ service_id }) => service_id),
        services.flatMap(({ status_id }) => (status_id === undefined ? [] : [status_id])),
      ];
    },
  },
  {
    protocol: 'cip_io',
    filter: 'cipio',
    fields: ['enip.cpf.sai.connid', 'enip.cpf.sai.seq'],
    row: ({ connection_id, sequence }) => [connection_id, sequence],
  },
  {
    protocol: 'iec104',
    filter: 'iec60870_asdu',
    fields: [
      'iec60870_104.tx',
      'iec60870_104.rx',
      'iec60870_asdu.typeid',
      'iec60870_asdu.causetx',
      'iec60870_asdu.addr',
      'iec60870_asdu.numix',
      'iec60870_asdu.ioa',
    ],
    row: ({ tx, rx, type_id, cause_id, common_address, count, objects }) => [
      tx,
      rx,
      type_id,
      cause_id,
      common_address,
      count,
      (objects as { address: number }[]).map(({ address }) => address),
    ],
  },
];

/** Fields of one packet stand behind each other, whatever message they are of: so they are compared. */
function tally(rows: Iterable<readonly (readonly unknown[])[]>): Map<number, string[]> {
  const columns = new Map<number, string[]>();
  for (const row of rows)
    for (const [i, values] of row.entries()) {
      const column = columns.get(i) ?? [];
      columns.set(i, column);
      for (const value of values) if (value !== undefined) column.push(String(value));
    }
  for (const [i, column] of columns) {
    if (column.length === 0) columns.delete(i);
    else column.sort();
  }
  return columns;
}

const asNumber = (text: string): number => Number(text);

function compare(
  path: string,
  { protocol, filter, fields, row }: Comparison,
  events: readonly EventLine[],
) {
  // It reads what is sent again once more, and does not read what it wrongly takes for that.
  const again = path.endsWith('modbusBig.pcap');
  const once = again ? filter : `(${filter}) && !tcp.analysis.retransmission`;
  const options = again ? ['-o', 'tcp.analyze_sequence_numbers:FALSE'] : [];
  const theirs = tsharkFields(path, once, fields, options).map((columns) =>
    columns.map((text) => (text === '' ? [] : text.split(';').map(asNumber))),
  );
  const ours = ofProtocol(events, protocol)
    .filter((event) => !/^(connect|disconnect|supervisory|startdt|stopdt|testfr)/.test(event.event))
    .filter(({ application }) => protocol !== 'dnp3' || application !== undefined)
    .map((event) => row(event).map((value) => (Array.isArray(value) ? value : [value])));
  return { theirs: tally(theirs), ours: tally(ours), messages: ours.length };
}

/** Captures of the staged sets, and the protocols that are in them. */
const STAGED: readonly (readonly [capture: string, ...protocols: string[]])[] = [
  ['suricata-verify-iot/modbus/modbus.pcap', 'modbus'],
  ['suricata-verify-iot/enip-keywords/enip_cip_example.pcap', 'enip', 'cip_io'],
  ['suricata-verify-iot/enip-alert/enip_test1.pcap', 'enip'],
  ['zeek-traces-iot/traces/modbus/modbusBig.pcap', 'modbus'],
  ['zeek-traces-iot/traces/modbus/modbusSmall.pcap', 'modbus'],
  ['zeek-traces-iot/traces/modbus/modbus-eit.pcap', 'modbus'],
  ['ndpi-iot/pcap/dnp3.pcap', 'dnp3'],
  ['ndpi-iot/pcap/s7comm.pcap', 's7comm'],
  ['ndpi-iot/pcap/ethernetIP.pcap', 'enip'],
  ['ndpi-iot/pcap/cip_io.pcap', 'cip_io'],
  ['ndpi-iot/pcap/IEC104.pcap', 'iec104'],
];
/** The same of the repository. */
const OWN: readonly (readonly [capture: string, ...protocols: string[]])[] = [
  ...readdirSync(join(vectors, 'zeek/dnp3'))
    .filter((name) => name.endsWith('.pcap'))
    .map((name) => [join(vectors, 'zeek/dnp3', name), 'dnp3'] as const),
  [join(PEERS, 'modbus.pcap'), 'modbus'],
  [join(PEERS, 'modbus-udp.pcap'), 'modbus'],
  [join(PEERS, 's7comm.pcap'), 's7comm'],
];

describe('Wireshark reads the same', tshark, () => {
  const root = join(data('ndpi-iot').path, '..');
  const staged = STAGED.map(([name, ...protocols]) => [join(root, name), ...protocols] as const);
  const captures = [...staged, ...OWN].filter(([path]) => existsSync(path));
  it.each(captures)('%s', async (path, ...protocols) => {
    const { events } = await dissect(path);
    for (const protocol of protocols) {
      const comparison = COMPARISONS.find((each) => each.protocol === protocol)!;
      const { theirs, ours, messages } = compare(path, comparison, events);
      expect(messages).toBeGreaterThan(0);
      expect(ours, protocol).toEqual(theirs);
    }
  });
});
