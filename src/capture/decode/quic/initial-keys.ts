/**
 * The keys of Initial packets, which follow from the client's first destination connection id (RFC 9001, 5.2; RFC
 * 9369, 3.3), and the removal of header protection and encryption (RFC 9001, 5.3 and 5.4).
 */
import { createCipheriv, createDecipheriv, createHmac } from 'node:crypto';
import type { LongHeader } from './header.ts';
import { saltOf, VERSION_2 } from './versions.ts';

const TAG_BYTES = 16;
const SAMPLE_BYTES = 16;

interface SideKeys {
  readonly key: Buffer;
  readonly iv: Buffer;
  readonly headerProtection: Buffer;
}

export interface OpenedPacket {
  readonly packetNumber: number;
  /** Its frames in clear. */
  readonly frames: Buffer;
}

/** The Initial keys of one connection in one version. */
export class InitialKeys {
  readonly version: number;
  readonly #secret: Buffer;
  readonly #sides: { client?: SideKeys; server?: SideKeys } = {};

  private constructor(version: number, secret: Buffer) {
    this.version = version;
    this.#secret = secret;
  }

  /** @returns undefined for a version whose salt is not known. */
  static of(version: number, connectionId: Uint8Array): InitialKeys | undefined {
    const salt = saltOf(version);
    return salt && new InitialKeys(version, hmac(salt, connectionId));
  }

  /** Opens the Initial packet at `start`; undefined when it was not made with these keys. */
  open(
    side: 'client' | 'server',
    bytes: Uint8Array,
    start: number,
    header: LongHeader,
  ): OpenedPacket | undefined {
    this.#sides[side] ??= this.#derive(side);
    const { key, iv, headerProtection } = this.#sides[side];
    const at = header.packetNumber;
    if (header.end - at < 4 + SAMPLE_BYTES) return undefined;
    const mask = createCipheriv('aes-128-ecb', headerProtection, null).update(
      bytes.subarray(at + 4, at + 4 + SAMPLE_BYTES),
    );
    const first = bytes[start] ^ (mask[0] & 0x0f);
    const length = (first & 3) + 1;
    const clearHeader = Buffer.from(bytes.subarray(start, at + length));
    clearHeader[0] = first;
    let packetNumber = 0;
    const nonce = Buffer.from(iv);
    for (let i = 0; i < length; i++) {
      const byte = bytes[at + i] ^ mask[1 + i];
      clearHeader[at - start + i] = byte;
      packetNumber = packetNumber * 256 + byte;
      nonce[12 - length + i] ^= byte;
    }
    if (header.end - at - length < TAG_BYTES) return undefined;
    const decipher = createDecipheriv('aes-128-gcm', key, nonce);
    decipher.setAAD(clearHeader);
    decipher.setAuthTag(bytes.subarray(header.end - TAG_BYTES, header.end));
    const frames = decipher.update(bytes.subarray(at + length, header.end - TAG_BYTES));
    try {
      decipher.final();
    } catch {
      return undefined;
    }
    return { packetNumber, frames };
  }

  #derive(side: 'client' | 'server'): SideKeys {
    const secret = expandLabel(this.#secret, `${side} in`, 32);
    const prefix = this.version === VERSION_2 ? 'quicv2' : 'quic';
    return {
      key: expandLabel(secret, `${prefix} key`, 16),
      iv: expandLabel(secret, `${prefix} iv`, 12),
      headerProtection: expandLabel(secret, `${prefix} hp`, 16),
    };
  }
}

/** HKDF-Expand-Label with an empty context (RFC 8446, 7.1); one block of SHA-256 is enough for all lengths here. */
function expandLabel(secret: Buffer, label: string, length: number): Buffer {
  const name = Buffer.from(`tls13 ${label}`, 'latin1');
  const info = Buffer.concat([Buffer.from([0, length, name.length]), name, Buffer.from([0, 1])]);
  return hmac(secret, info).subarray(0, length);
}

const hmac = (key: Uint8Array, data: Uint8Array): Buffer =>
  createHmac('sha256', key).update(data).digest();
