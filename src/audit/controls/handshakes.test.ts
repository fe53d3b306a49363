import { describe, expect, test } from 'vitest';
import type { CertificateSummary, TlsClientHello, TlsServerHello } from '../../capture/index.ts';
import { scene } from '../testing.ts';
import { oldTls } from './ch-07-old-tls.ts';
import { oldTlsOffer } from './ch-08-old-tls-offer.ts';
import { weakCipher } from './ch-09-weak-cipher.ts';
import { noForwardSecrecy } from './ch-10-no-forward-secrecy.ts';
import { oldDtls } from './ch-11-old-dtls.ts';
import { invalidOwnCertificate } from './ch-12-invalid-own-certificate.ts';
import { ignoresBadCertificate } from './ch-13-ignores-bad-certificate.ts';
import { weakCertificate } from './ch-15-weak-certificate.ts';
import { sharedCertificateKey } from './ch-16-shared-certificate-key.ts';
import { noPostQuantum } from './ch-22-no-post-quantum.ts';

const NOW = Date.UTC(2026, 0, 5) / 1000;
const YEAR = 365 * 86_400;

const hello = (fields: Partial<TlsClientHello> = {}): TlsClientHello => ({
  versionMax: 0x0303,
  versions: [],
  ciphers: [0xc02f, 0x009c],
  groups: [0x001d],
  keyShares: [],
  serverName: undefined,
  alpn: [],
  ja3: '',
  ja4: '',
  ...fields,
});
const answer = (fields: Partial<TlsServerHello> = {}): TlsServerHello => ({
  version: 0x0303,
  cipher: 0xc02f,
  group: undefined,
  ...fields,
});
const certificate = (fields: Partial<CertificateSummary> = {}): CertificateSummary => ({
  subject: 'CN=device',
  issuer: 'CN=Vendor CA',
  serial: '01',
  names: [],
  notBefore: NOW - YEAR,
  notAfter: NOW + YEAR,
  keyType: 'ec',
  keyBits: 256,
  signature: 'ecdsa-with-SHA256',
  selfSigned: false,
  fingerprint: 'f1',
  keyFingerprint: 'k1',
  ...fields,
});

/** A client device and a server device in another segment, and what was seen between them. */
function handshake(fields: object) {
  const net = scene();
  const [client, server] = [net.device('192.168.1.20'), net.device('192.168.2.2')];
  net.saw('tls', client, server, { clientHello: hello(), serverHello: answer(), ...fields });
  return { net, client, server };
}
function both(control: typeof oldTls, fields: object) {
  const { net, client, server } = handshake(fields);
  return { client: net.judge(control, client).verdict, server: net.judge(control, server).verdict };
}

describe('CH-07 old TLS', () => {
  test('a server that chooses TLS 1.0 although more was offered fails, and so does the client that goes on', () => {
    expect(both(oldTls, { serverHello: answer({ version: 0x0301 }) })).toEqual({
      client: 'fail',
      server: 'fail',
    });
  });

  test('a server is not blamed for a client that offers nothing better', () => {
    const fields = {
      clientHello: hello({ versionMax: 0x0301 }),
      serverHello: answer({ version: 0x0301 }),
    };
    expect(both(oldTls, fields)).toEqual({ client: 'fail', server: 'not_seen' });
  });

  test('a client that turns the old version down has not negotiated it', () => {
    const fields = { serverHello: answer({ version: 0x0301 }), alerts: [70], established: false };
    expect(both(oldTls, fields)).toEqual({ client: 'not_seen', server: 'fail' });
  });

  test('TLS 1.2, TLS 1.3 and its drafts pass', () => {
    for (const version of [0x0303, 0x0304, 0x7f1c]) {
      expect(both(oldTls, { serverHello: answer({ version }) })).toEqual({
        client: 'pass',
        server: 'pass',
      });
    }
  });

  test('without a server hello nothing was negotiated; without a client hello the server’s choice is not visible', () => {
    expect(both(oldTls, { serverHello: undefined }).client).toBe('not_visible');
    const fields = { clientHello: undefined, serverHello: answer({ version: 0x0301 }) };
    expect(both(oldTls, fields)).toEqual({ client: 'fail', server: 'not_visible' });
  });

  test('DTLS is left to CH-11', () => {
    expect(both(oldTls, { dtls: true, serverHello: answer({ version: 0xfeff }) }).client).toBe(
      'not_seen',
    );
  });
});

