/** Streams of media between hosts: what they carry, and whether signalling says that they are encrypted. */
import type { RtpEvent } from '../decode/rtp/events.ts';
import type { AppEvent, Direction, Flow, PacketRef } from '../decoder.ts';
import type { Observations } from '../observations.ts';
import type { Observer } from './observer.ts';
import { senderAsClient } from './parties.ts';

export const rtpObserver: Observer = {
  protocols: ['rtp', 'rtcp'],
  event(appEvent: AppEvent, direction: Direction, flow: Flow, at: PacketRef, into: Observations) {
    const event = appEvent as RtpEvent;
    if (event.event !== 'stream') return;
    const fields = {
      media: event.media,
      payloadType: event.payload_type,
      encoding: event.encoding,
      profile: event.profile,
      protection: event.protection,
      carriage: 'udp',
    } as const;
    const record = into.note(
      'media_stream',
      senderAsClient(flow, direction),
      at,
      JSON.stringify(fields),
      () => ({
        ...fields,
        packetsSeen: 0,
      }),
    );
    if (record) record.packetsSeen += event.packets;
  },
};
