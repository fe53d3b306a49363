/**
 * Messages of one shape by which makers' devices are found on the link: a datagram with a mark of its own, in which a
 * device says who it is. None of them is specified in public; fields are those that every reader of them agrees on.
 */
import type { AppEvent, Decoder } from '../decoder.ts';
import { type DatagramProtocol, datagramDecoder } from './datagram.ts';
import { u16be } from './integers.ts';
import { asciiBytes, beginsWith } from './match.ts';
import { asciiText, hexColons, wireText } from './wire-text.ts';

/** What a device says of itself; `request` is somebody asking. */
export interface MakerDiscoveryEvent extends AppEvent {
  readonly protocol: 'ubnt' | 'dlink_ddp' | 'edimax' | 'eq3_max' | 'hf_lpb';
  readonly event: 'announcement' | 'request';
  readonly model: string | undefined;
  readonly version: string | undefined;
  readonly serial: string | undefined;
  readonly name: string | undefined;
  readonly mac: string | undefined;
}

const TEXT_BYTES_MAX = 128;
const DLINK_BYTES_MIN = 0xfc;
const DLINK_REQUEST = Uint8Array.of(0xd1, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0);
const EDIMAX_BYTES_MIN = 60;
const EDIMAX = asciiBytes('EDIMAX\0');
const EDIMAX_REQUEST = asciiBytes('<param><code value="');
const EQ3 = asciiBytes('eQ3Max');
const SMART_CONFIG = asciiBytes('smart_config ');
const ASSIST = asciiBytes('HF-A11ASSISTHREAD');

type Told = Partial<Omit<MakerDiscoveryEvent, 'protocol' | 'event'>>;
type Name = MakerDiscoveryEvent['protocol'];

function said(protocol: Name, told: Told, event: MakerDiscoveryEvent['event'] = 'announcement') {
  const { model, version, serial, name, mac } = told;
  return { protocol, event, model, version, serial, name, mac } satisfies MakerDiscoveryEvent;
}

/** Ubiquiti: version, command, length, and fields of type, length and value. */
const ubnt: DatagramProtocol = {
  protocol: 'ubnt',
  ports: [10_001],
  recognise: (bytes, start, end, { serverPort, clientPort }) =>
    (serverPort === 10_001 || clientPort === 10_001) && isUbnt(bytes, start, end),
  read(bytes, start, end) {
    if (!isUbnt(bytes, start, end)) return 'not a Ubiquiti message';
    if (end - start === 4) return said('ubnt', {}, 'request');
    const told: { -readonly [K in keyof Told]: Told[K] } = {};
    for (let at = start + 4; at + 3 <= end; ) {
      const value = at + 3;
      const next = value + u16be(bytes, at + 1);
      if (next > end) return 'field longer than its message';
      const text = (): string => wireText(bytes, value, Math.min(next, value + TEXT_BYTES_MAX));
      switch (bytes[at]) {
        case 0x01:
        case 0x02:
          if (next - value >= 6) told.mac ??= hexColons(bytes, value, value + 6);
          break;
        case 0x03:
          told.version = text();
          break;
        case 0x0b:
          told.name = text();
          break;
        case 0x14:
          told.model = text();
          break;
        case 0x0c:
        case 0x15:
          told.model ??= text();
      }
      at = next;
    }
    return said('ubnt', told);
  },
};

function isUbnt(bytes: Uint8Array, start: number, end: number): boolean {
  const version = bytes[start];
  return (
    end - start >= 4 &&
    (version === 1 || version === 2) &&
    bytes[start + 1] <= 0x0b &&
    u16be(bytes, start + 2) === end - start - 4
  );
}

/** D-Link cameras: fields of fixed places, the MAC in two of them; a request is for all MACs. */
const dlink: DatagramProtocol = {
  protocol: 'dlink_ddp',
  ports: [62_976],
  recognise: (bytes, start, end) =>
    isDlink(bytes, start, end) || beginsWith(bytes, start + 4, end, DLINK_REQUEST),
  read(bytes, start, end) {
    if (beginsWith(bytes, start + 4, end, DLINK_REQUEST)) return said('dlink_ddp', {}, 'request');
    if (!isDlink(bytes, start, end)) return 'not a D-Link message';
    const model = padded(bytes, start + 0xdc, start + DLINK_BYTES_MIN);
    return said('dlink_ddp', {
      // Some of the messages have the service's name in its place.
      model: model !== undefined && /^[A-Z]+-/.test(model) ? model : undefined,
      version: padded(bytes, start + 0x76, start + 0x96),
      name: padded(bytes, start + 0x16, start + 0x56),
      mac: hexColons(bytes, start + 6, start + 12),
    });
  },
};

