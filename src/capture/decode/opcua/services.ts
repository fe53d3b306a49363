/** The bodies of services (OPC 10000-4) that say who speaks, what is offered, who signs in, and what is changed. */
import type { SecretSealer } from '../../../base/index.ts';
import type { ByteReader } from '../byte-reader.ts';
import {
  arrayLength,
  beginExtension,
  lengthOf,
  readDataValue,
  readLocalizedText,
  readNodeId,
  readString,
  skipDiagnostics,
  skipExtension,
  skipString,
} from './built-in.ts';
import type { OpcUaApplication, OpcUaEndpoint, OpcUaRequest, OpcUaResponse } from './events.ts';
import { APPLICATION_TYPES, policyName, SECURITY_MODES, statusName, USER_TOKENS } from './names.ts';

/** Items of a list that an event carries. */
const LIST_MAX = 16;
const NODES_MAX = 8;

/** Types of identity tokens (OPC 10000-4, 7.36), by their binary encoding. */
const TOKENS: Readonly<Record<number, string>> = {
  321: 'anonymous',
  324: 'user_name',
  327: 'certificate',
  940: 'issued_token',
};
const VALUE_ATTRIBUTE = 13;
const SERVER_STATUS_TYPE = 864;
const BUILD_INFO_TYPE = 340;
const BUILD_INFO_FIELDS = [
  'product_uri',
  'manufacturer_name',
  'product_name',
  'software_version',
  'build_number',
];
/** Variables of the server that hold its build information (OPC 10000-5, 6.3.2). */
const BUILD_INFO_NODES: Readonly<Record<string, string>> = {
  'i=2256': '',
  'i=2260': '',
  'i=2261': 'product_name',
  'i=2262': 'product_uri',
  'i=2263': 'manufacturer_name',
  'i=2264': 'software_version',
  'i=2265': 'build_number',
};

type Fields<Event> = { -readonly [Key in keyof Event]?: Event[Key] };
export type RequestFields = Fields<OpcUaRequest>;
export type ResponseFields = Fields<OpcUaResponse>;

/** What a read asked of build information: the field at each place of the answer, '' for a structure of them. */
export type AskedBuildInfo = readonly (string | undefined)[];

export function skipRequestHeader(reader: ByteReader): void {
  readNodeId(reader);
  reader.skip(16);
  skipString(reader);
  reader.skip(4);
  skipExtension(reader);
}

/** @returns the status code of the service as a whole. */
export function readResponseHeader(reader: ByteReader): number {
  reader.skip(12);
  const status = reader.u32le();
  skipDiagnostics(reader);
  skipStrings(reader);
  skipExtension(reader);
  return status;
}

function skipStrings(reader: ByteReader): void {
  for (let i = arrayLength(reader); i > 0 && !reader.fault; i--) skipString(reader);
}

/** Reads what follows the header of a request; `asked` gets the build information that a read is about. */
export function readRequestBody(
  service: string,
  reader: ByteReader,
  sealer: SecretSealer,
): RequestFields {
  switch (service) {
    case 'find_servers':
    case 'get_endpoints':
      return { endpoint_url: readString(reader) };
    case 'register_server':
    case 'register_server2':
      return { application: readRegistration(reader) };
    case 'create_session':
      return readCreateSession(reader);
    case 'activate_session':
      return readActivateSession(reader, sealer);
    case 'read':
      reader.skip(12);
      return readNodes(reader, skipReadItem);
    case 'write':
      return readNodes(reader, skipWriteItem);
    case 'call':
      return readNodes(reader, undefined);
    default:
      return {};
  }
}

export function readResponseBody(service: string, reader: ByteReader): ResponseFields {
  switch (service) {
    case 'get_endpoints':
      return readEndpoints(reader);
    case 'create_session': {
      readNodeId(reader);
      readNodeId(reader);
      reader.skip(8);
      skipString(reader);
      skipString(reader);
      return readEndpoints(reader);
    }
    case 'find_servers':
      return { servers: readList(reader, readApplication) };
    case 'write':
      return { results: readList(reader, () => statusName(reader.u32le()), NODES_MAX) };
    case 'call':
      // What follows the first result's status are diagnostics and outputs.
      return arrayLength(reader) > 0 ? { results: [statusName(reader.u32le())] } : {};
    default:
      return {};
  }
}

/** Reads all items of an array, and keeps the first of them. */
function readList<T>(reader: ByteReader, read: (reader: ByteReader) => T, max = LIST_MAX): T[] {
  const items: T[] = [];
  for (let i = arrayLength(reader); i > 0 && !reader.fault; i--) {
    const item = read(reader);
    if (items.length < max && !reader.fault) items.push(item);
  }
  return items;
}

function readApplication(reader: ByteReader): OpcUaApplication {
  const application_uri = readString(reader);
  const product_uri = readString(reader);
  const application_name = readLocalizedText(reader);
  const application_type = APPLICATION_TYPES[reader.u32le()] ?? 'unknown';
  skipString(reader);
  skipString(reader);
  const discovery_urls = readList(reader, readString, NODES_MAX);
  return { application_uri, product_uri, application_name, application_type, discovery_urls };
}

function readRegistration(reader: ByteReader): OpcUaApplication {
  const application_uri = readString(reader);
  const product_uri = readString(reader);
  const [application_name = ''] = readList(reader, readLocalizedText);
  const application_type = APPLICATION_TYPES[reader.u32le()] ?? 'unknown';
  skipString(reader);
  const discovery_urls = readList(reader, readString, NODES_MAX);
  return { application_uri, product_uri, application_name, application_type, discovery_urls };
}

