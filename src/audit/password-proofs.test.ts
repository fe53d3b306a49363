import { createCipheriv } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { PasswordProof } from '../capture/index.ts';
import { isProofOf } from './password-proofs.ts';

type Digest = Extract<PasswordProof, { kind: 'digest' }>;
const example = {
  kind: 'digest',
  method: 'GET',
  uri: '/dir/index.html',
  nc: '00000001',
  qop: 'auth',
  session: false,
} as const;
/** The examples of RFC 2617, 3.5, and of RFC 7616, 3.9.1. */
const rfc2617: Digest = {
  ...example,
  realm: 'testrealm@host.com',
  nonce: 'dcd98b7102dd2f0e8b11d0f600bfb0c093',
  cnonce: '0a4f113b',
  algorithm: 'md5',
  response: '6629fae49393a05397450978507c4ef1',
};
const rfc7616 = (algorithm: Digest['algorithm'], response: string): Digest => ({
  ...example,
  realm: 'http-auth@example.org',
  nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
  algorithm,
  response,
});

describe('Digest', () => {
  it.each([
    [rfc2617, 'Circle Of Life'],
    [rfc7616('md5', '8ca523f5e9506fed4657c9700eebdbec'), 'Circle of Life'],
    [
      rfc7616('sha256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'),
      'Circle of Life',
    ],
  ])('knows the password of the specifications’ examples, and no other: %#', (proof, password) => {
    expect(isProofOf(proof, 'Mufasa', password)).toBe(true);
    expect(isProofOf(proof, 'Mufasa', 'wrong')).toBe(false);
    expect(isProofOf({ ...proof, method: 'POST' }, 'Mufasa', password)).toBe(false);
    expect(isProofOf({ ...proof, qop: 'auth-int' }, 'Mufasa', password)).toBe(false);
  });
});

describe('VNC', () => {
  /** DES with the key's bits reversed, apart from the code: `password` is 0e 86 ce ce ee f6 4e 26. */
  const key = Buffer.from('0e86ceceeef64e26', 'hex');
  const challenge = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  const cipher = createCipheriv('des-ede3-ecb', Buffer.concat([key, key, key]), null);
  cipher.setAutoPadding(false);
  const proof = { kind: 'vnc', challenge, response: cipher.update(challenge) } as const;

  it('knows a password by its first eight characters', () => {
    expect(isProofOf(proof, '', 'password')).toBe(true);
    expect(isProofOf(proof, '', 'password1')).toBe(true);
    expect(isProofOf(proof, '', 'passwort')).toBe(false);
    expect(isProofOf({ ...proof, response: challenge.subarray(0, 4) }, '', 'password')).toBe(false);
  });
});