function isDlink(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start < DLINK_BYTES_MIN || u16be(bytes, start) !== 0xffff) return false;
  if (u16be(bytes, start + 4) !== 0xa000) return false;
  for (let i = 0; i < 6; i++) if (bytes[start + 6 + i] !== bytes[start + 0x96 + i]) return false;
  return true;
}

/** Edimax plugs and cameras: MAC, mark, model, version and name; requests are XML. */
const edimax: DatagramProtocol = {
  protocol: 'edimax',
  ports: [20_560],
  recognise: (bytes, start, end) =>
    isEdimax(bytes, start, end) || beginsWith(bytes, start, end, EDIMAX_REQUEST),
  read(bytes, start, end) {
    if (beginsWith(bytes, start, end, EDIMAX_REQUEST)) return said('edimax', {}, 'request');
    return isEdimax(bytes, start, end)
      ? said('edimax', {
          model: padded(bytes, start + 22, start + 36),
          version: padded(bytes, start + 36, start + 44),
          name: padded(bytes, start + 44, Math.min(end, start + 172)),
          mac: hexColons(bytes, start, start + 6),
        })
      : 'not an Edimax message';
  },
};

function isEdimax(bytes: Uint8Array, start: number, end: number): boolean {
  return end - start >= EDIMAX_BYTES_MIN && beginsWith(bytes, start + 6, end, EDIMAX);
}

/** eQ-3 MAX! Cube: `eQ3MaxAp`, serial number, `>`, kind, and in answers RF address and firmware (BCD). */
const eq3Max: DatagramProtocol = {
  protocol: 'eq3_max',
  ports: [23_272],
  recognise: (bytes, start, end) => end - start >= 19 && beginsWith(bytes, start, end, EQ3),
  read(bytes, start, end) {
    if (end - start < 19 || !beginsWith(bytes, start, end, EQ3)) return 'not a MAX! message';
    if (end - start < 26) return said('eq3_max', {}, 'request');
    const version = [bytes[start + 24], bytes[start + 25]].map((byte) => byte.toString(16));
    return said('eq3_max', {
      model: 'MAX! Cube',
      serial: asciiSafe(bytes, start + 8, start + 18),
      version: `${version[0]}.${version[1].padStart(2, '0')}`,
    });
  },
};

/** Hi-Flying and alike Wi-Fi modules: their MAC when they have joined, or `address,MAC,model` to who asks. */
const hfLpb: DatagramProtocol = {
  protocol: 'hf_lpb',
  ports: [48_899],
  recognise: (bytes, start, end, { serverPort, clientPort }) =>
    beginsWith(bytes, start, end, SMART_CONFIG) ||
    beginsWith(bytes, start, end, ASSIST) ||
    ((serverPort === 48_899 || clientPort === 48_899) &&
      HF_ANSWER.test(asciiSafe(bytes, start, Math.min(end, start + 64)) ?? '')),
  read(bytes, start, end) {
    if (beginsWith(bytes, start, end, ASSIST)) return said('hf_lpb', {}, 'request');
    const text = asciiSafe(bytes, start, Math.min(end, start + 64)) ?? '';
    const answer = HF_ANSWER.exec(text);
    const mac = answer?.[1] ?? /^smart_config ([0-9A-F]{12})/i.exec(text)?.[1];
    if (mac === undefined) return 'not a module’s message';
    return said('hf_lpb', {
      mac: mac.toLowerCase().replace(/..(?!$)/g, '$&:'),
      model: answer?.[2],
    });
  },
};
const HF_ANSWER = /^\d+\.\d+\.\d+\.\d+,([0-9A-F]{12}),([\w-]{2,20})$/i;

export const makerDiscoveryDecoders: readonly Decoder[] = [ubnt, dlink, edimax, eq3Max, hfLpb].map(
  (protocol) => datagramDecoder({ ...protocol, repeats: true }),
);

/** Text that zeros fill up. */
function padded(bytes: Uint8Array, start: number, end: number): string | undefined {
  let stop = start;
  while (stop < end && bytes[stop] !== 0) stop++;
  return stop > start ? wireText(bytes, start, stop) : undefined;
}

/** Undefined when a byte is none of printable ASCII. */
function asciiSafe(bytes: Uint8Array, start: number, end: number): string | undefined {
  for (let at = start; at < end; at++) if (bytes[at] < 0x20 || bytes[at] > 0x7e) return undefined;
  return end > start ? asciiText(bytes, start, end) : undefined;
}
