/** Audits, their verdicts and findings, the evidence, and posture over time. */
export type AuditState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';
export type FindingState = 'open' | 'accepted' | 'fixed';

export interface AuditTables {
  /** Captures on their way in; how much is there is the size of its file. */
  uploads: {
    id: string;
    site_id: string;
    name: string;
    bytes: number;
    /** Keep the capture after its audit. */
    keep: number;
    source: string;
    actor_kind: string;
    actor_id: string;
    created: number;
    /** Set when it is whole. */
    audit_id: string | null;
  };
  audits: {
    id: string;
    site_id: string;
    name: string;
    /** How its captures came: upload, push, watch, schedule, demo. */
    source: string;
    state: AuditState;
    job_id: string | null;
    actor_kind: string;
    actor_id: string;
    created: number;
    finished: number | null;
    /** The time that its captures cover. */
    period_from: number | null;
    period_to: number | null;
    /** JSON: what it found and changed; null until it is done. */
    summary: string | null;
    error_code: string | null;
    error: string | null;
    /** Kept captures: path below the data folder; null once deleted. */
    capture: string | null;
  };
  audit_reports: {
    audit_id: string;
    /** The report as gzip of JSON. */
    report: Uint8Array;
  };
  /** The last verdict that says something, for each device and control. */
  verdicts: {
    device_id: string;
    control: string;
    verdict: 'pass' | 'fail' | 'not_visible';
    why: string | null;
    /** JSON: what the pass needed and what was in view. */
    floor: string | null;
    /** Until when what was judged had been seen. */
    time: number;
    audit_id: string;
  };
  /** Every change of such a verdict: posture is explained by these. */
  verdict_changes: {
    /** UUIDv7. */
    id: string;
    time: number;
    device_id: string;
    control: string;
    /** Null: never judged before. */
    from_verdict: string | null;
    to_verdict: string;
    audit_id: string;
  };
  findings: {
    id: string;
    device_id: string;
    control: string;
    /** 1 info … 5 critical. */
    severity: number;
    state: FindingState;
    title: string;
    note: string;
    /** The same for one device and control in every audit. */
    fingerprint: string;
    assignee_id: string | null;
    opened: number;
    changed: number;
    /** When the evidence of its last failure was seen. */
    last_seen: number;
    first_audit: string;
    last_audit: string;
    /** Of an acceptance. */
    reason: string | null;
    accepted_by: string | null;
    approved_by: string | null;
    accepted: number | null;
    expires: number | null;
  };
  finding_evidence: {
    finding_id: string;
    audit_id: string;
    time: number;
    /** JSON: packets, flow and fields, as in the report. */
    evidence: string;
    /** Packets as pcapng, secrets masked; null once their retention is over. */
    slice: Uint8Array | null;
    /** Hexadecimal; stays when the slice is deleted. */
    sha256: string | null;
    delete_after: number | null;
  };
  finding_comments: {
    id: string;
    finding_id: string;
    person_id: string;
    time: number;
    text: string;
  };
  /** Weights of the controls that a device passes and fails (accepted failures apart). */
  device_posture: {
    device_id: string;
    passed: number;
    failed: number;
    accepted: number;
  };
  posture_points: {
    /** UUIDv7. */
    id: string;
    /** fleet, site, segment or device. */
    scope: string;
    scope_id: string;
    time: number;
    passed: number;
    failed: number;
    accepted: number;
    devices: number;
    open_findings: number;
    /** What it follows from; null for the passing of time (an acceptance that ended). */
    audit_id: string | null;
  };
}
