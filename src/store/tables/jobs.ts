/** Work that outlives a request, and when it comes again. */
export type JobState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

export interface JobTables {
  jobs: {
    id: string;
    kind: string;
    /** JSON. */
    input: string;
    actor_kind: string;
    actor_id: string;
    state: JobState;
    /** At most one waiting or running job has a given key. */
    unique_key: string | null;
    created: number;
    /** Not before. */
    run_at: number;
    started: number | null;
    finished: number | null;
    attempts: number;
    lease_owner: string | null;
    lease_until: number | null;
    cancel_requested: number;
    /** 0 to 1; null where it cannot be told. */
    progress: number | null;
    progress_text: string | null;
    /** JSON that a later attempt goes on from. */
    checkpoint: string | null;
    /** JSON. */
    result: string | null;
    error_code: string | null;
    error: string | null;
  };
  schedules: {
    id: string;
    name: string;
    /** Cron expression, five fields, in `zone`. */
    cron: string;
    /** IANA time zone. */
    zone: string;
    kind: string;
    /** JSON. */
    input: string;
    actor_kind: string;
    actor_id: string;
    enabled: number;
    next_at: number | null;
    last_job: string | null;
    /** Counts up with each change by a person (ETag). */
    revision: number;
  };
}
