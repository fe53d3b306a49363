/** Events of RTP and RTCP (RFC 3550; feedback of RFC 4585). */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';

/** One source's packets in one direction, told when the flow ends. */
export interface RtpStreamEvent extends AppEvent {
  readonly protocol: 'rtp';
  readonly event: 'stream';
  readonly ssrc: number;
  /** Of the first packet. */
  readonly payload_type: number;
  /** As signalled, or as RFC 3551 has it for good. */
  readonly encoding: string | undefined;
  readonly media: string | undefined;
  /** As signalled: `RTP/AVP`, `RTP/SAVP` …; absent where no signalling was seen. */
  readonly profile: string | undefined;
  /** What signalling, or DTLS on the same ports, says: the packets do not show it. */
  readonly protection: 'clear' | 'encrypted' | 'unknown';
  readonly packets: number;
  /** Of payload, encryption and padding included. */
  readonly bytes: number;
}

interface RtcpBase extends AppEvent {
  readonly protocol: 'rtcp';
  readonly ssrc: number;
}

export interface RtcpReportEvent extends RtcpBase {
  readonly event: 'sender_report' | 'receiver_report';
  /** What the sender has sent: packets, and bytes of payload. */
  readonly packet_count: number | undefined;
  readonly octet_count: number | undefined;
  /** Sources of which it reports what arrived. */
  readonly reports: number;
}

/** RFC 3550, 6.5. */
export interface RtcpSourceDescriptionEvent extends RtcpBase {
  readonly event: 'source_description';
  readonly cname: string | undefined;
  readonly name: string | undefined;
  readonly tool: string | undefined;
}

export interface RtcpGoodbyeEvent extends RtcpBase {
  readonly event: 'goodbye';
  readonly reason: string | undefined;
}

export interface RtcpOtherEvent extends RtcpBase {
  readonly event: 'application' | 'transport_feedback' | 'payload_feedback' | 'extended_report';
  /** Of an application's own packet. */
  readonly name: string | undefined;
}

export interface RtpMalformedEvent extends MalformedEvent {
  readonly protocol: 'rtp' | 'rtcp';
}

export type RtpEvent =
  | RtpStreamEvent
  | RtcpReportEvent
  | RtcpSourceDescriptionEvent
  | RtcpGoodbyeEvent
  | RtcpOtherEvent
  | RtpMalformedEvent;
