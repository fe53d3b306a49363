/**
 * Tuya's local protocol, versions 3.1 to 3.5: frames with a prefix, a sequence number, a command and a length, over
 * TCP 6668 between a device and whoever has its key, and broadcast over UDP 6666, 6667 and 7000 by which devices say
 * who they are. Frames up to 3.4 begin with 000055aa and end in a CRC or HMAC; those of 3.5 begin with 00006699 and
 * are AES-128-GCM. Broadcasts are in clear, or under one key that is the same for all devices in the world.
 */
import { createDecipheriv, createHash } from 'node:crypto';
import type {
  DecodeContext,
  Decoder,
  Direction,
  PacketRef,
  Parser,
  Recognition,
} from '../decoder.ts';
import { emitMalformed } from './datagram.ts';
import { u32be } from './integers.ts';
import { type JsonObject, readObject, textOf } from './json-fields.ts';
import { asciiText } from './wire-text.ts';

type TuyaName =
  | 'udp'
  | 'ap_config'
  | 'active'
  | 'sess_key_neg_start'
  | 'sess_key_neg_resp'
  | 'sess_key_neg_finish'
  | 'unbind'
  | 'control'
  | 'status'
  | 'heart_beat'
  | 'dp_query'
  | 'query_wifi'
  | 'token_bind'
  | 'control_new'
  | 'enable_wifi'
  | 'wifi_info'
  | 'dp_query_new'
  | 'scene_execute'
  | 'update_dps'
  | 'udp_new'
  | 'ap_config_new'
  | 'broadcast_lpv34'
  | 'req_devinfo'
  | 'lan_ext_stream'
  | 'command';

export interface TuyaEvent {
  readonly protocol: 'tuya';
  /** Name of the command; `command` of one that has none. */
  readonly event: TuyaName;
  readonly command: number;
  readonly sequence: number;
  /** Protocol version, where the frame says: `3.1` …; 3.5 by its form. */
  readonly version: string | undefined;
  /** 0: done; undefined in requests, and where it is encrypted. */
  readonly return_code: number | undefined;
  /** The payload could be read by anybody. */
  readonly clear: boolean;
  /** Bytes behind the header. */
  readonly length: number;
  /** Of broadcasts and clear payloads: the device's identifier, its product, and whether it is paired. */
  readonly gw_id: string | undefined;
  readonly product_key: string | undefined;
  readonly active: number | undefined;
  /** Numbers of the data points that are told or set, in clear payloads. */
  readonly dps: readonly string[] | undefined;
}

const protocol = 'tuya';
const PORT = 6668;
const BROADCAST_PORTS = [6666, 6667, 7000];
const PREFIX = 0x000055aa;
const PREFIX_GCM = 0x00006699;
const SUFFIX = 0x0000aa55;
const SUFFIX_GCM = 0x00009966;
const HEADER = 16;
const HEADER_GCM = 18;
const FRAME_BYTES_MAX = 8192;
const RETURN_CODE = 4;
const CRC_AND_SUFFIX = 8;
const HMAC_AND_SUFFIX = 36;
const IV = 12;
const TAG = 16;
const DPS_MAX = 32;
/** What a header of a version is followed by, up to 3.4 in 55aa frames. */
const VERSION_HEADER = 15;

const COMMANDS: Readonly<Record<number, TuyaName>> = {
  0: 'udp',
  1: 'ap_config',
  2: 'active',
  3: 'sess_key_neg_start',
  4: 'sess_key_neg_resp',
  5: 'sess_key_neg_finish',
  6: 'unbind',
  7: 'control',
  8: 'status',
  9: 'heart_beat',
  10: 'dp_query',
  11: 'query_wifi',
  12: 'token_bind',
  13: 'control_new',
  14: 'enable_wifi',
  15: 'wifi_info',
  16: 'dp_query_new',
  17: 'scene_execute',
  18: 'update_dps',
  19: 'udp_new',
  20: 'ap_config_new',
  35: 'broadcast_lpv34',
  37: 'req_devinfo',
  64: 'lan_ext_stream',
};

/** The key of every broadcast: MD5 of a text that is in the makers' own applications. */
const BROADCAST_KEY = createHash('md5').update('yGAdlopoPVldABfn').digest();

export const tuyaDecoder: Decoder = {
  protocol,
  carriers: ['tcp', 'udp'],
  ports: [PORT, ...BROADCAST_PORTS],
  firstBytes: [0x00],
  recognise(bytes, start, end, _direction, flow): Recognition {
    if (end > start && bytes[start] !== 0) return 'no';
    if (end - start < HEADER_GCM) return flow.carrier === 'tcp' ? 'more' : 'no';
    const length = frameLength(bytes, start);
    if (length === 0) return 'no';
    // Over UDP a frame is the datagram; over TCP its end is looked at where it is there.
    if (flow.carrier === 'udp' && length !== end - start) return 'no';
    return length > end - start || hasSuffix(bytes, start, length) ? 'yes' : 'no';
  },
  open: (flow, context) => new TuyaParser(context, flow.carrier === 'udp'),
};

/** Bytes of the frame whose header stands at `at`; 0 when it is none. */
function frameLength(bytes: Uint8Array, at: number): number {
  const prefix = u32be(bytes, at);
  const gcm = prefix === PREFIX_GCM;
  if (!gcm && prefix !== PREFIX) return 0;
  const command = u32be(bytes, at + (gcm ? 10 : 8));
  const length = u32be(bytes, at + (gcm ? 14 : 12));
  const least = gcm ? IV + TAG : CRC_AND_SUFFIX;
  if (command > 255 || length < least || length > FRAME_BYTES_MAX) return 0;
  return gcm ? HEADER_GCM + length + 4 : HEADER + length;
}

