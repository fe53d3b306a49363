/** Names of EtherNet/IP and CIP (ODVA, The CIP Networks Library, volumes 1 and 2), as EVE writes them. */

/** Encapsulation commands (volume 2, 2-3.2). */
const COMMANDS: Readonly<Record<number, string>> = {
  0: 'nop',
  4: 'list_services',
  99: 'list_identity',
  100: 'list_interfaces',
  101: 'register_session',
  102: 'unregister_session',
  111: 'send_rr_data',
  112: 'send_unit_data',
  114: 'indicate_status',
  115: 'cancel',
};

export function commandName(command: number): string | undefined {
  return COMMANDS[command];
}

const ENCAPSULATION_STATUS: Readonly<Record<number, string>> = {
  0: 'success',
  1: 'invalid_cmd',
  2: 'no_resources',
  3: 'incorrect_data',
  100: 'invalid_session',
  101: 'invalid_length',
  105: 'unsupported_prot_rev',
  106: 'encap_header_error',
};

export function isEncapsulationStatus(status: number): boolean {
  return ENCAPSULATION_STATUS[status] !== undefined;
}

export function encapsulationStatus(status: number): string {
  return ENCAPSULATION_STATUS[status] ?? `unknown-${status}`;
}

export const CONNECTION_MANAGER = 0x06;
export const IDENTITY = 0x01;
export const FILE = 0x37;
export const PCCC = 0x67;

export const MULTIPLE_SERVICE_PACKET = 0x0a;
export const GET_ATTRIBUTES_ALL = 0x01;
export const EXECUTE_PCCC = 0x4b;
export const UNCONNECTED_SEND = 0x52;

/** Services that every class may have (volume 1, appendix A), and those of Logix controllers. */
const SERVICES: Readonly<Record<number, string>> = {
  1: 'Get Attributes All',
  2: 'Set Attributes All',
  3: 'Get Attribute List',
  4: 'Set Attribute List',
  5: 'Reset',
  6: 'Start',
  7: 'Stop',
  8: 'Create',
  9: 'Delete',
  10: 'Multiple Service Packet',
  13: 'Apply Attributes',
  14: 'Get Attributes Single',
  16: 'Set Attributes Single',
  17: 'Find Next Object Instance',
  21: 'Restore',
  22: 'Save',
  23: 'No Forward Open',
  24: 'Get Member',
  25: 'Set Member',
  26: 'Insert Member',
  27: 'Remove Member',
  28: 'Group Sync',
  29: 'Get Connection Point Member List',
  75: 'Execute PCCC Service',
  76: 'Read Data',
  77: 'Write Data',
  78: 'Read Write Modify Data',
  82: 'Read Data Fragmented',
  83: 'Write Data Fragmented',
  84: 'Forward Open',
};
/** Services that mean something else to one class. */
const CLASS_SERVICES: Readonly<Record<number, Readonly<Record<number, string>>>> = {
  [CONNECTION_MANAGER]: {
    78: 'Forward Close',
    82: 'Unconnected Send',
    84: 'Forward Open',
    86: 'Get Connection Data',
    87: 'Search Connection Data',
    90: 'Get Connection Owner',
    91: 'Large Forward Open',
  },
  [FILE]: {
    75: 'Initiate Upload',
    76: 'Initiate Download',
    77: 'Initiate Partial Read',
    78: 'Initiate Partial Write',
    79: 'Upload Transfer',
    80: 'Download Transfer',
    81: 'Clear File',
  },
};

/** @param classId - of the request's path; undefined where it has none. */
export function serviceName(service: number, classId: number | undefined): string {
  const own = classId === undefined ? undefined : CLASS_SERVICES[classId];
  return own?.[service] ?? SERVICES[service] ?? `unknown-${service}`;
}

/** Classes (volume 1, chapter 5; volume 2, chapter 5), and those of Logix controllers that programs are made of. */
const CLASSES: Readonly<Record<number, string>> = {
  1: 'Identity',
  2: 'Message Router',
  3: 'DeviceNet',
  4: 'Assembly',
  5: 'Connection',
  6: 'Connection Manager',
  7: 'Register',
  8: 'Discrete Input Point',
  9: 'Discrete Output Point',
  10: 'Analog Input Point',
  11: 'Analog Output Point',
  15: 'Parameter',
  16: 'Parameter Group',
  29: 'Discrete Input Group',
  30: 'Discrete Output Group',
  32: 'Analog Input Group',
  33: 'Analog Output Group',
  37: 'Position Controller',
  40: 'Motor Data',
  41: 'Control Supervisor',
  42: 'AC/DC Drive',
  44: 'Overload',
  45: 'Softstart',
  55: 'File',
  57: 'Safety Supervisor',
  58: 'Safety Validator',
  66: 'Motion Device Axis',
  67: 'Time Sync',
  68: 'Modbus',
  69: 'Originator Connection List',
  70: 'Modbus Serial Link',
  71: 'Device Level Ring (DLR)',
  72: 'QoS',
  77: 'Target Connection List',
  78: 'Base Energy',
  79: 'Electrical Energy',
  81: 'Base Switch',
  82: 'SNMP',
  83: 'Power Management',
  93: 'CIP Security',
  94: 'EtherNet/IP Security',
  95: 'Certificate Management',
  103: 'PCCC Class',
  240: 'ControlNet',
  244: 'Port',
  245: 'TCP/IP Interface',
  246: 'Ethernet Link',
};

