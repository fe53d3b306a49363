/** The events of HTTP/2's own frames; requests and responses are events of HTTP. */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';

/** What one side asks the other to keep to (RFC 9113, 6.5), by name; sent at the start and when it changes. */
export interface Http2Settings extends AppEvent {
  readonly protocol: 'http2';
  readonly event: 'settings';
  readonly settings: Readonly<Record<string, number>>;
}

/** The connection is being shut down (6.8), or a stream is (6.4). */
export interface Http2End extends AppEvent {
  readonly protocol: 'http2';
  readonly event: 'goaway' | 'rst_stream';
  /** NO_ERROR, PROTOCOL_ERROR …; or the number. */
  readonly error_code: string;
  /** goaway: the last stream that was looked at. */
  readonly stream_id: number;
}

export interface Http2Malformed extends MalformedEvent {
  readonly protocol: 'http2';
}

export type Http2Event = Http2Settings | Http2End | Http2Malformed;