function hasSuffix(bytes: Uint8Array, at: number, length: number): boolean {
  const suffix = u32be(bytes, at) === PREFIX_GCM ? SUFFIX_GCM : SUFFIX;
  return u32be(bytes, at + length - 4) === suffix;
}

class TuyaParser implements Parser {
  done = false;
  readonly #context: DecodeContext;
  readonly #datagrams: boolean;

  constructor(context: DecodeContext, datagrams: boolean) {
    this.#context = context;
    this.#datagrams = datagrams;
  }

  data(bytes: Uint8Array, start: number, end: number, direction: Direction, at: PacketRef): number {
    let from = start;
    while (end - from >= HEADER_GCM) {
      const length = frameLength(bytes, from);
      if (length > end - from && !this.#datagrams) break;
      if (length === 0 || length > end - from || !hasSuffix(bytes, from, length)) {
        const reason = length === 0 ? 'not a frame' : 'frame without its end';
        emitMalformed(this.#context, protocol, reason, 0, direction, at);
        this.done = !this.#datagrams;
        return end - start;
      }
      const frame = bytes.subarray(from, from + length);
      const event =
        u32be(frame, 0) === PREFIX_GCM
          ? readGcm(frame, this.#datagrams)
          : readFrame(frame, this.#datagrams);
      this.#context.emit(event, direction, at);
      from += length;
    }
    return from - start;
  }

  gap(): void {
    this.done = true;
  }
}

/** A whole frame of versions 3.1 to 3.4. */
function readFrame(frame: Uint8Array, broadcast: boolean): TuyaEvent {
  const command = u32be(frame, 8);
  const end = frame.length - CRC_AND_SUFFIX;
  // Answers carry a return code, whose upper bytes are zero; a payload never begins so.
  const coded = end - HEADER >= RETURN_CODE && u32be(frame, HEADER) < 0x100;
  let body = HEADER + (coded ? RETURN_CODE : 0);
  const version = versionAt(frame, body, end);
  if (version !== undefined) body += version === '3.1' ? 3 : Math.min(VERSION_HEADER, end - body);
  const text = version === undefined ? readObject(frame, body, end) : undefined;
  const opened = text ?? (broadcast ? openBroadcast(frame, body, end) : undefined);
  return describe(command, u32be(frame, 4), opened, {
    version,
    return_code: coded ? u32be(frame, HEADER) : undefined,
    length: frame.length - HEADER,
  });
}

function readGcm(frame: Uint8Array, broadcast: boolean): TuyaEvent {
  const command = u32be(frame, 10);
  const tag = frame.length - 4 - TAG;
  const opened = broadcast ? openGcm(frame, HEADER_GCM, tag) : undefined;
  return describe(command, u32be(frame, 6), opened, {
    version: '3.5',
    return_code: undefined,
    length: frame.length - HEADER_GCM,
  });
}

function describe(
  command: number,
  sequence: number,
  opened: JsonObject | undefined,
  rest: Pick<TuyaEvent, 'version' | 'return_code' | 'length'>,
): TuyaEvent {
  const dps = opened?.dps;
  const names = typeof dps === 'object' && dps !== null ? Object.keys(dps) : undefined;
  const told = textOf(opened?.version);
  return {
    protocol,
    event: COMMANDS[command] ?? 'command',
    command,
    sequence,
    version: told ?? rest.version,
    return_code: rest.return_code,
    clear: opened !== undefined,
    length: rest.length,
    gw_id: textOf(opened?.gwId) ?? textOf(opened?.devId),
    product_key: textOf(opened?.productKey),
    active: typeof opened?.active === 'number' ? opened.active : undefined,
    dps: names?.slice(0, DPS_MAX),
  };
}

/** `3.1` … in front of an encrypted payload. */
function versionAt(frame: Uint8Array, at: number, end: number): string | undefined {
  if (end - at < 3 || frame[at] !== 0x33 || frame[at + 1] !== 0x2e) return undefined;
  const minor = frame[at + 2];
  return minor >= 0x31 && minor <= 0x35 ? asciiText(frame, at, at + 3) : undefined;
}

/** A broadcast of 3.2 to 3.4: AES-128-ECB under the key of all, with a CRC or an HMAC behind it. */
function openBroadcast(frame: Uint8Array, body: number, end: number): JsonObject | undefined {
  const short = frame.length - HMAC_AND_SUFFIX;
  for (const stop of [end, short]) {
    if (stop <= body || (stop - body) % 16 !== 0) continue;
    try {
      const decipher = createDecipheriv('aes-128-ecb', BROADCAST_KEY, null);
      const clear = Buffer.concat([decipher.update(frame.subarray(body, stop)), decipher.final()]);
      const found = readObject(clear, 0, clear.length);
      if (found) return found;
    } catch {
      // Under another key: nothing to read.
    }
  }
  return undefined;
}

/** A broadcast of 3.5: the header behind the prefix is authenticated with it. */
function openGcm(frame: Uint8Array, body: number, tag: number): JsonObject | undefined {
  try {
    const iv = frame.subarray(body, body + IV);
    const decipher = createDecipheriv('aes-128-gcm', BROADCAST_KEY, iv);
    decipher.setAAD(frame.subarray(4, HEADER_GCM));
    decipher.setAuthTag(frame.subarray(tag, tag + TAG));
    const clear = Buffer.concat([
      decipher.update(frame.subarray(body + IV, tag)),
      decipher.final(),
    ]);
    const brace = clear.indexOf(0x7b);
    return brace < 0 || brace > RETURN_CODE ? undefined : readObject(clear, brace, clear.length);
  } catch {
    return undefined;
  }
}
