/**
 * Watches frames and keeps, for each device on the link (a MAC), what it did in a few episodes. It is a sink beside
 * the dissector, used only where somebody asks for behaviour.
 */
import { type FrameSink, type LinkHeader, parseLink } from '../../capture/index.ts';
import { Episode } from './episode.ts';
import { Headers } from './headers.ts';

/** An episode ends after so many seconds; the next packet begins another. */
export const EPISODE_S = 300;
/** Episodes kept of a device: its first ones. */
export const EPISODES_MAX = 8;
export const DEVICES_MAX = 4096;
/** Of all devices. */
const EPISODES_TOTAL_MAX = 12_288;
/** Marks kept of all devices: about 100 MB. A usual device has a few hundred. */
const MARKS_MAX = 500_000;

interface Watched {
  readonly episodes: Episode[];
  current: Episode | undefined;
}

export class BehaviourCollector implements FrameSink {
  readonly #devices = new Map<number, Watched>();
  readonly #budget = { left: MARKS_MAX };
  readonly #headers = new Headers();
  readonly #link: LinkHeader = {
    type: -1,
    payload: 0,
    end: 0,
    source: -1,
    target: -1,
    vlan: 0,
    group: false,
  };
  #episodes = 0;
  /** Packets of devices that were too many. */
  dropped = 0;

  frame(
    bytes: Uint8Array,
    start: number,
    end: number,
    originalLength: number,
    linkType: number,
    seconds: number,
    nanos: number,
  ): void {
    const link = this.#link;
    if (!parseLink(linkType, bytes, start, end, link) || link.source < 0) return;
    const headers = this.#headers;
    if (!headers.read(bytes, link, Math.max(originalLength, end - start))) return;
    const time = seconds + nanos * 1e-9;
    this.#episode(macNumber(bytes, link.source), time)?.add(headers, true, time);
    // What goes to everybody is no device's own.
    if (link.target >= 0 && !link.group)
      this.#episode(macNumber(bytes, link.target), time)?.add(headers, false, time);
  }

  /** Episodes of a device, the earliest first. @param mac - `aa:bb:cc:dd:ee:ff`. */
  episodesOf(mac: string): readonly Episode[] {
    return this.#devices.get(Number.parseInt(mac.replaceAll(':', ''), 16))?.episodes ?? [];
  }

  /** Whom it has seen. */
  macs(): string[] {
    return [...this.#devices.keys()].map((mac) =>
      mac.toString(16).padStart(12, '0').replace(/..\B/g, '$&:'),
    );
  }

  #episode(mac: number, time: number): Episode | undefined {
    let device = this.#devices.get(mac);
    if (!device) {
      if (this.#devices.size >= DEVICES_MAX) {
        this.dropped++;
        return undefined;
      }
      device = { episodes: [], current: undefined };
      this.#devices.set(mac, device);
    }
    const { current, episodes } = device;
    if (current && time - current.start < EPISODE_S && time >= current.start) return current;
    // Times that go back by a little are of packets out of order; by much, of another capture.
    if (current && time < current.start && current.start - time < 1) return current;
    current?.end();
    if (episodes.length >= EPISODES_MAX || this.#episodes >= EPISODES_TOTAL_MAX) {
      device.current = undefined;
      return undefined;
    }
    this.#episodes++;
    device.current = new Episode(time, this.#budget);
    episodes.push(device.current);
    return device.current;
  }
}

function macNumber(bytes: Uint8Array, at: number): number {
  const high = (bytes[at] << 8) | bytes[at + 1];
  const low =
    ((bytes[at + 2] << 24) | (bytes[at + 3] << 16) | (bytes[at + 4] << 8) | bytes[at + 5]) >>> 0;
  return high * 0x1_0000_0000 + low;
}
