/** Hellos as events: lists cut to what an event carries, versions by name, and the fingerprints over all of it. */
import type { ClientHelloEvent, ServerHelloEvent } from './events.ts';
import type { ClientHello, ServerHello } from './hello.ts';
import { ja3String, ja3sString, ja4, md5 } from './ja.ts';
import { versionName, versionRank } from './versions.ts';

/** Entries of a hello's list that an event carries. */
export const LIST_MAX = 256;

/** JA4's letter for what carries the handshake. */
const TRANSPORTS = { tls: 't', dtls: 'd', quic: 'q' } as const;

export function clientHelloEvent(
  hello: ClientHello,
  protocol: 'tls' | 'dtls' | 'quic',
): ClientHelloEvent {
  const versions = hello.versions.length > 0 ? hello.versions : [hello.legacyVersion];
  const highest = versions.reduce((best, version) =>
    versionRank(version) > versionRank(best) ? version : best,
  );
  const ja3 = ja3String(hello);
  return {
    protocol,
    event: 'client_hello',
    version: versionName(highest),
    legacy_version: versionName(hello.legacyVersion),
    versions: capped(versions).map(versionName),
    server_name: hello.serverName,
    alpn: hello.alpn,
    ciphers: capped(hello.ciphers),
    extensions: capped(hello.extensions),
    groups: capped(hello.groups),
    signature_algorithms: capped(hello.signatureAlgorithms),
    key_shares: capped(hello.keyShares),
    session_id_length: hello.sessionIdLength,
    psk_identities: hello.pskIdentities.length > 0 ? hello.pskIdentities : undefined,
    early_data: hello.earlyData || undefined,
    cookie_length: hello.cookieLength || undefined,
    ja3: md5(ja3),
    ja3_string: ja3,
    ja4: ja4(hello, TRANSPORTS[protocol]),
  };
}

export function serverHelloEvent(
  hello: ServerHello,
  protocol: 'tls' | 'dtls' | 'quic',
  name: string,
): ServerHelloEvent {
  const ja3s = ja3sString(hello);
  return {
    protocol,
    event: 'server_hello',
    version: versionName(hello.version),
    legacy_version: versionName(hello.legacyVersion),
    cipher: hello.cipher,
    cipher_name: name || undefined,
    group: hello.group,
    alpn: hello.alpn,
    extensions: capped(hello.extensions),
    session_id_length: hello.sessionIdLength,
    psk: hello.psk || undefined,
    ja3s: md5(ja3s),
    ja3s_string: ja3s,
  };
}

function capped<T>(list: T[]): T[] {
  return list.length > LIST_MAX ? list.slice(0, LIST_MAX) : list;
}
