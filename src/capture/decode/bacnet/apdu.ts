/** The application layer of BACnet (ASHRAE 135, clause 20.1): from a PDU to an event. */
import type { SecretSealer } from '../../../base/index.ts';
import type { ByteReader } from '../byte-reader.ts';
import type { BacnetError, BacnetEvent, BacnetProperty, BacnetService } from './events.ts';
import {
  abortReason,
  COMMUNICATION,
  confirmedService,
  errorClass,
  errorCode,
  propertyName,
  RESTARTS,
  rejectReason,
  SEGMENTATION,
  unconfirmedService,
} from './names.ts';
import {
  bracketedValues,
  contextObject,
  contextText,
  contextUnsigned,
  nextApplication,
  nextBracket,
} from './tags.ts';

const PROPERTIES_MAX = 16;
const UNSIGNED = 2;
const TEXT = 7;
const ENUMERATED = 9;
const OBJECT = 12;

/** What the network layer says of the message. */
export interface Head {
  readonly protocol: 'bacnet';
  /** Holds the place of the event's name, which is to stand before what follows. */
  readonly event: string;
  readonly link: string;
  readonly forwarded_for?: string;
  readonly source?: string;
  readonly destination?: string;
}

type Fields = { -readonly [Name in keyof BacnetService]?: BacnetService[Name] };

/** Reads a PDU; undefined, with a fault, where there is none that is known. */
export function readApdu(
  reader: ByteReader,
  head: Head,
  sealer: SecretSealer,
): BacnetEvent | undefined {
  const first = reader.u8();
  const segmented = (first & 8) !== 0;
  switch (first >> 4) {
    case 0: {
      reader.skip(1);
      return readConfirmed(reader, head, segmented, (first & 4) !== 0, '_request', sealer);
    }
    case 1: {
      const service = unconfirmedService(reader.u8());
      return { ...head, event: service, ...readUnconfirmed(service, reader) };
    }
    case 2: {
      const invoke_id = reader.u8();
      return { ...head, event: `${confirmedService(reader.u8())}_ack`, invoke_id };
    }
    case 3:
      return readConfirmed(reader, head, segmented, (first & 4) !== 0, '_ack', sealer);
    case 4: {
      const [invoke_id, segment] = [reader.u8(), reader.u8()];
      reader.skip(1);
      return { ...head, event: 'segment_ack', invoke_id, segment, negative: (first & 2) !== 0 };
    }
    case 5:
      return readError(reader, head);
    case 6:
      return {
        ...head,
        event: 'reject',
        invoke_id: reader.u8(),
        reason: rejectReason(reader.u8()),
      };
    case 7:
      return {
        ...head,
        event: 'abort',
        invoke_id: reader.u8(),
        reason: abortReason(reader.u8()),
        by_server: (first & 1) !== 0,
      };
    default:
      reader.fail('unknown kind of PDU');
      return undefined;
  }
}

function readConfirmed(
  reader: ByteReader,
  head: Head,
  segmented: boolean,
  more: boolean,
  ending: '_request' | '_ack',
  sealer: SecretSealer,
): BacnetEvent {
  const invoke_id = reader.u8();
  let segment: number | undefined;
  if (segmented) {
    segment = reader.u8();
    reader.skip(1);
  }
  const service = confirmedService(reader.u8());
  const event = `${service}${ending}`;
  const base = {
    ...head,
    event,
    invoke_id,
    ...(segment !== undefined && { segment, more_segments: more }),
  };
  if (segment !== undefined && segment > 0) {
    reader.at = reader.end;
    return base;
  }
  const fields =
    ending === '_ack' ? readAck(service, reader) : readRequest(service, reader, sealer);
  // A first segment may end in the middle of a value.
  if (segment !== undefined && more) reader.fault = '';
  return { ...base, ...fields };
}

function readRequest(service: string, reader: ByteReader, sealer: SecretSealer): Fields {
  switch (service) {
    case 'read_property':
    case 'read_range':
      return readReference(reader);
    case 'write_property': {
      const fields = readReference(reader);
      if (nextBracket(reader, 3)) fields.value = bracketedValues(reader, 3) ?? null;
      else reader.fail('no value to write');
      const priority = contextUnsigned(reader, 4);
      return priority === undefined ? fields : { ...fields, priority };
    }
    case 'read_property_multiple':
      return { properties: readProperties(reader, readSpecification) };
    case 'write_property_multiple':
      return { properties: readProperties(reader, readAssignment) };
    case 'device_communication_control': {
      const duration_min = contextUnsigned(reader, 0);
      const state = COMMUNICATION[contextUnsigned(reader, 1) ?? 0] ?? 'unknown';
      return {
        ...(duration_min !== undefined && { duration_min }),
        state,
        ...readPassword(reader, 2, sealer),
      };
    }
    case 'reinitialize_device': {
      const state = RESTARTS[contextUnsigned(reader, 0) ?? 0] ?? 'unknown';
      return { state, ...readPassword(reader, 1, sealer) };
    }
    case 'subscribe_cov':
    case 'subscribe_cov_property':
      contextUnsigned(reader, 0);
      return objectFields(contextObject(reader, 1));
    case 'add_list_element':
    case 'remove_list_element':
      return readReference(reader);
    case 'atomic_read_file':
    case 'atomic_write_file':
    case 'delete_object':
      return objectFields(nextApplication(reader, OBJECT));
    case 'life_safety_operation':
      contextUnsigned(reader, 0);
      contextText(reader, 1);
      contextUnsigned(reader, 2);
      return objectFields(contextObject(reader, 3));
    default:
      return {};
  }
}

