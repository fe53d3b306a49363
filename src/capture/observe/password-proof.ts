/** The parameters of Digest (RFC 7616, 3.4) as what a password can be held against. */
import type { DigestProof } from '../observations.ts';

const PARAMETER = /(?:^|[\s,])([a-z]{2,12})\s*=\s*(?:"((?:[^"\\]|\\.){0,512})"|([^\s,"]{1,128}))/gi;

/**
 * @param method - of the request, which is hashed in.
 * @param parameters - behind the scheme's name; undefined of other schemes.
 */
export function digestProof(
  method: string,
  parameters: string | undefined,
): DigestProof | undefined {
  if (parameters === undefined) return undefined;
  const values = new Map<string, string>();
  for (const [, name, quoted, bare] of parameters.matchAll(PARAMETER))
    values.set((name as string).toLowerCase(), quoted ?? bare ?? '');
  const [realm, nonce, uri, response] = ['realm', 'nonce', 'uri', 'response'].map((name) =>
    values.get(name),
  );
  const algorithm = /^(md5|sha-256)(-sess)?$/i.exec(values.get('algorithm') ?? 'MD5');
  if (realm === undefined || nonce === undefined || !uri || !response || !algorithm)
    return undefined;
  return {
    kind: 'digest',
    method,
    realm,
    nonce,
    uri,
    response: response.toLowerCase(),
    algorithm: /^md5$/i.test(algorithm[1]) ? 'md5' : 'sha256',
    session: algorithm[2] !== undefined,
    qop: values.get('qop')?.toLowerCase(),
    nc: values.get('nc') ?? '',
    cnonce: values.get('cnonce') ?? '',
  };
}
