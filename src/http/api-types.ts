/** Types of the API. Written by scripts/openapi.ts. */
export type Problem = {
  type: string;
  title: string;
  status: number;
  code: string;
  detail: string;
  errors?: { at: string; message: string }[];
};
export type Person = {
  id: string;
  login?: string;
  name?: string;
  email?: string;
  status: 'invited' | 'active' | 'removed' | 'erased';
  grants: {
    role: 'member' | 'viewer' | 'analyst' | 'operator' | 'administrator' | 'auditor';
    segment?: string;
  }[];
  createdAt: number;
  joinedAt?: number;
  revision: number;
};
export type Passkey = {
  id: string;
  name: string;
  createdAt: number;
  usedAt?: number;
  backedUp: boolean;
  suspended: boolean;
  rpId: string;
};
export type Session = {
  id: string;
  method: string;
  aal: number;
  createdAt: number;
  seenAt: number;
  expiresAt: number;
  address: string;
  agent: string;
  current: boolean;
};
export type Token = {
  id: string;
  personId: string;
  name: string;
  hint: string;
  scopes: string[];
  segments?: string[];
  createdAt: number;
  expiresAt: number;
  usedAt?: number;
};
export type Approval = {
  id: string;
  action: string;
  permission: string;
  segment?: string;
  summary: string;
  digest: string;
  reason: string;
  requestedBy: { kind: string; id: string };
  requestedAt: number;
  expiresAt: number;
  readyAt?: number;
  status: string;
  decidedBy?: { kind: string; id: string };
  decidedAt?: number;
  decisionReason?: string;
  error?: string;
};
export type Started = { person: string; csrf: string; expiresAt: number };
export type Audit = {
  id: string;
  site: string;
  name: string;
  source: 'upload' | 'push' | 'watch' | 'schedule' | 'demo';
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  job: string | null;
  actor: { kind: string; id: string };
  created: number;
  finished: number | null;
  from: number | null;
  to: number | null;
  summary: {
    verdict: string;
    devices: number;
    packets: number;
    bytes: number;
    findings: Record<string, number>;
    opened: number;
    reopened: number;
    fixed: number;
  } | null;
  error: { code: string; message: string } | null;
  captureKept: boolean;
};
export type Finding = {
  id: string;
  device: string;
  deviceName: string;
  control: string;
  severity: 'critical' | 'high' | 'medium' | 'low' | 'info';
  state: 'open' | 'accepted' | 'fixed';
  title: string;
  note: string;
  assignee: string | null;
  opened: number;
  changed: number;
  lastSeen: number;
  firstAudit: string;
  lastAudit: string;
  acceptance: {
    reason: string;
    by: string;
    approvedBy: string | null;
    at: number;
    expires: number;
  } | null;
};
export type FindingDetails = {
  id: string;
  device: string;
  deviceName: string;
  control: string;
  severity: 'critical' | 'high' | 'medium' | 'low' | 'info';
  state: 'open' | 'accepted' | 'fixed';
  title: string;
  note: string;
  assignee: string | null;
  opened: number;
  changed: number;
  lastSeen: number;
  firstAudit: string;
  lastAudit: string;
  acceptance: {
    reason: string;
    by: string;
    approvedBy: string | null;
    at: number;
    expires: number;
  } | null;
  evidence: unknown[];
  evidenceTime: number | null;
  slice: { sha256: string; bytes: number | null } | null;
  comments: { id: string; person: string; time: number; text: string }[];
};
export type Device = {
  id: string;
  site: string;
  segment: string | null;
  name: string;
  type: string;
  vendor: string;
  model: string;
  version: string;
  mac: string;
  address: string;
  owner: string | null;
  criticality: 'low' | 'normal' | 'high' | 'essential';
  firstSeen: number;
  lastSeen: number;
  retired: number | null;
  revision: number;
  worst: number;
  openFindings: number;
  acceptedFindings: number;
  posture: number | null;
  tags: string[];
};
export type DeviceDetails = {
  id: string;
  site: string;
  segment: string | null;
  name: string;
  type: string;
  vendor: string;
  model: string;
  version: string;
  mac: string;
  address: string;
  owner: string | null;
  criticality: 'low' | 'normal' | 'high' | 'essential';
  firstSeen: number;
  lastSeen: number;
  retired: number | null;
  revision: number;
  worst: number;
  openFindings: number;
  acceptedFindings: number;
  posture: number | null;
  tags: string[];
  notes: string;
  keys: string[];
  given: Record<string, string>;
  seen: Record<string, string>;
  details: unknown;
  audit: string | null;
};
export type Group = {
  name: string;
  filter: {
    site?: string;
    segment?: string[];
    type?: string[];
    vendor?: string[];
    model?: string[];
    owner?: string[];
    criticality?: ('low' | 'normal' | 'high' | 'essential')[];
    tag?: string[];
    worst?: number;
    search?: string;
    retired?: boolean;
    seenBefore?: number;
  };
  id: string;
  owner: string;
  revision: number;
};
export type Segment = {
  site: string;
  name: string;
  prefixes: string[];
  notes: string;
  id: string;
  revision: number;
};
export type Site = { name: string; zone: string; id: string; revision: number };
export type Schedule = {
  name: string;
  cron: string;
  zone: string;
  enabled: boolean;
  id: string;
  kind: string;
  input: unknown;
  next: number | null;
  lastJob: string | null;
  revision: number;
};
export type Upload = {
  id: string;
  name: string;
  bytes: number;
  received: number;
  audit: string | null;
};
export type Control = {
  id: string;
  practice: string;
  severity: 'critical' | 'high' | 'medium' | 'low' | 'info';
  title: string;
  provisions: Record<string, string[]>;
  why: string;
  fix: string;
  floor: Record<string, unknown>;
  exempt: string[];
  parameters: Record<string, unknown>;
  serves: { standard: string; title: string; id: string; gist: string }[];
};
export type Fact = {
  seq: number;
  id: string;
  time: string;
  actor: { kind: string; id: string };
  action: string;
  version: number;
  subjects: { kind: string; id: string }[];
  reason?: string;
  evidence: string[];
  before?: string;
  after?: string;
  body: unknown;
  erased: boolean;
};
export type Job = {
  id: string;
  kind: string;
  actor: { kind: string; id: string };
  state: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
  created: number;
  started: number | null;
  finished: number | null;
  attempts: number;
  progress: number | null;
  progressText: string | null;
  result: unknown;
  error: { code: string; message: string } | null;
};
export type Link = { url: string; expiresAt: number };
export type Coverage = {
  standard:
    | 'etsi-303645:2.1.1'
    | 'etsi-303645:3.1.3'
    | 'eu-cra:2024-2847'
    | 'uk-psti:2023'
    | 'nistir-8259a:2020'
    | 'owasp-iot-top10:2018'
    | 'owasp-isvs:1.0'
    | 'iec-62443-4-2:2019';
  title: string;
  edition: string;
  counts: {
    pass: number;
    fail: number;
    partly: number;
    notSeen: number;
    notVisible: number;
    notAssessed: number;
  };
  provisions: {
    id: string;
    gist: string;
    status: 'mandatory' | 'recommended';
    condition: string | null;
    how: ('traffic' | 'probe' | 'firmware' | 'inventory' | 'declaration')[];
    result: 'pass' | 'fail' | 'partly' | 'not_seen' | 'not_visible' | 'not_assessed';
    controls: string[];
    devices: { pass: number; fail: number; notSeen: number; notVisible: number };
    reason: string | null;
  }[];
};