describe('CH-08 old TLS offer', () => {
  test('a highest offer below TLS 1.2 fails, and GREASE raises no offer', () => {
    expect(both(oldTlsOffer, { clientHello: hello({ versionMax: 0x0302 }) }).client).toBe('fail');
    expect(
      both(oldTlsOffer, { clientHello: hello({ versions: [0x7a7a, 0x0302, 0x0301] }) }).client,
    ).toBe('fail');
    expect(both(oldTlsOffer, { clientHello: hello({ versions: [0x0304, 0x0303] }) }).client).toBe(
      'pass',
    );
  });

  test('the server that is offered it does not fail', () => {
    expect(both(oldTlsOffer, { clientHello: hello({ versionMax: 0x0301 }) }).server).toBe(
      'not_seen',
    );
  });

  test('a fallback is judged by its first try', () => {
    expect(
      both(oldTlsOffer, { clientHello: hello({ versionMax: 0x0301 }), retry: true }).client,
    ).toBe('not_seen');
    const { net, client, server } = handshake({ at: 0 });
    net.saw('tls', client, server, { clientHello: hello({ versionMax: 0x0301 }), at: 2 });
    expect(net.judge(oldTlsOffer, client).verdict).toBe('pass');
    net.saw('tls', client, server, { clientHello: hello({ versionMax: 0x0301 }), at: 900 });
    expect(net.judge(oldTlsOffer, client).verdict).toBe('fail');
  });
});

describe('CH-09 weak cipher', () => {
  test.each([0x0005, 0x000a, 0x0009, 0x0003, 0x0002, 0x0034, 0xc0b4])(
    'suite %i negotiated fails',
    (cipher) => {
      expect(both(weakCipher, { serverHello: answer({ cipher }) })).toEqual({
        client: 'fail',
        server: 'fail',
      });
    },
  );

  test('offered is not chosen, and a signal is no better offer', () => {
    expect(both(weakCipher, { clientHello: hello({ ciphers: [0x0005, 0xc02f] }) }).client).toBe(
      'pass',
    );
    const fields = {
      clientHello: hello({ ciphers: [0x0a0a, 0x0005, 0x00ff, 0x5600] }),
      serverHello: answer({ cipher: 0x0005 }),
    };
    expect(both(weakCipher, fields)).toEqual({ client: 'fail', server: 'not_seen' });
  });
});

