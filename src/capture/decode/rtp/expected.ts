/**
 * Media streams that signalling announced: where they will come, and what they are. RTP itself says neither, so a
 * decoder of signalling (RTSP, SIP) leaves it here, and RTP's asks.
 */
import type { Flow } from '../../decoder.ts';

/** Announced places that are remembered in a run. */
const EXPECTED_MAX = 4_096;

export interface ExpectedMedia {
  /** audio, video … */
  readonly media: string | undefined;
  /** Payload types that were agreed on; empty where the description was not seen. */
  readonly formats: ReadonlySet<number>;
  /** Names of encodings by payload type: `96` → `H264`. */
  readonly encodings: ReadonlyMap<number, string>;
  /** `RTP/AVP`, `RTP/SAVP` … */
  readonly profile: string;
  /** Keys were agreed on (SAVP, `a=crypto`, `a=key-mgmt`, `a=fingerprint`). */
  readonly encrypted: boolean;
}

/** Of each run, by the address and port of one end. */
const expected = new WeakMap<object, Map<string, ExpectedMedia>>();

/** @param port - of RTP; RTCP is looked for beside it. */
export function expectMedia(
  run: object,
  address: string,
  port: number,
  media: ExpectedMedia,
): void {
  let places = expected.get(run);
  if (!places) {
    places = new Map();
    expected.set(run, places);
  }
  for (const place of [`${address} ${port}`, `${address} ${port + 1}`]) {
    places.delete(place);
    if (places.size >= EXPECTED_MAX)
      for (const oldest of places.keys()) {
        places.delete(oldest);
        break;
      }
    places.set(place, media);
  }
}

/** What was announced for either end of a flow. */
export function expectedOn(flow: Flow): ExpectedMedia | undefined {
  const places = flow.run && expected.get(flow.run);
  if (!places || places.size === 0) return undefined;
  return (
    places.get(`${flow.clientAddress} ${flow.clientPort}`) ??
    places.get(`${flow.serverAddress} ${flow.serverPort}`)
  );
}

/** Whether a payload type may come: hosts also send random bytes, to open a way through address translation. */
export function isExpected({ formats }: ExpectedMedia, payloadType: number): boolean {
  return formats.size === 0 || formats.has(payloadType);
}
