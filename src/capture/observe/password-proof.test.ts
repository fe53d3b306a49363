import { expect, it } from 'vitest';
import { digestProof } from './password-proof.ts';

const parameters = (algorithm: string): string =>
  `username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", algorithm=${algorithm}, nonce="7ypf", nc=00000001, cnonce="f2/w", qop=auth, response="ABCDEF"`;

it('reads what a password can be held against', () => {
  expect(digestProof('GET', parameters('SHA-256-sess'))).toEqual({
    ...{ kind: 'digest', method: 'GET', realm: 'http-auth@example.org', nonce: '7ypf' },
    ...{ uri: '/dir/index.html', response: 'abcdef', algorithm: 'sha256', session: true },
    ...{ qop: 'auth', nc: '00000001', cnonce: 'f2/w' },
  });
  expect(
    digestProof('DESCRIBE', 'realm="a \\" b", nonce="1", uri="u", response="0"'),
  ).toMatchObject({
    algorithm: 'md5',
    session: false,
    qop: undefined,
  });
});

it('says nothing of what cannot be computed', () => {
  expect(digestProof('GET', undefined)).toBeUndefined();
  expect(digestProof('GET', 'username="a", realm="b"')).toBeUndefined();
  expect(digestProof('GET', parameters('SHA-512-256'))).toBeUndefined();
});
