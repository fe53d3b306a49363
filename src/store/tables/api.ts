/** What the API remembers of requests that may be sent twice. */
export interface ApiTables {
  idempotency_keys: {
    /** Hash of caller and key. */
    key: string;
    /** Hash of the caller alone: bounds how many each has. */
    caller: string;
    /** Hash of what was asked: the same key with another request is refused. */
    request: string;
    /** Null while it is under way, and for ever when the process died meanwhile. */
    status: number | null;
    /** JSON: those that belong to the answer. */
    headers: string | null;
    /** Null also where an answer holds a secret, which is shown once. */
    body: string | null;
    expires: number;
  };
}
