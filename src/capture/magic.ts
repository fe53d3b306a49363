/**
 * What a file is, by its first bytes: the images and containers in which devices get their firmware, and the
 * archives that may hold one. Names are short and fixed; `isUpdateImage` says which of them are firmware.
 */

/** Formats that are firmware or parts of it by themselves. */
const IMAGES = new Set([
  'uimage',
  'fit',
  'squashfs',
  'cramfs',
  'jffs2',
  'ubi',
  'ubifs',
  'romfs',
  'trx',
  'android_boot',
  'android_ota',
  'dfu',
  'esp',
  'intel_hex',
  'srec',
  'matter_ota',
  'mcuboot',
  'uf2',
  'chk',
  'seama',
]);
/** Formats that hold anything, so that name or media type must say firmware. */
const CONTAINERS = new Set([
  'elf',
  'gzip',
  'zip',
  'xz',
  '7z',
  'bzip2',
  'zstd',
  'lzma',
  'tar',
  'cpio',
  'rar',
]);

const IMAGE_NAME =
  /\.(?:bin|img|fw|trx|dfu|hex|ihex|ota|swu|rom|chk|uf2|squashfs|ubi|itb|upd|firmware|pkg|hwf|bix|rbi)(?:[.?&]|$)/i;
const IMAGE_WORD = /firmware|(?:^|[^a-z])(?:fw|ota|sysupgrade|upgrade)(?:[^a-z]|$)/i;
const IMAGE_TYPE = /firmware|x-(?:squashfs|ubi)|vnd\.(?:android\.ota|espressif)|dfu/i;

interface Signature {
  readonly name: string;
  readonly offset: number;
  readonly bytes: readonly number[];
}

function text(name: string, value: string, offset = 0): Signature {
  return { name, offset, bytes: [...Buffer.from(value, 'latin1')] };
}
function raw(name: string, hex: string, offset = 0): Signature {
  return { name, offset, bytes: [...Buffer.from(hex, 'hex')] };
}

const SIGNATURES: readonly Signature[] = [
  raw('uimage', '27051956'),
  raw('fit', 'd00dfeed'),
  text('squashfs', 'hsqs'),
  text('squashfs', 'sqsh'),
  text('squashfs', 'shsq'),
  text('squashfs', 'qshs'),
  raw('cramfs', '453dcd28'),
  raw('cramfs', '28cd3d45'),
  text('ubi', 'UBI#'),
  raw('ubifs', '31181006'),
  text('romfs', '-rom1fs-'),
  text('trx', 'HDR0'),
  text('android_boot', 'ANDROID!'),
  text('android_ota', 'CrAU'),
  raw('matter_ota', '1ef1ee1b'),
  raw('mcuboot', '3db8f396'),
  raw('uf2', '5546320a57515d9e'),
  raw('chk', '2a23245e'),
  raw('seama', '5ea3a417'),
  raw('elf', '7f454c46'),
  raw('gzip', '1f8b08'),
  raw('zip', '504b0304'),
  raw('xz', 'fd377a585a00'),
  raw('7z', '377abcaf271c'),
  text('bzip2', 'BZh'),
  raw('zstd', '28b52ffd'),
  raw('lzma', '5d00008000'),
  raw('lzma', '5d00000001'),
  raw('lzma', '5d00004000'),
  text('tar', 'ustar', 257),
  text('cpio', '070701'),
  text('cpio', '070702'),
  text('rar', 'Rar!'),
  raw('pe', '4d5a90'),
  raw('pdf', '25504446'),
  raw('png', '89504e47'),
  raw('jpeg', 'ffd8ff'),
  text('gif', 'GIF8'),
  text('riff', 'RIFF'),
  text('mp4', 'ftyp', 4),
];

/**
 * @param start - where the file begins in `bytes`.
 * @param end - how far its beginning is at hand; 512 bytes are enough for every format.
 */
export function magicOf(bytes: Uint8Array, start: number, end: number): string | undefined {
  for (const signature of SIGNATURES)
    if (matches(signature, bytes, start, end)) return signature.name;
  if (isJffs2(bytes, start, end)) return 'jffs2';
  if (isEsp(bytes, start, end)) return 'esp';
  if (isDfuSe(bytes, start, end)) return 'dfu';
  if (isIntelHex(bytes, start, end)) return 'intel_hex';
  if (isSrec(bytes, start, end)) return 'srec';
  return undefined;
}