describe('CH-09 weak tunnels', () => {
  const STRONG = ['ENCR_AES_CBC_256bit', 'PRF_HMAC_SHA2_256', 'AUTH_HMAC_SHA2_256_128', 'Modp2048'];
  const chosen = (fields: object = {}) => ({
    encryption: 'ENCR_AES_CBC',
    keyBits: 256,
    integrity: 'AUTH_HMAC_SHA2_256_128',
    prf: 'PRF_HMAC_SHA2_256',
    group: 'Modp2048',
    authentication: undefined,
    ...fields,
  });
  const tunnel = (fields: object) => {
    const net = scene();
    const [client, server] = [net.device('192.168.1.20'), net.device('192.168.2.2')];
    net.saw('ike', client, server, { offered: STRONG, chosen: chosen(), ...fields });
    return [net.judge(weakCipher, client).verdict, net.judge(weakCipher, server).verdict];
  };

  test.each([{ group: 'Modp1024' }, { encryption: 'ENCR_3DES' }, { encryption: 'ENCR_NULL' }])(
    'fails both ends that agree on %j although better was offered',
    (weak) => expect(tunnel({ chosen: chosen(weak) })).toEqual(['fail', 'fail']),
  );

  test('fails the initiator alone where it offered nothing better', () => {
    const offered = [...STRONG.slice(0, 3), 'Modp1024'];
    expect(tunnel({ offered, chosen: chosen({ group: 'Modp1024' }) })).toEqual([
      'fail',
      'not_seen',
    ]);
  });

  test('passes what is strong, and says nothing of an offer that nobody took', () => {
    expect(tunnel({})).toEqual(['pass', 'pass']);
    expect(tunnel({ offered: ['ENCR_3DES', 'Modp1024'], chosen: undefined })).toEqual([
      'not_seen',
      'not_seen',
    ]);
  });

  test('adds up with what TLS negotiated', () => {
    const { net, client, server } = handshake({});
    net.saw('ike', client, server, { offered: STRONG, chosen: chosen({ group: 'Modp768' }) });
    expect(net.judge(weakCipher, client)).toMatchObject({
      verdict: 'fail',
      judged: 2,
      evidence: [{ fields: { weak: 'Modp768', protocol: 'IKE version 2' } }],
    });
  });
});

describe('CH-10 forward secrecy', () => {
  test('static RSA and plain PSK fail, TLS 1.3 does not', () => {
    expect(both(noForwardSecrecy, { serverHello: answer({ cipher: 0x009c }) })).toEqual({
      client: 'fail',
      server: 'fail',
    });
    expect(both(noForwardSecrecy, { serverHello: answer({ cipher: 0x00a8 }) }).client).toBe('fail');
    expect(
      both(noForwardSecrecy, { serverHello: answer({ version: 0x0304, cipher: 0x1301 }) }).client,
    ).toBe('pass');
  });

  test('PSK with CCM for constrained devices is a choice of policy', () => {
    const { net, client } = handshake({
      dtls: true,
      serverHello: answer({ version: 0xfefd, cipher: 0xc0a8 }),
    });
    expect(net.judge(noForwardSecrecy, client).verdict).toBe('fail');
    expect(net.judge(noForwardSecrecy, client, { allowPskCcm: true }).verdict).toBe('pass');
  });

  test('a suite that nobody has described is not guessed at', () => {
    expect(both(noForwardSecrecy, { serverHello: answer({ cipher: 0x9999 }) }).client).toBe('pass');
  });
});

describe('CH-11 old DTLS', () => {
  test('numbers run backwards', () => {
    const chosen = (version: number) =>
      both(oldDtls, {
        dtls: true,
        clientHello: hello({ versionMax: 0xfefd }),
        serverHello: answer({ version }),
      });
    expect(chosen(0xfeff)).toEqual({ client: 'fail', server: 'fail' });
    expect(chosen(0xfefd)).toEqual({ client: 'pass', server: 'pass' });
    expect(chosen(0xfefc).client).toBe('pass');
  });

  test('a HelloVerifyRequest is no server hello', () => {
    expect(both(oldDtls, { dtls: true, serverHello: undefined }).client).toBe('not_visible');
  });

  test('TLS is left to CH-07', () => {
    expect(both(oldDtls, { serverHello: answer({ version: 0x0301 }) }).client).toBe('not_seen');
  });
});

const expired = { notBefore: NOW - 2 * YEAR, notAfter: NOW - YEAR };