function readCreateSession(reader: ByteReader): RequestFields {
  const application = readApplication(reader);
  skipString(reader);
  const endpoint_url = readString(reader);
  return { application, endpoint_url, session_name: readString(reader) };
}

/** The endpoints, and the server that the first of them describes: all are of one. */
function readEndpoints(reader: ByteReader): ResponseFields {
  let application: OpcUaApplication | undefined;
  const endpoints = readList(reader, (): OpcUaEndpoint => {
    const endpoint_url = readString(reader);
    const server = readApplication(reader);
    if (!reader.fault) application ??= server;
    skipString(reader);
    const security_mode = SECURITY_MODES[reader.u32le()] ?? 'invalid';
    const security_policy = policyName(readString(reader));
    const user_tokens = readList(reader, readUserToken);
    skipString(reader);
    reader.skip(1);
    return { endpoint_url, security_policy, security_mode, user_tokens: [...new Set(user_tokens)] };
  });
  return application ? { application, endpoints } : { endpoints };
}

function readUserToken(reader: ByteReader): string {
  skipString(reader);
  const kind = USER_TOKENS[reader.u32le()] ?? 'unknown';
  for (let i = 0; i < 3; i++) skipString(reader);
  return kind;
}

function readActivateSession(reader: ByteReader, sealer: SecretSealer): RequestFields {
  skipString(reader);
  skipString(reader);
  for (let i = arrayLength(reader); i > 0 && !reader.fault; i--) {
    skipString(reader);
    skipString(reader);
  }
  skipStrings(reader);
  const { type, end } = beginExtension(reader);
  const user_token = TOKENS[type];
  if (user_token === undefined || reader.fault) {
    // Without a token the session is anonymous (OPC 10000-4, 5.6.3.2).
    if (!reader.fault) reader.at = end;
    return reader.fault ? {} : { user_token: type === 0 || type === -1 ? 'anonymous' : 'unknown' };
  }
  const fields: RequestFields = { user_token };
  skipString(reader);
  if (user_token === 'user_name') {
    fields.username = readString(reader);
    const length = lengthOf(reader);
    const from = reader.at;
    reader.skip(length);
    fields.token_encrypted = lengthOf(reader) > 0;
    if (!fields.token_encrypted && !reader.fault && length > 0)
      fields.password = sealer.seal(reader.bytes.subarray(from, from + length));
  } else if (user_token === 'issued_token') {
    skipString(reader);
    fields.token_encrypted = lengthOf(reader) > 0;
  }
  if (!reader.fault) reader.at = end;
  return fields;
}

/** Nodes of a read, write or call; without a way to skip what belongs to one, the first is read alone. */
function readNodes(
  reader: ByteReader,
  skip: ((reader: ByteReader) => void) | undefined,
): RequestFields {
  const node_count = arrayLength(reader);
  const nodes: string[] = [];
  const wanted = skip ? Math.min(node_count, NODES_MAX) : Math.min(node_count, 1);
  for (let i = 0; i < wanted && !reader.fault; i++) {
    let node = readNodeId(reader);
    // Of a call the object comes first, then its method.
    if (!skip) node = readNodeId(reader);
    if (!reader.fault) nodes.push(node);
    skip?.(reader);
  }
  return { nodes, node_count };
}

function skipReadItem(reader: ByteReader): void {
  reader.skip(4);
  skipString(reader);
  reader.skip(2);
  skipString(reader);
}

function skipWriteItem(reader: ByteReader): void {
  reader.skip(4);
  skipString(reader);
  readDataValue(reader);
}

/** Whether a read_request, which begins at its header, asks for build information, and where; undefined if not. */
export function askedBuildInfo(reader: ByteReader): AskedBuildInfo | undefined {
  skipRequestHeader(reader);
  reader.skip(12);
  const asked: (string | undefined)[] = [];
  let any = false;
  for (let i = Math.min(arrayLength(reader), LIST_MAX); i > 0 && !reader.fault; i--) {
    const node = readNodeId(reader);
    const isValue = reader.at + 4 <= reader.end && reader.bytes[reader.at] === VALUE_ATTRIBUTE;
    const field =
      isValue && Object.hasOwn(BUILD_INFO_NODES, node) ? BUILD_INFO_NODES[node] : undefined;
    any ||= field !== undefined;
    asked.push(field);
    skipReadItem(reader);
  }
  return any ? asked : undefined;
}

/** Reads the values of a read_response that answer such a request; the reader stands behind the header. */
export function readBuildInfo(reader: ByteReader, asked: AskedBuildInfo): Record<string, string> {
  const info: Record<string, string> = {};
  const structure = (type: number): void => {
    if (type === SERVER_STATUS_TYPE) reader.skip(20);
    else if (type !== BUILD_INFO_TYPE) return;
    for (const field of BUILD_INFO_FIELDS) {
      const text = readString(reader);
      if (!reader.fault && text) info[field] ??= text;
    }
  };
  const count = Math.min(arrayLength(reader), asked.length);
  for (let i = 0; i < count && !reader.fault; i++) {
    const text = readDataValue(reader, asked[i] === '' ? structure : undefined);
    if (asked[i] && text && !reader.fault) info[asked[i] as string] ??= text;
  }
  return info;
}