/** Pictures, films and documents, which are no files to look into. */
const MEDIA = new Set(['png', 'jpeg', 'gif', 'riff', 'mp4', 'pdf']);
const MEDIA_TYPE = /^(?:text|image|audio|video|font)\//;

/** Whether a file is something to watch or to read, so that it says nothing about a device. */
export const isMedia = (magic: string | undefined, contentType: string | undefined): boolean =>
  magic === undefined
    ? contentType !== undefined && MEDIA_TYPE.test(contentType)
    : MEDIA.has(magic);

/** Whether a format is firmware by itself, whatever the file is called. */
export const isImageFormat = (magic: string | undefined): boolean =>
  magic !== undefined && IMAGES.has(magic);

/** Whether a transfer is an update image: by its format, or by name or media type if the format leaves it open. */
export function isUpdateImage(
  magic: string | undefined,
  name: string,
  contentType: string | undefined,
): boolean {
  if (magic && IMAGES.has(magic)) return true;
  if (magic && !CONTAINERS.has(magic)) return false;
  if (contentType && IMAGE_TYPE.test(contentType)) return true;
  if (contentType && MEDIA_TYPE.test(contentType)) return false;
  return IMAGE_NAME.test(name) || (magic !== undefined && IMAGE_WORD.test(name));
}

function matches(
  { offset, bytes: wanted }: Signature,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const from = start + offset;
  if (from + wanted.length > end) return false;
  for (let i = 0; i < wanted.length; i++) if (bytes[from + i] !== wanted[i]) return false;
  return true;
}

/** A JFFS2 node of a known type (linux/jffs2.h), in either byte order: two bytes of magic alone are too few. */
function isJffs2(bytes: Uint8Array, start: number, end: number): boolean {
  if (start + 4 > end) return false;
  const little = bytes[start] === 0x85 && bytes[start + 1] === 0x19;
  const big = bytes[start] === 0x19 && bytes[start + 1] === 0x85;
  if (!little && !big) return false;
  const type = little
    ? bytes[start + 2] | (bytes[start + 3] << 8)
    : (bytes[start + 2] << 8) | bytes[start + 3];
  return (
    type === 0xe001 || type === 0xe002 || type === 0x2003 || type === 0x2004 || type === 0x2006
  );
}

/** An Espressif image: 0xE9, at most 16 segments, known flash modes, an entry point in executable memory. */
function isEsp(bytes: Uint8Array, start: number, end: number): boolean {
  if (start + 8 > end || bytes[start] !== 0xe9) return false;
  const segments = bytes[start + 1];
  const mode = bytes[start + 2];
  const entry = bytes[start + 7];
  return (
    segments >= 1 &&
    segments <= 16 &&
    mode <= 5 &&
    (entry === 0x40 || entry === 0x42 || entry === 0x4f)
  );
}

/** ST's DfuSe container (UM0391). A plain DFU file is told by its suffix only, at its end. */
function isDfuSe(bytes: Uint8Array, start: number, end: number): boolean {
  const wanted = [0x44, 0x66, 0x75, 0x53, 0x65, 0x01];
  return start + 6 <= end && wanted.every((byte, i) => bytes[start + i] === byte);
}

/** Intel HEX: records `:llaaaatt…cc` of hexadecimal digits whose sum is zero. */
function isIntelHex(bytes: Uint8Array, start: number, end: number): boolean {
  if (start + 11 > end || bytes[start] !== 0x3a) return false;
  const length = hexByte(bytes, start + 1);
  const type = hexByte(bytes, start + 7);
  if (length < 0 || type < 0 || type > 5) return false;
  const stop = start + 11 + 2 * length;
  if (stop > end) return false;
  let sum = 0;
  for (let i = start + 1; i < stop; i += 2) {
    const byte = hexByte(bytes, i);
    if (byte < 0) return false;
    sum += byte;
  }
  return (sum & 0xff) === 0;
}

/** Motorola S-record: begins with a header record, S0. */
function isSrec(bytes: Uint8Array, start: number, end: number): boolean {
  if (start + 10 > end || bytes[start] !== 0x53 || bytes[start + 1] !== 0x30) return false;
  for (let i = start + 2; i < start + 10; i += 2) if (hexByte(bytes, i) < 0) return false;
  return hexByte(bytes, start + 2) >= 3;
}

function hexByte(bytes: Uint8Array, at: number): number {
  const high = hexDigit(bytes[at]);
  const low = hexDigit(bytes[at + 1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}
