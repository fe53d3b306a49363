/** JSON of the wire, read without trust: bounded in size, and each field only as the type that it should have. */
import { asBuffer } from './payload.ts';

/** Longest message that is read. */
export const JSON_BYTES_MAX = 16_384;
const TEXT_CHARACTERS_MAX = 256;

export type JsonObject = Readonly<Record<string, unknown>>;

/** The object in bytes [start, end); undefined when they are none, or too many. */
export function readObject(bytes: Uint8Array, start: number, end: number): JsonObject | undefined {
  if (end - start > JSON_BYTES_MAX) return undefined;
  try {
    return objectOf(JSON.parse(asBuffer(bytes).toString('utf8', start, end)));
  } catch {
    return undefined;
  }
}

export function objectOf(value: unknown): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined;
}

/** Text of a field, at most 256 characters; empty text says nothing. */
export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== ''
    ? value.slice(0, TEXT_CHARACTERS_MAX)
    : undefined;
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