describe('CH-12 own certificate', () => {
  test('an expired or future leaf fails the server, not its client', () => {
    expect(both(invalidOwnCertificate, { certificates: [certificate(expired)] })).toEqual({
      client: 'not_seen',
      server: 'fail',
    });
    expect(
      both(invalidOwnCertificate, { certificates: [certificate({ notBefore: NOW + YEAR })] })
        .server,
    ).toBe('fail');
    expect(both(invalidOwnCertificate, { certificates: [certificate()] }).server).toBe('pass');
  });

  test('TLS 1.3 hides it', () => {
    expect(both(invalidOwnCertificate, { serverHello: answer({ version: 0x0304 }) }).server).toBe(
      'not_visible',
    );
  });

  test('a clock that most public servers contradict judges nothing', () => {
    const { net, client, server } = handshake({ certificates: [certificate(expired)] });
    for (let i = 0; i < 3; i++) {
      net.saw('tls', client, net.party(`198.51.100.${i + 1}`), {
        serverHello: answer(),
        certificates: [certificate({ ...expired, fingerprint: `p${i}` })],
      });
    }
    expect(net.judge(invalidOwnCertificate, server).verdict).toBe('not_visible');
  });
});

test('CH-12: a public certificate from the future shows that the clock is behind', () => {
  const future = certificate({ issuer: 'O=DigiCert Inc', notBefore: NOW + YEAR });
  expect(both(invalidOwnCertificate, { certificates: [future] }).server).toBe('not_visible');
});

describe('CH-13 accepts an invalid certificate', () => {
  const session = (fields: object, leaf: Partial<CertificateSummary> = {}, serverName?: string) => {
    const net = scene();
    const device = net.device('192.168.1.20');
    net.saw('tls', device, net.party('198.51.100.7'), {
      clientHello: hello({ serverName }),
      serverHello: answer(),
      certificates: [certificate(leaf)],
      applicationBytes: [500, 900],
      ...fields,
    });
    return net.judge(ignoresBadCertificate, device);
  };
  const issued = { issuer: "C=US, O=Let's Encrypt, CN=R3" };

  test('data after an expired certificate fails', () => {
    expect(session({}, expired)).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { fault: 'expired' } }],
    });
  });

  test('data after somebody else’s certificate fails', () => {
    const judgement = session({}, { ...issued, names: ['www.example.org'] }, 'api.example.com');
    expect(judgement).toMatchObject({
      verdict: 'fail',
      evidence: [{ fields: { fault: 'name mismatch' } }],
    });
    expect(judgement).not.toHaveProperty('severity');
  });

  test('silence after the handshake accepts nothing, and is not judged', () => {
    expect(session({ applicationBytes: [0, 0] }, expired).verdict).toBe('not_seen');
  });

  test('wildcards stand for one label, letters and case aside', () => {
    expect(session({}, { ...issued, names: ['*.Example.com'] }, 'API.example.com').verdict).toBe(
      'pass',
    );
    expect(session({}, { ...issued, names: ['*.example.com'] }, 'a.b.example.com').verdict).toBe(
      'fail',
    );
    expect(session({}, { ...issued, names: ['*.example.com'] }, 'example.com').verdict).toBe(
      'fail',
    );
  });

  test('without a server name, or with a certificate that holds no host name, names are not judged', () => {
    expect(session({}, { ...issued, names: ['www.example.org'] }).verdict).toBe('pass');
    expect(session({}, { subject: 'CN=SN-0017-A4' }, 'api.example.com').verdict).toBe('pass');
    expect(session({}, { ...issued, names: ['www.example.org'] }, '198.51.100.7').verdict).toBe(
      'pass',
    );
  });

  test('a private authority is fine, and a foreign name under it is medium', () => {
    expect(session({}, { names: ['api.example.com'] }, 'api.example.com').verdict).toBe('pass');
    expect(session({}, { names: ['cloud.vendor.net'] }, 'api.example.com')).toMatchObject({
      severity: 'medium',
    });
  });

  test('TLS 1.3 hides it', () => {
    expect(session({ certificates: [], serverHello: answer({ version: 0x0304 }) }).verdict).toBe(
      'not_visible',
    );
  });
});

