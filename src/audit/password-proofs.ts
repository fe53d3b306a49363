/**
 * Whether a proof that was seen was made with a password that is known: published defaults are held against it. What is
 * not among them stays unknown.
 */
import { createCipheriv, hash } from 'node:crypto';
import type { DigestProof, PasswordProof, VncProof } from '../capture/index.ts';

/** A password of VNC counts by its first eight bytes (RFC 6143, 7.2.2). */
const VNC_KEY_BYTES = 8;
const BLOCK_BYTES = 8;

export function isProofOf(proof: PasswordProof, user: string, password: string): boolean {
  return proof.kind === 'digest' ? isDigestOf(proof, user, password) : isVncOf(proof, password);
}

/** RFC 7616, 3.4.1 to 3.4.3, and RFC 2617 without quality of protection. */
function isDigestOf(proof: DigestProof, user: string, password: string): boolean {
  const { algorithm, realm, nonce, cnonce, nc, qop, uri, method, response, session } = proof;
  // The body would be needed.
  if (qop === 'auth-int') return false;
  const h = (text: string): string => hash(algorithm, text, 'hex');
  let one = h(`${user}:${realm}:${password}`);
  if (session) one = h(`${one}:${nonce}:${cnonce}`);
  const two = h(`${method}:${uri}`);
  const middle = qop === undefined ? nonce : `${nonce}:${nc}:${cnonce}:${qop}`;
  return h(`${one}:${middle}:${two}`) === response;
}

/** DES under the password with the bits of each byte in reverse; three times the same key is DES once. */
function isVncOf({ challenge, response }: VncProof, password: string): boolean {
  if (challenge.length !== 2 * BLOCK_BYTES || response.length !== 2 * BLOCK_BYTES) return false;
  const key = Buffer.alloc(VNC_KEY_BYTES);
  Buffer.from(password, 'latin1').copy(key, 0, 0, VNC_KEY_BYTES);
  for (const [i, byte] of key.entries()) key[i] = reversed(byte);
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null);
  cipher.setAutoPadding(false);
  return Buffer.concat([cipher.update(challenge), cipher.final()]).equals(response);
}

function reversed(byte: number): number {
  let out = 0;
  for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) out |= 128 >> bit;
  return out;
}
