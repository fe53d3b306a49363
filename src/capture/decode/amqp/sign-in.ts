/** What a SASL response shows of its user and password: PLAIN (RFC 4616), LOGIN, and RabbitMQ's AMQPLAIN. */
import type { Secret, SecretSealer } from '../../../base/index.ts';
import type { ByteReader } from '../byte-reader.ts';
import { wireText } from '../wire-text.ts';
import { readTable } from './table.ts';

const USER_BYTES_MAX = 128;

export interface Shown {
  readonly username: string | undefined;
  readonly password: Secret | undefined;
}
const NOTHING: Shown = { username: undefined, password: undefined };

/** @param start - and `end`: the response. */
export function readResponse(
  mechanism: string,
  reader: ByteReader,
  start: number,
  end: number,
  sealer: SecretSealer,
): Shown {
  const { bytes } = reader;
  switch (mechanism) {
    case 'PLAIN': {
      // Whom to act as, then who it is, then the password, each ended by a zero but the last.
      const user = behindZero(bytes, start, end);
      const password = behindZero(bytes, user, end);
      if (password > end) return NOTHING;
      return {
        username: wireText(bytes, user, Math.min(password - 1, user + USER_BYTES_MAX)),
        password: sealer.seal(bytes.subarray(password, end)),
      };
    }
    case 'AMQPLAIN': {
      let password: Secret | undefined;
      const fields = readTable(reader, start, end, (name, from, to) => {
        if (name === 'PASSWORD') password = sealer.seal(bytes.subarray(from, to));
        return name === 'PASSWORD';
      });
      return { username: fields.LOGIN?.toString().slice(0, USER_BYTES_MAX), password };
    }
    case 'ANONYMOUS':
      return { username: 'anonymous', password: undefined };
    default:
      return NOTHING;
  }
}

/** The place behind the next zero; beyond `end` where there is none. */
function behindZero(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && bytes[at] !== 0) at++;
  return at + 1 > end ? end + 1 : at + 1;
}