/** What is answered. */
export interface Answers {
  'GET /sign-in': { organisation: string; provider: string | null };
  'POST /sign-in/passkey/begin': { ceremony: string; options: unknown };
  'POST /sign-in/passkey': Started;
  'POST /sign-in/password': Started | { ceremony: string };
  'POST /sign-in/code': Started;
  'POST /sign-in/recovery': Started;
  'POST /sign-in/provider/begin': { ceremony: string; url: string };
  'POST /sign-in/provider': Started;
  'POST /sign-out': undefined;
  'POST /step-up/passkey/begin': { ceremony: string; options: unknown };
  'POST /step-up/passkey': Started;
  'POST /step-up/code': Started;
  'POST /step-up/provider/begin': { ceremony: string; url: string };
  'POST /step-up/provider': Started;
  'POST /welcome': {
    purpose: 'setup' | 'invitation' | 'recovery';
    organisation: string;
    login?: string;
    name?: string;
    expiresAt: number;
  };
  'POST /welcome/name': undefined;
  'POST /welcome/passkey/begin': { ceremony: string; options: unknown };
  'POST /welcome/passkey': {
    person: string;
    csrf: string;
    expiresAt: number;
    recoveryCodes: string[];
  };
  'POST /welcome/totp/begin': { ceremony: string; secret: string; uri: string };
  'POST /welcome/password': {
    person: string;
    csrf: string;
    expiresAt: number;
    recoveryCodes: string[];
  };
  'GET /me': {
    id: string;
    name: string;
    via: 'session' | 'token' | 'console';
    csrf: string | null;
    person: Person | null;
    permissions: { name: string; everywhere: boolean; segments: string[]; own: boolean }[];
  };
  'PATCH /me': Person;
  'GET /me/ways': {
    passkeys: Passkey[];
    password: 'none' | 'with second factor' | 'alone';
    totp: boolean;
    recoveryCodes: number;
    identities: number;
  };
  'POST /me/passkeys/begin': { ceremony: string; options: unknown };
  'POST /me/passkeys': Passkey;
  'PATCH /me/passkeys/{id}': undefined;
  'DELETE /me/passkeys/{id}': undefined;
  'PUT /me/password': undefined;
  'DELETE /me/password': undefined;
  'POST /me/totp/begin': { ceremony: string; secret: string; uri: string };
  'POST /me/totp': { recoveryCodes: string[] };
  'DELETE /me/totp': undefined;
  'POST /me/recovery-codes': { recoveryCodes: string[] };
  'POST /me/identities/begin': { ceremony: string; url: string };
  'POST /me/identities': undefined;
  'DELETE /me/identities': undefined;
  'GET /me/sessions': Session[];
  'DELETE /me/sessions/{id}': undefined;
  'GET /me/tokens': Token[];
  'POST /me/tokens': { id: string; token: string };
  'DELETE /me/tokens/{id}': undefined;
  'GET /people': { items: Person[]; next: string | null };
  'POST /people': Link;
  'GET /people/{id}': Person;
  'PATCH /people/{id}': Person;
  'POST /people/{id}/invitation': Link;
  'POST /people/{id}/roles': { approval: Approval } | undefined;
  'POST /people/{id}/roles/take': { approval: Approval } | undefined;
  'POST /people/{id}/remove': { approval: Approval } | undefined;
  'POST /people/{id}/reset': Link | { approval: Approval };
  'GET /people/{id}/ways': {
    passkeys: number;
    password: 'none' | 'with second factor' | 'alone';
    totp: boolean;
    recoveryCodes: number;
    identities: number;
  };
  'GET /people/{id}/sessions': {
    id: string;
    method: string;
    aal: number;
    createdAt: number;
    seenAt: number;
    expiresAt: number;
    address: string;
    agent: string;
  }[];
  'DELETE /people/{id}/sessions/{session}': undefined;
  'GET /tokens': { items: Token[]; next: string | null };
  'DELETE /tokens/{id}': undefined;
  'GET /people/{id}/export': unknown;
  'POST /people/{id}/erase': { approval: Approval };
  'GET /approvals': { items: Approval[]; next: string | null };
  'POST /approvals/{id}/approve': { result: unknown };
  'POST /approvals/{id}/reject': undefined;
  'POST /approvals/{id}/cancel': undefined;
  'GET /devices': { items: Device[]; next: string | null };
  'GET /devices/count': { count: number; by: { value: string | null; count: number }[] | null };
  'GET /devices/{id}': DeviceDetails;
  'PATCH /devices/{id}': DeviceDetails;
  'POST /devices/change': { devices: number };
  'POST /devices/{id}/merge': DeviceDetails;
  'POST /devices/{id}/split': { id: string };
  'GET /groups': { items: Group[]; next: string | null };
  'POST /groups': Group;
  'GET /groups/{id}': Group;
  'PUT /groups/{id}': Group;
  'DELETE /groups/{id}': undefined;
  'GET /sites': { items: Site[]; next: string | null };
  'POST /sites': Site;
  'GET /sites/{id}': Site;
  'PUT /sites/{id}': Site;
  'DELETE /sites/{id}': undefined;
  'GET /segments': { items: Segment[]; next: string | null };
  'POST /segments': Segment;
  'GET /segments/{id}': Segment;
  'PUT /segments/{id}': Segment;
  'DELETE /segments/{id}': undefined;
  'GET /findings': { items: Finding[]; next: string | null };
  'GET /findings/count': {
    count: number;
    by: { value: string | number | null; count: number }[] | null;
  };
  'GET /findings/{id}': FindingDetails;
  'GET /findings/{id}/packets': unknown;
  'POST /findings/accept': { findings: string[] };
  'POST /findings/reopen': { findings: string[] };
  'POST /findings/assign': { findings: string[] };
  'POST /findings/{id}/comments': { id: string };
  'GET /audits': { items: Audit[]; next: string | null };
  'GET /audits/{id}': Audit;
  'GET /audits/{id}/report': unknown;
  'GET /audits/{id}/comparison': unknown;
  'POST /uploads': Upload;
  'GET /uploads/{id}': Upload;
  'PATCH /uploads/{id}': Upload;
  'DELETE /uploads/{id}': undefined;
  'GET /posture': {
    points: {
      time: number;
      score: number | null;
      passed: number;
      failed: number;
      accepted: number;
      devices: number;
      openFindings: number;
      audit: string | null;
    }[];
    moves: { control: string; from: string | null; to: string; devices: number; weight: number }[];
  };
  'GET /devices/{id}/verdicts': {
    control: string;
    verdict: 'pass' | 'fail' | 'not_visible';
    why: string | null;
    floor: unknown;
    time: number;
    audit: string;
  }[];
  'GET /facts': { items: Fact[]; next: string | null };
  'GET /devices/{id}/facts': { items: Fact[]; next: string | null };
  'GET /jobs': { items: Job[]; next: string | null };
  'GET /jobs/{id}': Job;
  'POST /jobs/{id}/cancel': undefined;
  'GET /schedules': { items: Schedule[]; next: string | null };
  'POST /schedules': Schedule;
  'GET /schedules/folders': { folder: string; site: string }[];
  'GET /schedules/{id}': Schedule;
  'PUT /schedules/{id}': Schedule;
  'DELETE /schedules/{id}': undefined;
  'GET /controls': {
    id: string;
    practice: string;
    severity: 'critical' | 'high' | 'medium' | 'low' | 'info';
    title: string;
    provisions: Record<string, string[]>;
  }[];
  'GET /controls/{id}': Control;
  'GET /standards': {
    id:
      | 'etsi-303645:2.1.1'
      | 'etsi-303645:3.1.3'
      | 'eu-cra:2024-2847'
      | 'uk-psti:2023'
      | 'nistir-8259a:2020'
      | 'owasp-iot-top10:2018'
      | 'owasp-isvs:1.0'
      | 'iec-62443-4-2:2019';
    title: string;
    edition: string;
    provisions: number;
    decided: number;
  }[];
  'GET /standards/{standard}': {
    id:
      | 'etsi-303645:2.1.1'
      | 'etsi-303645:3.1.3'
      | 'eu-cra:2024-2847'
      | 'uk-psti:2023'
      | 'nistir-8259a:2020'
      | 'owasp-iot-top10:2018'
      | 'owasp-isvs:1.0'
      | 'iec-62443-4-2:2019';
    title: string;
    edition: string;
    provisions: {
      id: string;
      gist: string;
      status: 'mandatory' | 'recommended';
      condition: string | null;
      how: string[];
      controls: string[];
      reason: string | null;
    }[];
  };
  'GET /standards/{standard}/coverage': Coverage;
  'GET /standards/{standard}/provisions/{provision}/devices': {
    items: { id: string; name: string; type: string; vendor: string }[];
    next: string | null;
  };
  'GET /events': unknown;
}

