/**
 * What can be told of the encrypted part: when each side began to encrypt, when both finished the handshake, and
 * when the first application data of each came. Before TLS 1.3 record types say it. TLS 1.3 hides them (RFC 8446,
 * 5.2), but not lengths, and of the client's encrypted records only Finished, alerts and certificates can come
 * before its application data: a Finished has the length of its suite's hash, an alert two bytes.
 */
import type { Direction, PacketRef } from '../../decoder.ts';
import type { Handshake } from './handshake.ts';
import { cipherName } from './suites.ts';
import { versionName } from './versions.ts';

/** Session tickets that a TLS 1.3 server sends unasked look like application data; more than these are not. */
const TICKETS_MAX = 4;
/** Application data in one direction after which the other's first is no longer waited for, in bytes. */
const ONE_WAY_BYTES_MAX = 1 << 20;
/** Inside a TLS 1.3 record: the content's type (RFC 8446, 5.2), and an alert or an EndOfEarlyData. */
const ALERT_BYTES = 2 + 1;
const END_OF_EARLY_DATA_BYTES = 4 + 1;

interface SideState {
  encrypted: boolean;
  finished: boolean;
  /** TLS 1.3: encrypted records that are handshake were seen. */
  flight: boolean;
  /** Records of the server after the handshake; in SSL 2 all that are encrypted. */
  records: number;
  application: boolean;
  applicationBytes: number;
}

const newSide = (): SideState => ({
  encrypted: false,
  finished: false,
  flight: false,
  records: 0,
  application: false,
  applicationBytes: 0,
});

export class Encryption {
  readonly #handshake: Handshake;
  #sides: [SideState, SideState] = [newSide(), newSide()];
  #established = false;
  #gap = false;

  constructor(handshake: Handshake) {
    this.#handshake = handshake;
  }

  /** The direction's handshake records and alerts are encrypted (or, in TLS 1.3, cannot be told from others). */
  begun(direction: Direction): boolean {
    return this.#sides[direction].encrypted;
  }

  get begunAnywhere(): boolean {
    return this.#sides[0].encrypted || this.#sides[1].encrypted;
  }

  get established(): boolean {
    return this.#established;
  }

  /** Everything that can be told has been told. */
  get followed(): boolean {
    const [a, b] = this.#sides;
    return (
      (a.application && b.application) ||
      a.applicationBytes + b.applicationBytes > ONE_WAY_BYTES_MAX
    );
  }

  restart(): void {
    this.#sides = [newSide(), newSide()];
    this.#established = false;
    this.#gap = false;
  }

  /** The beginning of encryption was lost in a gap. */
  assume(direction: Direction): void {
    this.#sides[direction].encrypted = true;
    this.#gap = true;
  }