export function className(id: number): string {
  return CLASSES[id] ?? `unknown-${id}`;
}

/** General status (volume 1, appendix B). */
const STATUS: Readonly<Record<number, string>> = {
  0: 'Success',
  1: 'Connection Failure',
  2: 'Resource Unavailable',
  3: 'Invalid Parameter Value',
  4: 'Path Segment Error',
  5: 'Path Destination Unknown',
  6: 'Partial Transfer',
  7: 'Connection Lost',
  8: 'Service Not Supported',
  9: 'Invalid Attribute Value',
  10: 'Attribute List Error',
  11: 'Already In Requested Mode/State',
  12: 'Object State Conflict',
  13: 'Object Already Exists',
  14: 'Attribute Not Settable',
  15: 'Privilege Violation',
  16: 'Device State Conflict',
  17: 'Reply Data Too Large',
  18: 'Fragmentation Of A Primitive Value',
  19: 'Not Enough Data',
  20: 'Attribute Not Supported',
  21: 'Too Much Data',
  22: 'Object Does Not Exist',
  23: 'Service Fragmentation Sequence Not In Progress',
  24: 'No Stored Attribute Data',
  25: 'Store Operation Failure',
  26: 'Routing Failure, Request Packet Too Large',
  27: 'Routing Failure, Response Packet Too Large',
  28: 'Missing Attribute List Entry Data',
  29: 'Invalid Attribute Value List',
  30: 'Embedded Service Error',
  31: 'Vendor Specific Error',
  32: 'Invalid Parameter',
  33: 'Write-Once Value Or Medium Already Written',
  34: 'Invalid Reply Received',
  35: 'Buffer Overflow',
  36: 'Invalid Message Format',
  37: 'Key Failure In Path',
  38: 'Path Size Invalid',
  39: 'Unexpected Attribute In List',
  40: 'Invalid Member ID',
  41: 'Member Not Settable',
  42: 'Group 2 Only Server General Failure',
  43: 'Unknown Modbus Error',
  44: 'Attribute Not Gettable',
  255: 'Still Processing',
};
export const SUCCESS = 0x00;
export const PARTIAL_TRANSFER = 0x06;

export function statusName(status: number): string {
  return STATUS[status] ?? `unknown-${status}`;
}

/** Device profiles (volume 1, chapter 6). */
const DEVICE_TYPES: Readonly<Record<number, string>> = {
  0: 'Generic Device (deprecated)',
  2: 'AC Drive Device',
  3: 'Motor Overload',
  4: 'Limit Switch',
  5: 'Inductive Proximity Switch',
  6: 'Photoelectric Sensor',
  7: 'General Purpose Discrete I/O',
  9: 'Resolver',
  10: 'General Purpose Analog I/O (deprecated)',
  12: 'Communications Adapter',
  14: 'Programmable Logic Controller',
  16: 'Position Controller',
  19: 'DC Drive',
  21: 'Contactor',
  22: 'Motor Starter',
  23: 'Softstart Starter',
  24: 'Human-Machine Interface',
  26: 'Mass Flow Controller',
  27: 'Pneumatic Valve(s)',
  28: 'Vacuum Pressure Gauge',
  34: 'Encoder',
  35: 'Safety Discrete I/O Device',
  36: 'Fluid Flow Controller',
  37: 'CIP Motion Drive',
  40: 'CIP Modbus Device',
  41: 'CIP Modbus Translator',
  42: 'Safety Analog I/O Device',
  43: 'Generic Device (keyable)',
  44: 'Managed Ethernet Switch',
  45: 'CIP Motion Safety Drive Device',
  46: 'Safety Drive Device',
  47: 'CIP Motion Encoder',
  49: 'CIP Motion I/O',
  200: 'Embedded Component',
};

export function deviceTypeName(type: number): string {
  return DEVICE_TYPES[type] ?? `unknown-${type}`;
}
