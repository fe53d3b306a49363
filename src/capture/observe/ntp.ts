/** Who asks whom for the time, whether it gets it, and how far its clock is off. */
import type { NtpControlEvent, NtpEvent, NtpPrivateEvent, NtpTimeEvent } from '../decode/ntp.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import { addProof, type Observation, type Observations, type Parties } from '../observations.ts';
import type { Observer } from './observer.ts';
import { senderAsClient, senderAsServer } from './parties.ts';

const OFFSETS_MAX = 16;
/**
 * A transmit time this near the capture's is a clock, and so are two that are equally far from it: some clients send
 * random times, so that nobody learns theirs, and a random one is that near once in 25,000 times.
 */
const NEAR_SECONDS = 86_400;
const ALIKE_SECONDS = 10;

interface Session {
  /** The client's record, and the transmit time of its last request, which the answer repeats. */
  record: Observation<'ntp'> | undefined;
  transmit: number | undefined;
}

export const ntpObserver: Observer = {
  protocols: ['ntp'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as NtpEvent;
    if (event.event === 'malformed') return;
    if (event.event === 'control' || event.event === 'private')
      noteManagement(event, direction, flow, at, into);
    else if (event.event === 'server' || event.event === 'symmetric_passive')
      noteAnswer(event, direction, flow, at, into);
    else noteRequest(event, direction, flow, at, into);
  },
};

function noteRequest(
  event: NtpTimeEvent,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const record = noteNtp(into, senderAsClient(flow, direction), at, event.version, event.mode);
  flow.session = { record, transmit: event.transmit_time } satisfies Session;
  if (!record || event.transmit_time === undefined) return;
  const offsets = record.offsets_s ?? [];
  if (offsets.length < OFFSETS_MAX) offsets.push(offsetOf(event.transmit_time, at));
  record.offset_s = trusted(offsets);
}

function noteAnswer(
  event: NtpTimeEvent,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const session = flow.session as Session | undefined;
  const { origin_time: origin, transmit_time: transmit } = event;
  let record = session?.record;
  // The origin time is a copy of the request's transmit time, against forged answers (RFC 5905, 8).
  if (session?.transmit !== undefined && origin !== session.transmit) record = undefined;
  record ??= noteNtp(into, senderAsServer(flow, direction), at, event.version, event.mode);
  if (!record) return;
  addProof(record, at);
  record.last = at;
  record.stratum = event.stratum;
  record.answered ||= event.stratum > 0 && event.stratum < 16 && event.leap !== 3;
  if (transmit !== undefined) record.serverOffset_s = offsetOf(transmit, at);
}

/** Modes 6 and 7: `answered` is what makes a server an amplifier. */
function noteManagement(
  event: NtpControlEvent | NtpPrivateEvent,
  direction: Direction,
  flow: Flow,
  at: PacketRef,
  into: Observations,
): void {
  const parties = event.response
    ? senderAsServer(flow, direction)
    : senderAsClient(flow, direction);
  const record = noteNtp(into, parties, at, event.version, event.mode);
  if (record && event.response) record.answered = true;
}

function noteNtp(
  into: Observations,
  parties: Parties,
  at: PacketRef,
  version: number,
  mode: number,
): Observation<'ntp'> | undefined {
  return into.note('ntp', parties, at, `${mode} ${version}`, () => ({
    version,
    mode,
    stratum: 0,
    answered: false,
    offset_s: undefined,
    offsets_s: [],
  }));
}

function offsetOf(time: number, at: PacketRef): number {
  // Microseconds are what a double of this size still holds.
  return Math.round((time - at.seconds - at.nanos / 1e9) * 1e6) / 1e6;
}

/** The last offset that no random transmit time explains. */
function trusted(offsets: readonly number[]): number | undefined {
  return offsets.findLast(
    (offset, i) =>
      Math.abs(offset) <= NEAR_SECONDS ||
      offsets.some((other, j) => i !== j && Math.abs(other - offset) <= ALIKE_SECONDS),
  );
}