function readAck(service: string, reader: ByteReader): Fields {
  if (service === 'read_property') {
    const fields = readReference(reader);
    if (nextBracket(reader, 3)) fields.value = bracketedValues(reader, 3) ?? null;
    else reader.fail('no value that was read');
    return fields;
  }
  if (service === 'read_property_multiple')
    return { properties: readProperties(reader, readResult) };
  return {};
}

function readUnconfirmed(service: string, reader: ByteReader): Fields {
  switch (service) {
    case 'i_am': {
      const object = nextApplication(reader, OBJECT);
      const max_apdu = nextApplication(reader, UNSIGNED);
      const segmentation = nextApplication(reader, ENUMERATED);
      const vendor_id = nextApplication(reader, UNSIGNED);
      if (typeof object !== 'string' || typeof vendor_id !== 'number') {
        reader.fail('parameter missing');
        return {};
      }
      return {
        device_instance: Number(object.split(':')[1]),
        vendor_id,
        max_apdu: Number(max_apdu),
        segmentation: SEGMENTATION[Number(segmentation)] ?? 'unknown',
      };
    }
    case 'who_is': {
      const low = contextUnsigned(reader, 0);
      const high = contextUnsigned(reader, 1);
      return low === undefined
        ? {}
        : { device_instance_low: low, device_instance_high: high ?? low };
    }
    case 'i_have': {
      nextApplication(reader, OBJECT);
      const fields = objectFields(nextApplication(reader, OBJECT));
      const name = nextApplication(reader, TEXT);
      return typeof name === 'string' ? { ...fields, object_name: name } : fields;
    }
    case 'who_has': {
      contextUnsigned(reader, 0);
      contextUnsigned(reader, 1);
      const fields = objectFields(contextObject(reader, 2));
      const name = contextText(reader, 3)?.text;
      return name === undefined ? fields : { ...fields, object_name: name };
    }
    case 'unconfirmed_cov_notification':
      contextUnsigned(reader, 0);
      contextObject(reader, 1);
      return objectFields(contextObject(reader, 2));
    case 'unconfirmed_private_transfer': {
      const vendor_id = contextUnsigned(reader, 0);
      return vendor_id === undefined ? {} : { vendor_id };
    }
    default:
      return {};
  }
}

const objectFields = (object: unknown): Fields => (typeof object === 'string' ? { object } : {});

/** Object, property and index in context tags 0 to 2. */
function readReference(reader: ByteReader): Fields {
  const object = contextObject(reader, 0);
  const property = contextUnsigned(reader, 1);
  const index = contextUnsigned(reader, 2);
  if (object === undefined || property === undefined) {
    reader.fail('parameter missing');
    return {};
  }
  return { object, property: propertyText(property, index) };
}

function propertyText(property: number, index: number | undefined): string {
  const name = propertyName(property);
  return index === undefined ? name : `${name}[${index}]`;
}

/** Lists of properties of several objects: the first 16 are kept, all are read. */
function readProperties(
  reader: ByteReader,
  read: (reader: ByteReader, object: string) => BacnetProperty | undefined,
): BacnetProperty[] {
  const properties: BacnetProperty[] = [];
  while (reader.left > 0 && !reader.fault) {
    const object = contextObject(reader, 0);
    if (object === undefined || !nextBracket(reader, 1)) {
      reader.fail('parameter missing');
      break;
    }
    while (!reader.fault && !nextBracket(reader, 1, true)) {
      const property = read(reader, object);
      if (!property) reader.fail('parameter missing');
      else if (properties.length < PROPERTIES_MAX && !reader.fault) properties.push(property);
    }
  }
  return properties;
}

function readSpecification(reader: ByteReader, object: string): BacnetProperty | undefined {
  const property = contextUnsigned(reader, 0);
  if (property === undefined) return undefined;
  return { object, property: propertyText(property, contextUnsigned(reader, 1)) };
}

function readAssignment(reader: ByteReader, object: string): BacnetProperty | undefined {
  const specification = readSpecification(reader, object);
  if (!specification || !nextBracket(reader, 2)) return undefined;
  const value = bracketedValues(reader, 2) ?? null;
  contextUnsigned(reader, 3);
  return { ...specification, value };
}

function readResult(reader: ByteReader, object: string): BacnetProperty | undefined {
  const property = contextUnsigned(reader, 2);
  if (property === undefined) return undefined;
  const name = propertyText(property, contextUnsigned(reader, 3));
  if (nextBracket(reader, 4))
    return { object, property: name, value: bracketedValues(reader, 4) ?? null };
  if (!nextBracket(reader, 5)) return undefined;
  const [kind, code] = [nextApplication(reader, ENUMERATED), nextApplication(reader, ENUMERATED)];
  nextBracket(reader, 5, true);
  return {
    object,
    property: name,
    error: `${errorClass(Number(kind))} ${errorCode(Number(code))}`,
  };
}

function readPassword(reader: ByteReader, number: number, sealer: SecretSealer): Fields {
  const text = contextText(reader, number);
  if (!text || reader.fault) return {};
  return { password: sealer.seal(reader.bytes.subarray(text.from, text.to)) };
}

/** Clause 21: most services give class and code; some wrap them in context tag 0. */
function readError(reader: ByteReader, head: Head): BacnetError {
  const invoke_id = reader.u8();
  const service = confirmedService(reader.u8());
  nextBracket(reader, 0);
  const [kind, code] = [nextApplication(reader, ENUMERATED), nextApplication(reader, ENUMERATED)];
  return {
    ...head,
    event: 'error',
    invoke_id,
    service,
    error_class: typeof kind === 'number' ? errorClass(kind) : undefined,
    error_code: typeof code === 'number' ? errorCode(code) : undefined,
  };
}
