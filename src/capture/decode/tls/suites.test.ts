import { describe, expect, it } from 'vitest';
import { cipherName } from './suites.ts';
import { versionName, versionNumber, versionRank } from './versions.ts';

describe('cipher suites', () => {
  it.each([
    [0x0000, 'TLS_NULL_WITH_NULL_NULL'],
    [0x0005, 'TLS_RSA_WITH_RC4_128_SHA'],
    [0x001b, 'TLS_DH_anon_WITH_3DES_EDE_CBC_SHA'],
    [0x00ff, 'TLS_EMPTY_RENEGOTIATION_INFO_SCSV'],
    [0x1301, 'TLS_AES_128_GCM_SHA256'],
    [0xc02f, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    [0xc0a8, 'TLS_PSK_WITH_AES_128_CCM_8'],
    [0xcca8, 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256'],
    [0x0700c0, 'SSL_CK_DES_192_EDE3_CBC_WITH_MD5'],
    [0x9999, undefined],
  ])('%i is %s', (suite, name) => {
    expect(cipherName(suite)).toBe(name);
  });
});

describe('versions', () => {
  it('have one name each', () => {
    for (let version = 0; version < 0x10000; version++) {
      if (version >= 0x7f01 && version < 0x7f10) continue;
      expect(versionNumber(versionName(version))).toBe(version);
    }
  });

  it('are ordered across TLS and DTLS', () => {
    const order = [0x0002, 0x0300, 0x0301, 0xfeff, 0xfefd, 0xfefc];
    expect([...order].sort((a, b) => versionRank(a) - versionRank(b))).toEqual(order);
    expect(versionRank(0x7f1c)).toBe(versionRank(0x0304));
  });
});
