import { describe, expect, test } from 'vitest';
import { cipherSuite, cipherSuiteName } from './cipher-suites.ts';
import { isDefaultCredential } from './default-credentials.ts';
import { isConfigurationPath, isConnectivityCheck, isSignedExchange } from './http-conventions.ts';
import { productOfSshKey } from './known-ssh-keys.ts';
import { isPublicAuthority } from './public-authorities.ts';

const is = (user: string, password: string): boolean =>
  isDefaultCredential(user, Buffer.from(password));

describe('default credentials', () => {
  test('are whole pairs: a default user with another password is none', () => {
    expect(is('admin', 'admin')).toBe(true);
    expect(is('root', 'xc3511')).toBe(true);
    expect(is('admin', 'correct horse battery staple')).toBe(false);
    expect(is('alice', 'admin')).toBe(false);
  });

  test('hold an empty password only where a row says so', () => {
    expect(is('admin', '')).toBe(true);
    expect(is('ubnt', '')).toBe(false);
    expect(is('', '')).toBe(false);
  });

  test('hold no placeholders, slips or anonymous accounts', () => {
    expect(is('root', '(none)')).toBe(false);
    expect(is('Oki', '<SEE COMMENT>')).toBe(false);
    expect(is('serial#', 'serial#')).toBe(false);
    expect(is('admin', '20xbully')).toBe(false);
    expect(is('root', 'jauntech')).toBe(false);
    expect(is('root', 'juantech')).toBe(true);
    expect(is('anonymous', '')).toBe(false);
    expect(is('', 'public')).toBe(true);
  });

  test('a key of Object.prototype is no user', () => {
    expect(is('constructor', 'admin')).toBe(false);
    expect(is('__proto__', 'admin')).toBe(false);
  });
});

test('a shipped SSH key is known by its fingerprint as OpenSSH prints it', () => {
  expect(productOfSshKey('SHA256:1M4RzhMyWuFS/86uPY/ce2prh/dVTHW7iD2RhpquOZA')).toBe('vagrant');
  expect(productOfSshKey('SHA256:AAAA')).toBeUndefined();
});

describe('cipher suites', () => {
  test.each([
    [0x1301, 'TLS_AES_128_GCM_SHA256', true, undefined],
    [0xc02f, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', true, undefined],
    [0xc0b4, 'TLS_SHA256_SHA256', true, 'NULL'],
    [0x009c, 'TLS_RSA_WITH_AES_128_GCM_SHA256', false, undefined],
    [0x0005, 'TLS_RSA_WITH_RC4_128_SHA', false, 'RC4'],
    [0x000a, 'TLS_RSA_WITH_3DES_EDE_CBC_SHA', false, '3DES'],
    [0xfeff, 'SSL_RSA_FIPS_WITH_3DES_EDE_CBC_SHA', false, '3DES'],
    [0x0009, 'TLS_RSA_WITH_DES_CBC_SHA', false, 'DES'],
    [0x0003, 'TLS_RSA_EXPORT_WITH_RC4_40_MD5', false, 'EXPORT'],
    [0x0026, 'TLS_KRB5_EXPORT_WITH_DES_CBC_40_SHA', false, 'EXPORT'],
    [0x0034, 'TLS_DH_anon_WITH_AES_128_CBC_SHA', true, 'anonymous'],
    [0xc018, 'TLS_ECDH_anon_WITH_AES_128_CBC_SHA', true, 'anonymous'],
    [0x0002, 'TLS_RSA_WITH_NULL_SHA', false, 'NULL'],
    [0xc004, 'TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA', false, undefined],
    [0x0031, 'TLS_DH_RSA_WITH_AES_128_CBC_SHA', false, undefined],
    [0x00a8, 'TLS_PSK_WITH_AES_128_GCM_SHA256', false, undefined],
    [0xc0a8, 'TLS_PSK_WITH_AES_128_CCM_8', false, undefined],
    [0xc0aa, 'TLS_PSK_DHE_WITH_AES_128_CCM_8', true, undefined],
    [0xc037, 'TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256', true, undefined],
    [0x0095, 'TLS_RSA_PSK_WITH_AES_256_CBC_SHA', false, undefined],
    [0xc0ff, 'TLS_ECJPAKE_WITH_AES_128_CCM_8', true, undefined],
    [0xc01d, 'TLS_SRP_SHA_WITH_AES_128_CBC_SHA', true, undefined],
  ] as const)('suite %i is %s', (number, name, forwardSecrecy, weakness) => {
    expect(cipherSuite(number)).toMatchObject({ name, forwardSecrecy, weakness });
  });

  test('signals and GREASE are no suites', () => {
    for (const number of [0x00ff, 0x5600, 0x0a0a, 0xfafa])
      expect(cipherSuite(number)).toBeUndefined();
    expect(cipherSuiteName(0x0a0a)).toBe('0x0a0a');
  });
});

describe('HTTP conventions', () => {
  test.each([
    '/config.json',
    '/admin/',
    '/cgi-bin/luci/',
    '/settings',
    '/api/v1/network/wifi',
    '/HNAP1/',
    '/reboot.cgi',
    '/cm?cmnd',
    '/relay/0?turn',
    '/api/system/backup',
  ])('%s names settings', (path) => expect(isConfigurationPath(path)).toBe(true));
  test.each([
    '/',
    '/index.html',
    '/admin/login.html',
    '/setup.xml',
    '/api/config',
    '/api/nouser/config',
    '/setup/eureka_info',
    '/js/config.js',
    '/api/AbCdEf0123456789AbCdEf0123456789/config',
    '/userguide',
    '/usersnap',
  ])('%s does not, or is open by design', (path) => expect(isConfigurationPath(path)).toBe(false));

  test('status of certificates and connectivity checks are known by host, path or type', () => {
    expect(isSignedExchange('ocsp.digicert.com', undefined)).toBe(true);
    expect(isSignedExchange('example.com', 'application/ocsp-request')).toBe(true);
    expect(isSignedExchange('example.com', 'application/json')).toBe(false);
    expect(isConnectivityCheck('Captive.Apple.com.', '/')).toBe(true);
    expect(isConnectivityCheck('example.com', '/generate_204')).toBe(true);
    expect(isConnectivityCheck('example.com', '/report')).toBe(false);
  });
});

test('a public authority is told by its issuer name, and a self-signed root proves nothing', () => {
  const chain = (issuer: string, selfSigned = false) => [{ issuer, selfSigned } as never];
  expect(isPublicAuthority(chain("C=US, O=Let's Encrypt, CN=R3"))).toBe(true);
  expect(isPublicAuthority(chain('CN=Vendor Device CA'))).toBe(false);
  expect(isPublicAuthority(chain('O=DigiCert Inc', true))).toBe(false);
});