describe('CH-15 weak certificate', () => {
  const served = (...chain: Partial<CertificateSummary>[]) =>
    both(weakCertificate as never, { certificates: chain.map(certificate) });

  test('short keys and broken hashes in leaf or intermediate fail the server', () => {
    expect(served({ keyType: 'rsa', keyBits: 1024 })).toEqual({
      client: 'not_seen',
      server: 'fail',
    });
    expect(served({ keyType: 'ec', keyBits: 192 }).server).toBe('fail');
    expect(served({ signature: 'sha1WithRSAEncryption' }).server).toBe('fail');
    expect(served({}, { signature: 'ecdsa-with-SHA1' }).server).toBe('fail');
    expect(served({ signature: '1.2.840.113549.1.1.4' }).server).toBe('fail');
    expect(
      served({ keyType: 'rsa', keyBits: 2048, signature: 'sha256WithRSAEncryption' }).server,
    ).toBe('pass');
    expect(served({ keyType: 'ed25519', keyBits: 256, signature: 'ed25519' }).server).toBe('pass');
  });

  test('the signature of a root is irrelevant, sent along or served itself', () => {
    expect(served({}, { signature: 'sha1WithRSAEncryption', selfSigned: true }).server).toBe(
      'pass',
    );
    expect(served({ signature: 'sha1WithRSAEncryption', selfSigned: true }).server).toBe('pass');
    expect(served({ keyType: 'rsa', keyBits: 512, selfSigned: true }).server).toBe('fail');
  });

  test('a client answers for the certificate that it signs in with', () => {
    const weak = certificate({ keyType: 'rsa', keyBits: 1024 });
    expect(both(weakCertificate as never, { clientCertificates: [weak] }).client).toBe('fail');
  });
});

describe('CH-16 shared key', () => {
  const shared = (more: object = {}) => {
    const net = scene();
    const client = net.device('192.168.1.5');
    const [one, other] = [net.device('192.168.1.20'), net.device('192.168.1.21', more)];
    for (const device of [one, other]) {
      net.saw('tls', client, device, { serverHello: answer(), certificates: [certificate()] });
    }
    return {
      one: net.judge(sharedCertificateKey, one),
      client: net.judge(sharedCertificateKey, client),
    };
  };

  test('two devices that serve one key fail, their client does not', () => {
    expect(shared().one).toMatchObject({
      verdict: 'fail',
      note: expect.stringContaining('192.168.1.21'),
    });
    expect(shared().client.verdict).toBe('not_seen');
  });

  test('a gateway that forwards to the other is not a second device', () => {
    expect(shared({ roles: ['gateway'] }).one).toEqual({ verdict: 'pass', judged: 1 });
  });

  test('servers on the internet share keys as they please', () => {
    const net = scene();
    const client = net.device('192.168.1.5');
    const [one, other] = ['198.51.100.7', '198.51.100.8'].map((address) =>
      net.device(address, { mac: undefined }),
    );
    for (const server of [one!, other!]) {
      net.saw('tls', client, server, { serverHello: answer(), certificates: [certificate()] });
    }
    expect(net.judge(sharedCertificateKey, one!).verdict).toBe('pass');
  });
});

describe('CH-22 post-quantum', () => {
  const offer = (fields: Partial<TlsClientHello>, device: object = {}) => {
    const net = scene();
    const client = net.device('192.168.1.20', device);
    net.saw('tls', client, net.party('198.51.100.7'), {
      clientHello: hello(fields),
      serverHello: answer(),
    });
    return net.judge(noPostQuantum, client).verdict;
  };

  test('a client hello without ML-KEM fails, whatever the server chose', () => {
    expect(offer({})).toBe('fail');
    expect(offer({ groups: [0x11ec, 0x001d], keyShares: [0x11ec] })).toBe('pass');
    expect(offer({ groups: [0x6399] })).toBe('pass');
  });

  test('a device whose life ends by 2030 has no need of it', () => {
    expect(offer({}, { expected: { lifeUntil: '2029-12-31', marks: [] } })).toBe('not_seen');
    expect(offer({}, { expected: { lifeUntil: '2034', marks: [] } })).toBe('fail');
  });
});
