/** Events of DNP3; fields are EVE's where it has them. */
import type { AppEvent, MalformedEvent } from '../../decoder.ts';
import type { Dnp3Object } from './objects.ts';

/** The control octet of a link frame (IEEE 1815-2012, 9.2.4.1.3). */
export interface LinkControl {
  /** Sent by the master. */
  readonly dir: boolean;
  /** Sent by the primary station, which asks. */
  readonly pri: boolean;
  readonly fcb: boolean;
  readonly fcv: boolean;
  readonly function_code: number;
}

/** A frame without user data; the event is named after its function. */
export interface Dnp3LinkEvent extends AppEvent {
  readonly protocol: 'dnp3';
  readonly event:
    | 'reset_link_states'
    | 'test_link_states'
    | 'request_link_status'
    | 'ack'
    | 'nack'
    | 'link_status'
    | 'not_supported';
  readonly control: LinkControl;
  readonly src: number;
  readonly dst: number;
}

export interface Dnp3Application {
  readonly control: {
    readonly fir: boolean;
    readonly fin: boolean;
    readonly con: boolean;
    readonly uns: boolean;
    readonly sequence: number;
  };
  readonly function_code: number;
  /** The function's name; undefined for reserved ones. */
  readonly function: string | undefined;
  readonly objects: readonly Dnp3Object[];
  /** All objects were known and read. */
  readonly complete: boolean;
}

/** What is common to application messages. */
interface Dnp3Message<E extends string> extends AppEvent {
  readonly protocol: 'dnp3';
  readonly event: E;
  /** Of the frame with the last segment. */
  readonly control: LinkControl;
  /** Addresses of the link layer. */
  readonly src: number;
  readonly dst: number;
  readonly application: Dnp3Application;
}

export type Dnp3Request = Dnp3Message<'request'>;

export interface Dnp3Response extends Dnp3Message<'response' | 'unsolicited_response'> {
  /** Internal indications (4.2.2.6); `raw` has the first octet high. */
  readonly iin: { readonly indicators: readonly string[]; readonly raw: number };
}

export type Dnp3Event = Dnp3LinkEvent | Dnp3Request | Dnp3Response | MalformedEvent;
