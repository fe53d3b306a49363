/**
 * Notes an attempt to sign in that travelled in clear, whatever the protocol, as one `login` observation. Accepted
 * attempts and those of unknown outcome are told apart by their credential, because audits compare it. Refused
 * ones are counted by user name, so that somebody who guesses passwords fills `times` and not the memory.
 */
import type { Secret } from '../../base/index.ts';
import type { PacketRef } from '../decoder.ts';
import type { LoginFields, Observation, Observations, Observed, Parties } from '../observations.ts';

/** Times kept of one kind of attempt, for rates. */
export const LOGIN_TIMES_MAX = 1_000;

/** Different secrets counted of one kind of attempt. */
const SECRETS_TRIED_MAX = 64;

export type Login = Omit<LoginFields, 'times' | 'secretsTried'>;

/** Hashes of the secrets that an attempt's record counts. */
const triedByRecord = new WeakMap<Observation<'login'>, Set<string>>();

/**
 * @param at - the packet that carried the credential: it becomes proof, and its secret is listed for masking.
 * @param wire - other forms in which the secret stands in that packet (base64, percent-encoded).
 * @returns the record, or undefined when there are too many different ones.
 */
export function noteLogin(
  into: Observations,
  parties: Parties,
  at: PacketRef,
  login: Login,
  wire: readonly Secret[] = [],
): Observation<'login'> | undefined {
  const { protocol, method, user, secret, outcome, target } = login;
  const credential = outcome === 'refused' ? '' : (secret?.hash ?? '');
  const key = [protocol, method, outcome, credential, user ?? '', target ?? ''].join('\n');
  const record = into.note('login', parties, at, key, () => ({ ...login, times: [] }));
  if (!record) return undefined;
  if (record.times.length < LOGIN_TIMES_MAX) insert(record.times, at.seconds + at.nanos / 1e9);
  if (secret) {
    countSecret(record, secret);
    maskIn(record, at, [secret]);
  }
  maskIn(record, at, wire);
  return record;
}

function countSecret(record: Observation<'login'>, { hash }: Secret): void {
  let tried = triedByRecord.get(record);
  if (!tried) {
    tried = new Set();
    triedByRecord.set(record, tried);
  }
  if (tried.size < SECRETS_TRIED_MAX) tried.add(hash);
  record.secretsTried = tried.size;
}

/** Attempts are noted when their answers come, which need not be in the order in which they were made. */
function insert(times: number[], time: number): void {
  let place = times.length;
  while (place > 0 && times[place - 1] > time) place--;
  times.splice(place, 0, time);
}

/** Lists the secrets of a packet for masking, if the packet was kept as proof: no other is ever saved. */
export function maskIn(
  record: Observed | undefined,
  at: PacketRef,
  secrets: readonly Secret[],
): void {
  if (!record || secrets.length === 0 || !record.packets.includes(at)) return;
  for (const secret of secrets) {
    if (secret.length === 0 || record.secrets.includes(secret)) continue;
    if (!record.secrets.some((known) => known.hash === secret.hash)) record.secrets.push(secret);
  }
}
