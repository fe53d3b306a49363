/** What watched folders have given. */
export interface WatchTables {
  watched_captures: {
    /** Of the whole file, in hexadecimal. */
    sha256: string;
    site_id: string;
    audit_id: string;
    time: number;
  };
}
