/** Access: people, how they sign in, what they may do, and what needs two of them. */

export { Access, type AccessPorts, openAccess } from './access.ts';
export type { ApprovalStatus, ApprovalView } from './approval-rows.ts';
export type { Agreed, ApprovalAction } from './approvals.ts';
export {
  type Caller,
  type ConsoleCaller,
  consoleCaller,
  type Decision,
  type SessionCaller,
  type Target,
  type TokenCaller,
  type Visible,
  visible,
} from './caller.ts';
export { type AccessConfig, type AccessSettings, accessConfig } from './config.ts';
export type { Joined, LinkView, NewPerson } from './enrolment.ts';
export { addressBucket } from './limits.ts';
export type { MadeLink } from './links.ts';
export type { Journey, OidcPurpose } from './oidc.ts';
export type { Begun, PasskeyView } from './passkeys.ts';
export type { BreachList } from './passwords/breach-list.ts';
export type { Invitation, Outcome, PersonView } from './people.ts';
export type { PersonStatus } from './people-rows.ts';
export {
  type Grant,
  type Permission,
  type PermissionRow,
  permissionNames,
  permissionRow,
  type Reach,
  type Role,
  roles,
} from './permissions.ts';
export type { PersonalData } from './personal-data.ts';
export {
  type Credential,
  demandSameSite,
  presentedCredential,
  type RequestHeaders,
  sessionCookie,
  sessionCookieName,
} from './request-guard.ts';
export type { TotpOffer } from './second-factors.ts';
export { csrfToken as csrfOf } from './secrets.ts';
export type { Client, SessionView, Started } from './sessions.ts';
export type { PasswordOutcome } from './sign-in.ts';
export type { NewToken, TokenView } from './tokens.ts';
export type { Ways } from './ways.ts';
export {
  authenticationResponse,
  type CreationOptions,
  type RequestOptions,
  registrationResponse,
} from './webauthn.ts';
