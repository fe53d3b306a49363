/** What an event of a sign-in carries beside what is printed. */
import type { Secret } from '../../../base/index.ts';
import type { PacketRef } from '../../decoder.ts';

/** For the observer only: the packets of the credential and of the reply, and secrets as they stand on the wire. */
export const SIGN_IN = Symbol('sign-in');

export interface SignInDetails {
  at: PacketRef | undefined;
  replyAt: PacketRef | undefined;
  readonly wire: Secret[];
}
