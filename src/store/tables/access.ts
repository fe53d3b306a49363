/** People: who they are, how they prove it, what they may do, and what waits for a second person. */

export interface AccessTables {
  people: {
    id: string;
    /** What is typed to sign in with a password; NFKC, lower case. Null once removed. */
    login: string | null;
    name: string | null;
    email: string | null;
    /** `invited`, `active`, `removed` or `erased`. */
    status: string;
    /** 32 random bytes by which passkeys name the person (WebAuthn's user handle). */
    handle: Uint8Array;
    created_at: number;
    joined_at: number | null;
    removed_at: number | null;
    /** Counts up with each change. */
    revision: number;
  };
  role_grants: {
    id: string;
    person_id: string;
    role: string;
    /** The segment's id, or empty for everywhere. */
    segment: string;
    /** `local`, or `oidc` when groups of an identity provider gave it. */
    source: string;
    given_at: number;
  };
  passkeys: {
    id: string;
    person_id: string;
    /** Base64url, as browsers name it. */
    credential_id: string;
    /** COSE_Key. */
    public_key: Uint8Array;
    counter: number;
    /** JSON: list of texts. */
    transports: string;
    aaguid: string;
    backed_up: number;
    rp_id: string;
    name: string;
    created_at: number;
    used_at: number | null;
    /** Set when its counter went back: there may be two of it. */
    suspended_at: number | null;
  };
  passwords: {
    person_id: string;
    /** PHC string under the key ring. */
    sealed: Uint8Array;
    /** 1 when it is long enough to be the only factor. */
    alone: number;
    changed_at: number;
  };
  totp_secrets: {
    person_id: string;
    /** Secret under the key ring. */
    sealed: Uint8Array;
    /** The last time step whose code was used. */
    last_step: number;
    created_at: number;
    used_at: number | null;
  };
  recovery_codes: {
    /** SHA-256; a used code's row is gone. */
    hash: Uint8Array;
    person_id: string;
    made_at: number;
  };
  federated_identities: {
    issuer: string;
    subject: string;
    person_id: string;
    linked_at: number;
    used_at: number | null;
  };
  sessions: {
    id: string;
    /** SHA-256 of the token. */
    hash: Uint8Array;
    person_id: string;
    /** How it was begun: `passkey`, `password`, `password+totp`, … */
    method: string;
    /** Authenticator assurance level: 1 or 2 (NIST SP 800-63B-4). */
    aal: number;
    /** When the person last proved to be there; 0 for never within this session. */
    verified_at: number;
    created_at: number;
    seen_at: number;
    expires_at: number;
    address: string;
    agent: string;
  };
  api_tokens: {
    id: string;
    /** SHA-256 of the token. */
    hash: Uint8Array;
    person_id: string;
    name: string;
    /** Its first characters, by which its owner recognises it. */
    hint: string;
    /** JSON: list of permissions. */
    scopes: string;
    /** JSON: list of segments, or null for all that the person has. */
    segments: string | null;
    created_at: number;
    expires_at: number;
    used_at: number | null;
  };
  one_time_links: {
    id: string;
    /** SHA-256 of the token; a used link's row is gone. */
    hash: Uint8Array;
    /** `setup`, `invitation` or `recovery`. */
    purpose: string;
    person_id: string | null;
    created_at: number;
    expires_at: number;
  };
  ceremonies: {
    id: string;
    /** SHA-256 of the handle that the browser holds. */
    hash: Uint8Array;
    purpose: string;
    /** The session or link that it belongs to, or empty. */
    bound_to: string;
    person_id: string | null;
    /** WebAuthn's challenge, base64url. */
    challenge: string | null;
    /** JSON under the key ring. */
    sealed: Uint8Array | null;
    tries: number;
    created_at: number;
    expires_at: number;
  };
  attempts: {
    /** What is limited, and for whom: `password:…`. */
    key: string;
    failures: number;
    last_at: number;
    blocked_until: number;
  };
  approvals: {
    id: string;
    /** The registered action. */
    action: string;
    permission: string;
    segment: string;
    /** JSON. */
    params: string;
    /** Hexadecimal SHA-256 of action, segment and parameters: what a second person agrees to. */
    digest: string;
    reason: string;
    requested_by: string;
    requested_at: number;
    expires_at: number;
    /** When the requester may confirm alone, where nobody else could; null where somebody can. */
    ready_at: number | null;
    /** `pending`, `done`, `rejected`, `cancelled`, `expired` or `failed`. */
    status: string;
    decided_by: string | null;
    decided_at: number | null;
    decision_reason: string | null;
    /** Code of the error that its execution ended with. */
    error: string | null;
  };
}
