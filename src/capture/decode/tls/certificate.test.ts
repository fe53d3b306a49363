import { createPublicKey, hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCertificate, readRawPublicKey } from './certificate.ts';
import { certificate as pem } from './fixtures/identity.ts';

const der = Buffer.from(pem.replace(/-----.*?-----|\s/g, ''), 'base64');
const spki = createPublicKey(pem).export({ type: 'spki', format: 'der' });
const read = (bytes: Buffer) => readCertificate(bytes, 0, bytes.length);

describe('a certificate', () => {
  it('is told in EVE’s words', () => {
    expect(read(der)).toEqual({
      subject: 'C=US, O=Example, Inc., CN=device.example',
      issuer: 'C=US, O=Example, Inc., CN=device.example',
      serial: '5D:7B:BB:E1:FF:8F:A1:26:74:DC:2B:BA:6D:9D:CB:25:51:F8:83:E2',
      not_before: '2026-11-24T23:35:23',
      not_after: '2126-10-31T23:35:23',
      names: ['device.example', '*.device.example', '192.0.2.7', '2001:db8::7'],
      alternative_names: [
        ...['device.example', '*.device.example', '192.0.2.7', '2001:db8::7', 'urn:dev:7'],
      ],
      fingerprint: hash('sha1', der, 'hex').replace(/..(?!$)/g, '$&:'),
      sha256: hash('sha256', der, 'hex'),
      key_type: 'ec',
      key_bits: 256,
      key_sha256: hash('sha256', spki, 'hex'),
      signature: 'ecdsa-with-SHA256',
      self_signed: true,
    });
  });

  it('is read once', () => {
    expect(read(Buffer.from(der))).toBe(read(der));
  });

  it('that names itself its issuer but was signed by another key is not self-signed', () => {
    const forged = Buffer.from(der);
    forged[forged.length - 1]! ^= 1;
    expect(read(forged)).toMatchObject({ self_signed: false });
  });

  it('with a key that cannot be read stays a certificate', () => {
    const broken = Buffer.from(der);
    // The point is on no curve any more.
    const at = broken.indexOf(spki) + spki.length - 1;
    broken[at]! ^= 1;
    const summary = read(broken)!;
    expect(summary).toMatchObject({ key_type: 'other', key_bits: 0 });
    expect(summary.key_sha256).toBe(summary.sha256);
  });

  it('that is cut or changed is undefined or readable, and never throws', () => {
    for (let end = 0; end < der.length; end += 7)
      expect(readCertificate(der, 0, end)).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(der.length - 1), fc.nat(255), (at, value) => {
        const changed = Buffer.from(der);
        changed[at] = value;
        read(changed);
      }),
      { numRuns: 500 },
    );
  });
});

describe('a raw public key', () => {
  it('has the key’s fields only', () => {
    expect(readRawPublicKey(spki, 0, spki.length)).toMatchObject({
      subject: '',
      key_type: 'ec',
      key_bits: 256,
      key_sha256: hash('sha256', spki, 'hex'),
    });
  });

  it('that is broken is undefined', () => {
    expect(readRawPublicKey(spki, 0, 20)).toBeUndefined();
  });
});