  /** @returns false when it may be the empty one that TLS 1.3 sends for middleboxes (RFC 8446, D.4). */
  changeCipherSpec(gap: boolean, direction: Direction, at: PacketRef): boolean {
    const { sealed, version, protocol, full } = this.#handshake;
    if (gap) this.#gap = true;
    // A client may send that before the server's hello; or the capture has one direction only.
    if (sealed || (version === 0 && !full && direction === this.#handshake.client)) return false;
    const side = this.#sides[direction];
    if (side.encrypted) return true;
    side.encrypted = true;
    const resumed = direction !== this.#handshake.client && this.#resumed();
    this.#handshake.emit(
      { protocol, event: 'change_cipher_spec', session_resumed: resumed || undefined },
      direction,
      at,
    );
    return true;
  }

  /** An encrypted handshake record before TLS 1.3: the first is Finished. */
  handshakeRecord(direction: Direction, at: PacketRef): void {
    this.#sides[direction].finished = true;
    if (this.#sides[0].finished && this.#sides[1].finished) this.#establish(direction, at);
  }

  /**
   * An application data record, which in TLS 1.3 carries every kind of encrypted content.
   * @param length - of the record without its header. @param inHand - bytes of it in hand, header included.
   */
  applicationData(length: number, inHand: number, direction: Direction, at: PacketRef): void {
    const side = this.#sides[direction];
    const client = direction === this.#handshake.client;
    if (!this.#handshake.sealed) {
      side.encrypted = true;
      const early = this.#handshake.version === 0 && client && this.#handshake.clientHelloSeen;
      this.#application(side, length, inHand, early, direction, at);
      return;
    }
    // Early data behind a HelloRetryRequest is refused (RFC 8446, 4.1.2).
    if (this.#handshake.version === 0) return;
    const isData = client
      ? this.#clientRecord(side, length, direction, at)
      : this.#serverRecord(side, direction, at);
    if (isData) this.#application(side, length, inHand, false, direction, at);
  }

  /** SSL 2 behind the ClientMasterKey: the server's verify and finished, the client's finished, then data. */
  ssl2Record(length: number, direction: Direction, at: PacketRef): void {
    const side = this.#sides[direction];
    const handshake = direction === this.#handshake.client ? 1 : 2;
    if (side.records++ >= handshake) this.#application(side, length, length, false, direction, at);
    else side.finished = side.records === handshake;
    if (this.#sides[0].finished && this.#sides[1].finished) this.#establish(direction, at);
  }

  /** DTLS with connection ids: the type is hidden, but a side's first such record is its Finished (RFC 9146). */
  hiddenRecord(length: number, direction: Direction, at: PacketRef): void {
    const side = this.#sides[direction];
    side.encrypted = true;
    if (!side.finished) this.handshakeRecord(direction, at);
    else this.#application(side, length, length, false, direction, at);
  }

  /** DTLS 1.3, where epochs tell handshake from data; a server's acknowledgements look like data too. */
  epochRecord(handshake: boolean, length: number, direction: Direction, at: PacketRef): void {
    const side = this.#sides[direction];
    side.encrypted = true;
    if (handshake) {
      side.finished = true;
      return;
    }
    const client = this.#sides[this.#handshake.client];
    if (this.#sides[0].finished && this.#sides[1].finished) this.#establish(direction, at);
    if (side === client || client.application)
      this.#application(side, length, length, false, direction, at);
  }

  #clientRecord(side: SideState, length: number, direction: Direction, at: PacketRef): boolean {
    const { tag, finished } = this.#lengths();
    if (side.finished) return length > ALERT_BYTES + tag;
    if (length === finished) this.#finishClient(side, direction, at);
    else if (length > finished) side.flight = true;
    // Shorter than a Finished and no EndOfEarlyData: an alert, so the client refused the server.
    else if (length !== END_OF_EARLY_DATA_BYTES + tag) side.flight = false;
    return false;
  }

  #serverRecord(side: SideState, direction: Direction, at: PacketRef): boolean {
    const client = this.#sides[this.#handshake.client];
    // The client sent a certificate with its Finished in one record, or padding, and the server answers.
    if (client.flight && !client.finished) this.#finishClient(client, direction, at);
    side.finished = true;
    if (!client.finished) return false;
    side.records++;
    return client.application || side.records > TICKETS_MAX;
  }

  #finishClient(side: SideState, direction: Direction, at: PacketRef): void {
    side.finished = true;
    this.#establish(direction, at);
  }

  #lengths(): { tag: number; finished: number } {
    const name = cipherName(this.#handshake.cipher) ?? '';
    const tag = name.includes('_CCM_8') ? 8 : 16;
    const hash = name.endsWith('SHA384') ? 48 : 32;
    return { tag, finished: 4 + hash + 1 + tag };
  }

  #application(
    side: SideState,
    length: number,
    inHand: number,
    early: boolean,
    direction: Direction,
    at: PacketRef,
  ): void {
    side.applicationBytes += length;
    if (side.application || length === 0) return;
    side.application = true;
    const { protocol } = this.#handshake;
    this.#handshake.emit(
      { protocol, event: 'application_data', bytes: inHand, early: early || undefined },
      direction,
      at,
    );
    // Both speak, so the end of the handshake was lost.
    const [a, b] = this.#sides;
    if (a.application && b.application && this.#handshake.version !== 0)
      this.#establish(direction, at);
  }

  #establish(direction: Direction, at: PacketRef): void {
    if (this.#established) return;
    this.#established = true;
    const { protocol, version } = this.#handshake;
    this.#handshake.emit(
      {
        protocol,
        event: 'established',
        version: versionName(version),
        session_resumed: this.#resumed(),
      },
      direction,
      at,
    );
  }

  /** RFC 5246, 7.3: an abbreviated handshake goes from hello to Finished; a gap may have hidden the rest. */
  #resumed(): boolean {
    const { ticket, sealed, full, version } = this.#handshake;
    return sealed ? ticket : !full && !this.#gap && version !== 0;
  }
}