/** What is sent. */
export interface Bodies {
  'GET /sign-in': undefined;
  'POST /sign-in/passkey/begin': undefined;
  'POST /sign-in/passkey': {
    ceremony: string;
    response: {
      id: string;
      rawId: string;
      type: 'public-key';
      authenticatorAttachment?: 'platform' | 'cross-platform' | null | undefined;
      response: {
        clientDataJSON: string;
        authenticatorData: string;
        signature: string;
        userHandle?: string | null | undefined;
      };
    };
  };
  'POST /sign-in/password': { login: string; password: string };
  'POST /sign-in/code': { ceremony: string; code: string };
  'POST /sign-in/recovery': { login: string; code: string };
  'POST /sign-in/provider/begin': undefined;
  'POST /sign-in/provider': { ceremony: string; query: string };
  'POST /sign-out': undefined;
  'POST /step-up/passkey/begin': undefined;
  'POST /step-up/passkey': {
    ceremony: string;
    response: {
      id: string;
      rawId: string;
      type: 'public-key';
      authenticatorAttachment?: 'platform' | 'cross-platform' | null | undefined;
      response: {
        clientDataJSON: string;
        authenticatorData: string;
        signature: string;
        userHandle?: string | null | undefined;
      };
    };
  };
  'POST /step-up/code': { code: string };
  'POST /step-up/provider/begin': undefined;
  'POST /step-up/provider': { ceremony: string; query: string };
  'POST /welcome': { link: string };
  'POST /welcome/name': {
    link: string;
    person: { login: string; name: string; email?: string | undefined };
  };
  'POST /welcome/passkey/begin': { link: string };
  'POST /welcome/passkey': {
    link: string;
    ceremony: string;
    response: {
      id: string;
      rawId: string;
      type: 'public-key';
      authenticatorAttachment?: 'platform' | 'cross-platform' | null | undefined;
      response: {
        clientDataJSON: string;
        attestationObject: string;
        transports?: readonly string[] | undefined;
      };
    };
    name: string;
  };
  'POST /welcome/totp/begin': { link: string };
  'POST /welcome/password': { link: string; ceremony: string; password: string; code: string };
  'GET /me': undefined;
  'PATCH /me': { name?: string | undefined; email?: string | undefined };
  'GET /me/ways': undefined;
  'POST /me/passkeys/begin': undefined;
  'POST /me/passkeys': {
    ceremony: string;
    response: {
      id: string;
      rawId: string;
      type: 'public-key';
      authenticatorAttachment?: 'platform' | 'cross-platform' | null | undefined;
      response: {
        clientDataJSON: string;
        attestationObject: string;
        transports?: readonly string[] | undefined;
      };
    };
    name: string;
  };
  'PATCH /me/passkeys/{id}': { name: string };
  'DELETE /me/passkeys/{id}': undefined;
  'PUT /me/password': { password: string };
  'DELETE /me/password': undefined;
  'POST /me/totp/begin': undefined;
  'POST /me/totp': { ceremony: string; code: string };
  'DELETE /me/totp': undefined;
  'POST /me/recovery-codes': undefined;
  'POST /me/identities/begin': undefined;
  'POST /me/identities': { ceremony: string; query: string };
  'DELETE /me/identities': undefined;
  'GET /me/sessions': undefined;
  'DELETE /me/sessions/{id}': undefined;
  'GET /me/tokens': undefined;
  'POST /me/tokens': {
    name: string;
    scopes: readonly (
      | 'devices.read'
      | 'devices.describe'
      | 'devices.manage'
      | 'segments.read'
      | 'segments.manage'
      | 'audits.read'
      | 'audits.run'
      | 'schedules.manage'
      | 'captures.keep'
      | 'findings.read'
      | 'findings.work'
      | 'findings.accept'
      | 'evidence.read'
      | 'posture.read'
      | 'facts.read'
      | 'jobs.read'
      | 'jobs.manage'
      | 'notifications.manage'
      | 'settings.read'
      | 'settings.change'
      | 'system.read'
      | 'system.backup'
      | 'account.read'
      | 'account.change'
      | 'tokens.make'
      | 'people.read'
      | 'people.invite'
      | 'people.change'
      | 'people.remove'
      | 'people.reset'
      | 'people.export'
      | 'people.erase'
      | 'roles.change'
      | 'approvers.change'
      | 'sessions.end'
      | 'tokens.read'
      | 'approvals.read'
    )[];
    segments?: readonly string[] | undefined;
    days: number;
  };
  'DELETE /me/tokens/{id}': undefined;
  'GET /people': undefined;
  'POST /people': {
    login: string;
    name: string;
    email?: string | undefined;
    grants: readonly {
      role: 'member' | 'viewer' | 'analyst' | 'operator' | 'administrator' | 'auditor';
      segment?: string | undefined;
    }[];
    reason?: string | undefined;
  };
  'GET /people/{id}': undefined;
  'PATCH /people/{id}': {
    login?: string | undefined;
    name?: string | undefined;
    email?: string | undefined;
  };
  'POST /people/{id}/invitation': undefined;
  'POST /people/{id}/roles': {
    role: 'member' | 'viewer' | 'analyst' | 'operator' | 'administrator' | 'auditor';
    segment?: string | undefined;
    reason: string;
  };
  'POST /people/{id}/roles/take': {
    role: 'member' | 'viewer' | 'analyst' | 'operator' | 'administrator' | 'auditor';
    segment?: string | undefined;
    reason: string;
  };
  'POST /people/{id}/remove': { reason: string };
  'POST /people/{id}/reset': { reason: string };
  'GET /people/{id}/ways': undefined;
  'GET /people/{id}/sessions': undefined;
  'DELETE /people/{id}/sessions/{session}': undefined;
  'GET /tokens': undefined;
  'DELETE /tokens/{id}': undefined;
  'GET /people/{id}/export': undefined;
  'POST /people/{id}/erase': { reason: string };
  'GET /approvals': undefined;
  'POST /approvals/{id}/approve': { digest: string; reason?: string | undefined };
  'POST /approvals/{id}/reject': { reason?: string | undefined };
  'POST /approvals/{id}/cancel': { reason?: string | undefined };
  'GET /devices': undefined;
  'GET /devices/count': undefined;
  'GET /devices/{id}': undefined;
  'PATCH /devices/{id}': {
    name?: string | null | undefined;
    type?: string | null | undefined;
    vendor?: string | null | undefined;
    model?: string | null | undefined;
    version?: string | null | undefined;
    segment?: string | null | undefined;
    owner?: string | null | undefined;
    criticality?: 'low' | 'normal' | 'high' | 'essential' | undefined;
    notes?: string | undefined;
    tags?: readonly string[] | undefined;
    retired?: boolean | undefined;
  };
  'POST /devices/change': {
    which:
      | { ids: readonly string[] }
      | {
          filter: {
            site?: string | undefined;
            segment?: readonly string[] | undefined;
            type?: readonly string[] | undefined;
            vendor?: readonly string[] | undefined;
            model?: readonly string[] | undefined;
            owner?: readonly string[] | undefined;
            criticality?: readonly ('low' | 'normal' | 'high' | 'essential')[] | undefined;
            tag?: readonly string[] | undefined;
            worst?: number | undefined;
            search?: string | undefined;
            retired?: boolean | undefined;
            seenBefore?: number | undefined;
          };
        };
    patch: {
      name?: string | null | undefined;
      type?: string | null | undefined;
      vendor?: string | null | undefined;
      model?: string | null | undefined;
      version?: string | null | undefined;
      segment?: string | null | undefined;
      owner?: string | null | undefined;
      criticality?: 'low' | 'normal' | 'high' | 'essential' | undefined;
      notes?: string | undefined;
      tags?: readonly string[] | undefined;
      retired?: boolean | undefined;
    };
    preview?: boolean | undefined;
  };
  'POST /devices/{id}/merge': { others: readonly string[] };
  'POST /devices/{id}/split': { keys: readonly string[] };
  'GET /groups': undefined;
  'POST /groups': {
    name: string;
    filter: {
      site?: string | undefined;
      segment?: readonly string[] | undefined;
      type?: readonly string[] | undefined;
      vendor?: readonly string[] | undefined;
      model?: readonly string[] | undefined;
      owner?: readonly string[] | undefined;
      criticality?: readonly ('low' | 'normal' | 'high' | 'essential')[] | undefined;
      tag?: readonly string[] | undefined;
      worst?: number | undefined;
      search?: string | undefined;
      retired?: boolean | undefined;
      seenBefore?: number | undefined;
    };
  };
  'GET /groups/{id}': undefined;
  'PUT /groups/{id}': {
    name: string;
    filter: {
      site?: string | undefined;
      segment?: readonly string[] | undefined;
      type?: readonly string[] | undefined;
      vendor?: readonly string[] | undefined;
      model?: readonly string[] | undefined;
      owner?: readonly string[] | undefined;
      criticality?: readonly ('low' | 'normal' | 'high' | 'essential')[] | undefined;
      tag?: readonly string[] | undefined;
      worst?: number | undefined;
      search?: string | undefined;
      retired?: boolean | undefined;
      seenBefore?: number | undefined;
    };
  };
  'DELETE /groups/{id}': undefined;
  'GET /sites': undefined;
  'POST /sites': { name: string; zone: string };
  'GET /sites/{id}': undefined;
  'PUT /sites/{id}': { name: string; zone: string };
  'DELETE /sites/{id}': undefined;
  'GET /segments': undefined;
  'POST /segments': {
    site: string;
    name: string;
    prefixes: readonly string[];
    notes?: string | undefined;
  };
  'GET /segments/{id}': undefined;
  'PUT /segments/{id}': {
    site: string;
    name: string;
    prefixes: readonly string[];
    notes?: string | undefined;
  };
  'DELETE /segments/{id}': undefined;
  'GET /findings': undefined;
  'GET /findings/count': undefined;
  'GET /findings/{id}': undefined;
  'GET /findings/{id}/packets': undefined;
  'POST /findings/accept': { reason: string; expires: string; findings: readonly string[] };
  'POST /findings/reopen': { findings: readonly string[]; reason: string };
  'POST /findings/assign': { findings: readonly string[]; to: string | null };
  'POST /findings/{id}/comments': { text: string };
  'GET /audits': undefined;
  'GET /audits/{id}': undefined;
  'GET /audits/{id}/report': undefined;
  'GET /audits/{id}/comparison': undefined;
  'POST /uploads': { site: string; name: string; bytes: number; keep?: boolean | undefined };
  'GET /uploads/{id}': undefined;
  'PATCH /uploads/{id}': undefined;
  'DELETE /uploads/{id}': undefined;
  'GET /posture': undefined;
  'GET /devices/{id}/verdicts': undefined;
  'GET /facts': undefined;
  'GET /devices/{id}/facts': undefined;
  'GET /jobs': undefined;
  'GET /jobs/{id}': undefined;
  'POST /jobs/{id}/cancel': undefined;
  'GET /schedules': undefined;
  'POST /schedules': {
    name: string;
    cron: string;
    zone: string;
    enabled?: boolean | undefined;
    kind: 'audit-folder';
    input: { folder: string };
  };
  'GET /schedules/folders': undefined;
  'GET /schedules/{id}': undefined;
  'PUT /schedules/{id}': {
    name: string;
    cron: string;
    zone: string;
    enabled?: boolean | undefined;
    kind: 'audit-folder';
    input: { folder: string };
  };
  'DELETE /schedules/{id}': undefined;
  'GET /controls': undefined;
  'GET /controls/{id}': undefined;
  'GET /standards': undefined;
  'GET /standards/{standard}': undefined;
  'GET /standards/{standard}/coverage': undefined;
  'GET /standards/{standard}/provisions/{provision}/devices': undefined;
  'GET /events': undefined;
}

