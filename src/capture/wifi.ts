/**
 * IEEE 802.11 frames as monitors record them, with the headers that drivers put before them: radiotap, Prism, AVS, PPI.
 * Finds who sent to whom, and in data frames that are not encrypted the network packet; management frames, and those
 * under WEP, are handed on whole to the decoder of Wi-Fi. Encrypted data and control frames say nothing more.
 */

/** Link types (tcpdump.org/linktypes.html). */
export const IEEE802_11 = 105;
export const IEEE802_11_PRISM = 119;
export const IEEE802_11_RADIOTAP = 127;
export const IEEE802_11_AVS = 163;
export const PPI = 192;

/** Stands for a whole 802.11 frame where an EtherType stands for a payload; 0xffff is reserved (RFC 1701). */
export const ETHERTYPE_WIFI = 0xffff;

/** What is found; offsets are into the frame's buffer, and `end` comes in as the frame's. */
export interface WifiFrame {
  /** ETHERTYPE_WIFI: `payload` is the 802.11 frame; 0: it is LLC; -1: there is nothing to look into. */
  type: number;
  payload: number;
  end: number;
  /** Offsets of the MACs that sent and shall receive; -1 without one. */
  source: number;
  target: number;
  group: boolean;
}

const FCS_BYTES = 4;
const MANAGEMENT = 0;
const DATA = 2;
const MANAGEMENT_HEADER = 24;
const DATA_HEADER = 24;
const TO_DS = 1;
const FROM_DS = 2;
const MORE_FRAGMENTS = 4;
const PROTECTED = 0x40;
const ORDER = 0x80;
/** Bits of the subtype of data frames: without body; with QoS control. */
const NO_DATA = 4;
const QOS = 8;
const AMSDU = 0x80;
const HT_CONTROL_BYTES = 4;
/** In the key identifier byte behind an encrypted frame's header: TKIP and CCMP have an extended IV, WEP has not. */
const EXTENDED_IV = 0x20;

export function isWifi(linkType: number): boolean {
  return (
    linkType === IEEE802_11 ||
    linkType === IEEE802_11_RADIOTAP ||
    linkType === IEEE802_11_PRISM ||
    linkType === IEEE802_11_AVS ||
    linkType === PPI
  );
}

/** Fills `into` for the frame [start, into.end); false when a header is cut or contradicts itself. */
export function parseWifi(
  linkType: number,
  bytes: Uint8Array,
  start: number,
  into: WifiFrame,
): boolean {
  radio.start = start;
  radio.end = into.end;
  radio.pad = false;
  into.type = 0;
  if (!skipRadio(linkType, bytes, radio)) return false;
  const { start: at, end } = radio;
  into.end = end;
  // Acknowledgements and the like: 10 bytes are all that they have.
  if (end - at < 10) return false;
  const type = (bytes[at] >> 2) & 3;
  if ((bytes[at] & 3) !== 0) return false;
  if (type === MANAGEMENT) return management(bytes, at, into);
  if (type === DATA) return data(bytes, at, into, radio.pad);
  return nothing(into);
}

/** The frame without its radio header; `pad`: bytes fill the 802.11 header up to a multiple of 4. */
interface Radio {
  start: number;
  end: number;
  pad: boolean;
}
const radio: Radio = { start: 0, end: 0, pad: false };

function nothing(into: WifiFrame): true {
  into.type = -1;
  into.source = -1;
  into.target = -1;
  return true;
}

function management(bytes: Uint8Array, at: number, into: WifiFrame): boolean {
  if (into.end - at < MANAGEMENT_HEADER) return false;
  whole(bytes, at, into, at + 10, at + 4);
  return true;
}

/** The frame itself is what the decoder of Wi-Fi reads. */
function whole(
  bytes: Uint8Array,
  at: number,
  into: WifiFrame,
  source: number,
  target: number,
): void {
  into.type = ETHERTYPE_WIFI;
  into.payload = at;
  into.source = source;
  into.target = target;
  into.group = (bytes[target] & 1) !== 0;
}

function data(bytes: Uint8Array, at: number, into: WifiFrame, pad: boolean): boolean {
  const subtype = bytes[at] >> 4;
  const flags = bytes[at + 1];
  const toDs = (flags & TO_DS) !== 0;
  const fromDs = (flags & FROM_DS) !== 0;
  const qos = (subtype & QOS) !== 0;
  let header = DATA_HEADER + (toDs && fromDs ? 6 : 0);
  const qosAt = at + header;
  if (qos) header += 2 + ((flags & ORDER) !== 0 ? HT_CONTROL_BYTES : 0);
  if (pad) header = (header + 3) & ~3;
  const body = at + header;
  if (body > into.end) return false;
  if ((subtype & NO_DATA) !== 0) return nothing(into);
  const target = at + (toDs ? 16 : 4);
  const source = at + (fromDs ? (toDs ? 24 : 16) : 10);
  if ((flags & PROTECTED) !== 0) {
    const wep = into.end - body > 4 && (bytes[body + 3] & EXTENDED_IV) === 0;
    if (!wep) return nothing(into);
    whole(bytes, at, into, at + 10, at + 4);
    return true;
  }
  // Pieces of a larger one: the first holds no whole packet, the others no header.
  if ((flags & MORE_FRAGMENTS) !== 0 || (bytes[at + 22] & 15) !== 0) return nothing(into);
  into.source = source;
  into.target = target;
  into.payload = body;
  if (qos && (bytes[qosAt] & AMSDU) !== 0) return aggregate(bytes, body, into);
  into.group = (bytes[target] & 1) !== 0;
  return into.end - body >= 8 || cutShort(into);
}

