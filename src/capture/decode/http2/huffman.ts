/** The Huffman code of HPACK (RFC 7541, 5.2 and appendix B). */
import { asciiText } from '../wire-text.ts';

/** Bits of each byte's code and of EOS, a digit of base 36 each; the codes follow, since the code is canonical. */
const LENGTHS =
  'dnsssssssoussussssssssusssssssss6aacd68baa8b8666555666666678f6ca' +
  'd67777777777777777777777878djde6f56565666577666567655677777fbeds' +
  'kmkkmmmnmnnnnnonoomnonnnnlmnmnnomlkmmnnlnmmolmnnllmlnmnnkmmmnmmn' +
  'qqkjmnmpqqqrrqopjlqrrqrollqqsrrrkoklmllnmmppooqnqrqqrrrrrsrrrrrq' +
  'u';
const EOS = 256;
const BITS_MAX = 30;

/** Of each length: its first code, how many there are, and where their symbols begin in `symbols`. */
const first = new Uint32Array(BITS_MAX + 1);
const count = new Uint32Array(BITS_MAX + 1);
const place = new Uint32Array(BITS_MAX + 1);
const symbols = new Uint16Array(LENGTHS.length);

for (let bits = 1, code = 0, next = 0; bits <= BITS_MAX; bits++, code *= 2) {
  first[bits] = code;
  place[bits] = next;
  for (let symbol = 0; symbol < LENGTHS.length; symbol++) {
    if (Number.parseInt(LENGTHS[symbol] as string, 36) === bits) symbols[next++] = symbol;
  }
  count[bits] = next - place[bits];
  code += count[bits];
}

/** No code is shorter than five bits. */
const EXPANSION_MAX = 8 / 5;
let out = new Uint8Array(4096);

/** The text of [start, end), a byte a character (latin1); undefined where it is no such code. */
export function huffmanText(bytes: Uint8Array, start: number, end: number): string | undefined {
  if (out.length < (end - start) * EXPANSION_MAX + 1)
    out = new Uint8Array(Math.ceil((end - start) * EXPANSION_MAX) + 1);
  let length = 0;
  let code = 0;
  let bits = 0;
  for (let at = start; at < end; at++) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((bytes[at] >> bit) & 1);
      bits++;
      const index = code - first[bits];
      if (index < count[bits]) {
        const symbol = symbols[place[bits] + index];
        if (symbol === EOS) return undefined;
        out[length++] = symbol;
        code = 0;
        bits = 0;
      } else if (bits === BITS_MAX) return undefined;
    }
  }
  // What fills the last byte are the first bits of EOS, which are ones.
  if (bits > 7 || code !== 2 ** bits - 1) return undefined;
  return asciiText(out, 0, length);
}
