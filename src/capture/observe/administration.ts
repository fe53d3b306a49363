/** Notes a session of remote administration: one observation for alike ones, whatever the protocol. */
import type { PacketRef } from '../decoder.ts';
import type { AdministrationFields, Observation, Observations, Parties } from '../observations.ts';

const TEXT_CHARACTERS_MAX = 128;

export type Administration = Pick<AdministrationFields, 'protocol' | 'answered'> &
  Partial<AdministrationFields>;

/** @param parties - with whoever administers as client. */
export function noteAdministration(
  into: Observations,
  parties: Parties,
  at: PacketRef,
  session: Administration,
): Observation<'administration'> | undefined {
  const fields: AdministrationFields = {
    ...session,
    version: cut(session.version),
    security: session.security,
    access: session.access ?? 'unknown',
    anonymous: session.anonymous ?? false,
    target: cut(session.target),
  };
  return into.note('administration', parties, at, JSON.stringify(fields), () => fields);
}

function cut(text: string | undefined): string | undefined {
  return text?.slice(0, TEXT_CHARACTERS_MAX);
}