/** Of an A-MSDU the first subframe is read: target, source, length, LLC. */
function aggregate(bytes: Uint8Array, at: number, into: WifiFrame): boolean {
  if (into.end - at < 14) return false;
  const end = at + 14 + ((bytes[at + 12] << 8) | bytes[at + 13]);
  if (end > into.end) return false;
  into.target = at;
  into.source = at + 6;
  into.payload = at + 14;
  into.end = end;
  into.group = (bytes[at] & 1) !== 0;
  return end - into.payload >= 8 || cutShort(into);
}

/** Fewer bytes than LLC and SNAP have: no packet that anybody reads. */
function cutShort(into: WifiFrame): boolean {
  return nothing(into);
}

/** Moves past what the driver put before the frame, and drops the check sequence behind it where that is told. */
function skipRadio(linkType: number, bytes: Uint8Array, frame: Radio): boolean {
  switch (linkType) {
    case IEEE802_11_RADIOTAP:
      return skipRadiotap(bytes, frame);
    case IEEE802_11_PRISM:
    case IEEE802_11_AVS:
      return skipPrism(bytes, frame);
    case PPI:
      return skipPpi(bytes, frame);
    default:
      return true;
  }
}

const RADIOTAP_MORE = 0x80;
const RADIOTAP_TSFT = 1;
const RADIOTAP_FLAGS = 2;
const RADIOTAP_FCS = 0x10;
const RADIOTAP_PAD = 0x20;
const RADIOTAP_BAD_FCS = 0x40;

/** radiotap.org: a length, words of presence bits of which the highest says that one more follows, and fields. */
function skipRadiotap(bytes: Uint8Array, frame: Radio): boolean {
  const { start, end } = frame;
  if (end - start < 8 || bytes[start] !== 0) return false;
  const length = bytes[start + 2] | (bytes[start + 3] << 8);
  if (length < 8 || start + length > end) return false;
  frame.start = start + length;
  const present = bytes[start + 4];
  if ((present & RADIOTAP_FLAGS) === 0) return true;
  let at = start + 8;
  while (at <= start + length && (bytes[at - 1] & RADIOTAP_MORE) !== 0) at += 4;
  // Fields keep their alignment from the header's beginning.
  if ((present & RADIOTAP_TSFT) !== 0) at = start + ((at - start + 7) & ~7) + 8;
  if (at >= start + length) return false;
  const flags = bytes[at];
  if ((flags & RADIOTAP_BAD_FCS) !== 0) return false;
  if ((flags & RADIOTAP_FCS) !== 0) frame.end = end - FCS_BYTES;
  frame.pad = (flags & RADIOTAP_PAD) !== 0;
  return frame.end > frame.start;
}

/** Prism has its length in the driver's byte order; AVS, which some record under its name, big-endian. */
function skipPrism(bytes: Uint8Array, frame: Radio): boolean {
  const { start, end } = frame;
  if (end - start < 8) return false;
  const avs = bytes[start] === 0x80 && bytes[start + 1] === 0x21;
  const big = (bytes[start + 6] << 8) | bytes[start + 7];
  const little = bytes[start + 4] | (bytes[start + 5] << 8);
  const length = avs || little === 0 ? big : little;
  if (length < 8 || start + length > end) return false;
  frame.start = start + length;
  return true;
}

const PPI_COMMON = 2;
const PPI_COMMON_BYTES = 20;
const PPI_FCS = 1;
/** Version, flags, length, link type. */
const PPI_HEADER_BYTES = 8;

/** Length of a header of Per-Packet Information (PPI), which may stand before frames of any link type; 0: it is cut. */
export function ppiLength(bytes: Uint8Array, start: number, end: number): number {
  if (end - start < PPI_HEADER_BYTES || bytes[start] !== 0) return 0;
  const length = bytes[start + 2] | (bytes[start + 3] << 8);
  return length >= PPI_HEADER_BYTES && start + length <= end ? length : 0;
}

/** The link type of the frame behind it. */
export function ppiLinkType(bytes: Uint8Array, start: number): number {
  return bytes[start + 4] | (bytes[start + 5] << 8);
}

/** Its fields have a type, a length and a value; the common one says whether there is a check sequence. */
function skipPpi(bytes: Uint8Array, frame: Radio): boolean {
  const { start, end } = frame;
  const length = ppiLength(bytes, start, end);
  if (length === 0) return false;
  frame.start = start + length;
  for (let at = start + PPI_HEADER_BYTES; at + 4 <= frame.start; ) {
    const type = bytes[at] | (bytes[at + 1] << 8);
    const size = bytes[at + 2] | (bytes[at + 3] << 8);
    const common = type === PPI_COMMON && size >= PPI_COMMON_BYTES && at + 14 <= frame.start;
    if (common && (bytes[at + 12] & PPI_FCS) !== 0) frame.end = end - FCS_BYTES;
    at += 4 + size;
  }
  return frame.end > frame.start;
}
