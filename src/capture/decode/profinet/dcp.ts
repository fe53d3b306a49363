/** Discovery and basic Configuration Protocol of PROFINET (IEC 61158-6-10, 4.3): blocks of options, set and given. */
import { formatIpv4 } from '../../../base/index.ts';
import type { ByteReader } from '../byte-reader.ts';
import type { DcpMessage } from './events.ts';

const OPTIONS_MAX = 16;

export const HELLO = 0xfefc;
export const GET_SET = 0xfefd;
export const IDENTIFY_REQUEST = 0xfefe;
export const IDENTIFY_RESPONSE = 0xfeff;

const SERVICES: Readonly<Record<number, string>> = {
  3: 'get',
  4: 'set',
  5: 'identify',
  6: 'hello',
};
const REQUEST = 0;
const UNSUPPORTED = 5;

/** Option × 256 + suboption. */
const NAMES: Readonly<Record<number, string>> = {
  257: 'mac_address',
  258: 'ip',
  259: 'full_ip_suite',
  513: 'type_of_station',
  514: 'name_of_station',
  515: 'device_id',
  516: 'device_role',
  517: 'device_options',
  518: 'alias_name',
  519: 'device_instance',
  520: 'oem_device_id',
  1281: 'start',
  1282: 'stop',
  1283: 'signal',
  1284: 'response',
  1285: 'factory_reset',
  1286: 'reset_to_factory',
  1537: 'device_initiative',
  65535: 'all',
};
const CONTROL = 5;
const CONTROL_RESPONSE = 0x0504;
const DHCP = 3;
const ROLES = ['io_device', 'io_controller', 'io_multidevice', 'supervisor'];
const ERRORS = [
  'ok',
  'option_unsupported',
  'suboption_unsupported',
  'not_set',
  'resource_error',
  'not_possible_now',
  'in_operation',
];

type Fields = { -readonly [Name in keyof DcpMessage]?: DcpMessage[Name] };

/** Reads a message behind its frame id. */
export function readDcp(reader: ByteReader): DcpMessage | undefined {
  const service = SERVICES[reader.u8()];
  const type = reader.u8();
  const xid = reader.u32();
  reader.skip(2);
  const length = reader.u16();
  if (service === undefined) reader.fail('unknown service');
  if (length > reader.left) reader.fail('blocks beyond the frame');
  if (reader.fault) return undefined;
  reader.end = reader.at + length;
  const isRequest = type === REQUEST;
  const event = service === 'hello' ? 'hello' : `${service}_${isRequest ? 'request' : 'response'}`;
  const fields: Fields = {};
  if (type === UNSUPPORTED) fields.errors = ['service unsupported'];
  else if (event === 'get_request') readNames(reader, fields);
  else readBlocks(reader, event, fields);
  return { protocol: 'profinet', event, xid, ...fields };
}

const optionName = (code: number): string => {
  if (NAMES[code] !== undefined) return NAMES[code];
  return code >> 8 === DHCP ? 'dhcp' : `option_${code >> 8}_${code & 255}`;
};

/** What is asked for has no values. */
function readNames(reader: ByteReader, fields: Fields): void {
  const options: string[] = [];
  while (reader.left >= 2 && options.length < OPTIONS_MAX) options.push(optionName(reader.u16()));
  fields.options = options;
}

/** Each block has two bytes of information or qualifier, but for filters and the results of settings. */
function readBlocks(reader: ByteReader, event: string, fields: Fields): void {
  const options: string[] = [];
  const bare = event === 'identify_request';
  while (reader.left > 0 && !reader.fault) {
    const code = reader.u16();
    const length = reader.u16();
    const from = reader.at;
    if (!reader.has(length)) return;
    const { end } = reader;
    reader.end = from + length;
    const qualified = !bare && code !== CONTROL_RESPONSE && length >= 2;
    if (qualified) reader.skip(2);
    if (options.length < OPTIONS_MAX && code !== CONTROL_RESPONSE) options.push(optionName(code));
    readBlock(reader, code, fields);
    // A short block is what is wrong with it, not with those behind it.
    const { fault } = reader;
    reader.end = end;
    reader.at = Math.min(end, from + length + (length & 1));
    if (fault) return;
  }
  if (options.length > 0) fields.options = options;
}

function readBlock(reader: ByteReader, code: number, fields: Fields): void {
  switch (code) {
    case 0x0102:
    case 0x0103:
      if (reader.left < 12) return;
      fields.ip_address = formatIpv4(reader.u32());
      fields.netmask = formatIpv4(reader.u32());
      fields.gateway = formatIpv4(reader.u32());
      break;
    case 0x0201:
      fields.type_of_station = textOf(reader);
      break;
    case 0x0202:
      fields.name_of_station = textOf(reader);
      break;
    case 0x0203:
      if (reader.left < 4) return;
      fields.vendor_id = reader.u16();
      fields.device_id = reader.u16();
      break;
    case 0x0204: {
      const bits = reader.left > 0 ? reader.u8() : 0;
      fields.roles = ROLES.filter((_, bit) => (bits & (1 << bit)) !== 0);
      break;
    }
    case 0x0206:
      fields.alias_name = textOf(reader);
      break;
    case CONTROL_RESPONSE: {
      const what = optionName(reader.u16());
      const error = reader.u8();
      fields.errors ??= [];
      if (error !== 0 && fields.errors.length < OPTIONS_MAX)
        fields.errors = [...fields.errors, `${what} ${ERRORS[error] ?? error}`];
      break;
    }
    default:
      if (code >> 8 === CONTROL) fields.control = optionName(code);
  }
}

function textOf(reader: ByteReader): string {
  return reader.text(reader.left).replace(/\0+$/, '');
}