/** What is asked in the query; a list is given as `a,b`, or its name several times. */
export interface Queries {
  'GET /sign-in': undefined;
  'POST /sign-in/passkey/begin': undefined;
  'POST /sign-in/passkey': undefined;
  'POST /sign-in/password': undefined;
  'POST /sign-in/code': undefined;
  'POST /sign-in/recovery': undefined;
  'POST /sign-in/provider/begin': undefined;
  'POST /sign-in/provider': undefined;
  'POST /sign-out': undefined;
  'POST /step-up/passkey/begin': undefined;
  'POST /step-up/passkey': undefined;
  'POST /step-up/code': undefined;
  'POST /step-up/provider/begin': undefined;
  'POST /step-up/provider': undefined;
  'POST /welcome': undefined;
  'POST /welcome/name': undefined;
  'POST /welcome/passkey/begin': undefined;
  'POST /welcome/passkey': undefined;
  'POST /welcome/totp/begin': undefined;
  'POST /welcome/password': undefined;
  'GET /me': undefined;
  'PATCH /me': undefined;
  'GET /me/ways': undefined;
  'POST /me/passkeys/begin': undefined;
  'POST /me/passkeys': undefined;
  'PATCH /me/passkeys/{id}': undefined;
  'DELETE /me/passkeys/{id}': undefined;
  'PUT /me/password': undefined;
  'DELETE /me/password': undefined;
  'POST /me/totp/begin': undefined;
  'POST /me/totp': undefined;
  'DELETE /me/totp': undefined;
  'POST /me/recovery-codes': undefined;
  'POST /me/identities/begin': undefined;
  'POST /me/identities': undefined;
  'DELETE /me/identities': undefined;
  'GET /me/sessions': undefined;
  'DELETE /me/sessions/{id}': undefined;
  'GET /me/tokens': undefined;
  'POST /me/tokens': undefined;
  'DELETE /me/tokens/{id}': undefined;
  'GET /people': {
    limit?: number | undefined;
    cursor?: string | undefined;
    status?: 'invited' | 'active' | 'removed' | 'erased' | undefined;
  };
  'POST /people': undefined;
  'GET /people/{id}': undefined;
  'PATCH /people/{id}': undefined;
  'POST /people/{id}/invitation': undefined;
  'POST /people/{id}/roles': undefined;
  'POST /people/{id}/roles/take': undefined;
  'POST /people/{id}/remove': undefined;
  'POST /people/{id}/reset': undefined;
  'GET /people/{id}/ways': undefined;
  'GET /people/{id}/sessions': undefined;
  'DELETE /people/{id}/sessions/{session}': undefined;
  'GET /tokens': {
    limit?: number | undefined;
    cursor?: string | undefined;
    person?: string | undefined;
  };
  'DELETE /tokens/{id}': undefined;
  'GET /people/{id}/export': undefined;
  'POST /people/{id}/erase': undefined;
  'GET /approvals': { limit?: number | undefined; cursor?: string | undefined };
  'POST /approvals/{id}/approve': undefined;
  'POST /approvals/{id}/reject': undefined;
  'POST /approvals/{id}/cancel': undefined;
  'GET /devices': {
    limit?: number | undefined;
    cursor?: string | undefined;
    site?: string | undefined;
    segment?: string | readonly string[] | undefined;
    type?: string | readonly string[] | undefined;
    vendor?: string | readonly string[] | undefined;
    model?: string | readonly string[] | undefined;
    owner?: string | readonly string[] | undefined;
    criticality?: string | readonly string[] | undefined;
    tag?: string | readonly string[] | undefined;
    worst?: number | undefined;
    search?: string | undefined;
    retired?: boolean | undefined;
    seenBefore?: number | undefined;
    sort?: 'name' | 'type' | 'vendor' | 'lastSeen' | 'firstSeen' | 'worst' | 'posture' | undefined;
    order?: 'asc' | 'desc' | undefined;
  };
  'GET /devices/count': {
    site?: string | undefined;
    segment?: string | readonly string[] | undefined;
    type?: string | readonly string[] | undefined;
    vendor?: string | readonly string[] | undefined;
    model?: string | readonly string[] | undefined;
    owner?: string | readonly string[] | undefined;
    criticality?: string | readonly string[] | undefined;
    tag?: string | readonly string[] | undefined;
    worst?: number | undefined;
    search?: string | undefined;
    retired?: boolean | undefined;
    seenBefore?: number | undefined;
    by?: 'type' | 'vendor' | 'model' | 'criticality' | 'segment' | 'owner' | undefined;
  };
  'GET /devices/{id}': undefined;
  'PATCH /devices/{id}': undefined;
  'POST /devices/change': undefined;
  'POST /devices/{id}/merge': undefined;
  'POST /devices/{id}/split': undefined;
  'GET /groups': { limit?: number | undefined; cursor?: string | undefined };
  'POST /groups': undefined;
  'GET /groups/{id}': undefined;
  'PUT /groups/{id}': undefined;
  'DELETE /groups/{id}': undefined;
  'GET /sites': { limit?: number | undefined; cursor?: string | undefined };
  'POST /sites': undefined;
  'GET /sites/{id}': undefined;
  'PUT /sites/{id}': undefined;
  'DELETE /sites/{id}': undefined;
  'GET /segments': {
    limit?: number | undefined;
    cursor?: string | undefined;
    site?: string | undefined;
  };
  'POST /segments': undefined;
  'GET /segments/{id}': undefined;
  'PUT /segments/{id}': undefined;
  'DELETE /segments/{id}': undefined;
  'GET /findings': {
    limit?: number | undefined;
    cursor?: string | undefined;
    state?: string | readonly string[] | undefined;
    control?: string | readonly string[] | undefined;
    device?: string | readonly string[] | undefined;
    assignee?: string | readonly string[] | undefined;
    severity?: number | undefined;
    audit?: string | undefined;
    changedAfter?: number | undefined;
    expiresBefore?: number | undefined;
    sort?: 'severity' | 'changed' | undefined;
    order?: 'asc' | 'desc' | undefined;
  };
  'GET /findings/count': {
    state?: string | readonly string[] | undefined;
    control?: string | readonly string[] | undefined;
    device?: string | readonly string[] | undefined;
    assignee?: string | readonly string[] | undefined;
    severity?: number | undefined;
    audit?: string | undefined;
    changedAfter?: number | undefined;
    expiresBefore?: number | undefined;
    by?: 'control' | 'severity' | 'assignee' | 'model' | undefined;
  };
  'GET /findings/{id}': undefined;
  'GET /findings/{id}/packets': undefined;
  'POST /findings/accept': undefined;
  'POST /findings/reopen': undefined;
  'POST /findings/assign': undefined;
  'POST /findings/{id}/comments': undefined;
  'GET /audits': {
    limit?: number | undefined;
    cursor?: string | undefined;
    site?: string | undefined;
  };
  'GET /audits/{id}': undefined;
  'GET /audits/{id}/report': { format?: 'json' | 'html' | 'sarif' | undefined };
  'GET /audits/{id}/comparison': { with: string };
  'POST /uploads': undefined;
  'GET /uploads/{id}': undefined;
  'PATCH /uploads/{id}': undefined;
  'DELETE /uploads/{id}': undefined;
  'GET /posture': {
    scope?: 'fleet' | 'site' | 'segment' | 'device' | undefined;
    id?: string | undefined;
    from?: number | undefined;
    to?: number | undefined;
  };
  'GET /devices/{id}/verdicts': undefined;
  'GET /facts': {
    limit?: number | undefined;
    cursor?: string | undefined;
    action?: string | undefined;
    actor?: string | undefined;
    subject?: string | undefined;
    from?: number | undefined;
    to?: number | undefined;
  };
  'GET /devices/{id}/facts': { limit?: number | undefined; cursor?: string | undefined };
  'GET /jobs': {
    limit?: number | undefined;
    cursor?: string | undefined;
    state?: 'waiting' | 'running' | 'done' | 'failed' | 'cancelled' | undefined;
    kind?: string | undefined;
  };
  'GET /jobs/{id}': undefined;
  'POST /jobs/{id}/cancel': undefined;
  'GET /schedules': { limit?: number | undefined; cursor?: string | undefined };
  'POST /schedules': undefined;
  'GET /schedules/folders': undefined;
  'GET /schedules/{id}': undefined;
  'PUT /schedules/{id}': undefined;
  'DELETE /schedules/{id}': undefined;
  'GET /controls': undefined;
  'GET /controls/{id}': undefined;
  'GET /standards': undefined;
  'GET /standards/{standard}': undefined;
  'GET /standards/{standard}/coverage': {
    site?: string | undefined;
    segment?: string | readonly string[] | undefined;
    type?: string | readonly string[] | undefined;
    vendor?: string | readonly string[] | undefined;
    model?: string | readonly string[] | undefined;
    owner?: string | readonly string[] | undefined;
    criticality?: string | readonly string[] | undefined;
    tag?: string | readonly string[] | undefined;
    worst?: number | undefined;
    search?: string | undefined;
    retired?: boolean | undefined;
    seenBefore?: number | undefined;
  };
  'GET /standards/{standard}/provisions/{provision}/devices': {
    limit?: number | undefined;
    cursor?: string | undefined;
    site?: string | undefined;
    segment?: string | readonly string[] | undefined;
    type?: string | readonly string[] | undefined;
    vendor?: string | readonly string[] | undefined;
    model?: string | readonly string[] | undefined;
    owner?: string | readonly string[] | undefined;
    criticality?: string | readonly string[] | undefined;
    tag?: string | readonly string[] | undefined;
    worst?: number | undefined;
    search?: string | undefined;
    retired?: boolean | undefined;
    seenBefore?: number | undefined;
    result?: 'fail' | 'not_visible' | 'pass' | 'not_seen' | undefined;
  };
  'GET /events': undefined;
}
