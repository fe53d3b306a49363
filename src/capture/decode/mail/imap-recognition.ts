/** How IMAP is told from others: its greetings, and its commands behind a tag. */
import type { Flow, Recognition } from '../../decoder.ts';
import { lineEnd } from '../http/head.ts';
import { isDigit, isOneOf, isPlain, lettersEnd, mentions } from './words.ts';

const PORT = 143;
export const TAG_BYTES_MAX = 32;

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;

const COMMANDS = [
  ...['CAPABILITY', 'NOOP', 'LOGOUT', 'STARTTLS', 'AUTHENTICATE', 'LOGIN', 'ENABLE', 'SELECT'],
  ...['EXAMINE', 'CREATE', 'DELETE', 'RENAME', 'SUBSCRIBE', 'UNSUBSCRIBE', 'LIST', 'LSUB'],
  ...['NAMESPACE', 'STATUS', 'APPEND', 'IDLE', 'CLOSE', 'UNSELECT', 'EXPUNGE', 'SEARCH', 'FETCH'],
  ...['STORE', 'COPY', 'MOVE', 'UID', 'CHECK', 'ID', 'COMPRESS', 'GETQUOTA', 'GETQUOTAROOT'],
];
const GREETINGS = ['OK', 'PREAUTH', 'BYE'];

/** `* OK …`, `* PREAUTH …`, `* BYE …`. */
export function recogniseGreeting(
  bytes: Uint8Array,
  start: number,
  end: number,
  flow: Flow,
): Recognition {
  if (end - start < 2) return 'more';
  if (bytes[start + 1] !== SPACE) return 'no';
  const word = lettersEnd(bytes, start + 2, end);
  if (word === end) return word - start <= 9 ? 'more' : 'no';
  if (bytes[word] !== SPACE || !isOneOf(bytes, start + 2, word, GREETINGS)) return 'no';
  const stop = lineEnd(bytes, start, end);
  if (!isPlain(bytes, word, stop)) return 'no';
  if (stop === end) return 'more';
  const named = mentions(bytes, word, stop, 'imap') || bytes[word + 1] === 0x5b;
  return named || flow.serverPort === PORT || flow.payloadBytes(0) === 0 ? 'yes' : 'no';
}

/** `tag COMMAND`, with a command that is IMAP's. */
export function recogniseCommand(bytes: Uint8Array, start: number, end: number): Recognition {
  const tag = tagEnd(bytes, start, end);
  if (tag === start) return 'no';
  if (tag === end) return tag - start < TAG_BYTES_MAX ? 'more' : 'no';
  if (bytes[tag] !== SPACE) return 'no';
  const word = lettersEnd(bytes, tag + 1, end);
  if (word === end) return word - tag <= 13 ? 'more' : 'no';
  if (bytes[word] !== SPACE && bytes[word] !== CR && bytes[word] !== LF) return 'no';
  if (!isOneOf(bytes, tag + 1, word, COMMANDS)) return 'no';
  const stop = lineEnd(bytes, start, end);
  if (!isPlain(bytes, word, stop)) return 'no';
  if (stop === end) return 'more';
  // `GET LIST` could be anybody's: a tag of letters alone must not be a word.
  let digits = 0;
  for (let at = start; at < tag; at++) if (isDigit(bytes[at])) digits++;
  return digits > 0 || tag - start === 1 ? 'yes' : 'no';
}

/** Of each byte: it may stand in a tag (RFC 3501, 9), which is an atom without a plus. */
const IN_TAG = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte > SPACE && byte < 0x7f && !'(){%*"\\+'.includes(String.fromCharCode(byte)) ? 1 : 0,
);

/** Where the tag at `start` ends; longer ones are nobody's. */
export function tagEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  const limit = Math.min(end, start + TAG_BYTES_MAX);
  while (at < limit && IN_TAG[bytes[at]] === 1) at++;
  return at;
}
