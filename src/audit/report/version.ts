/** The value of a report's `schema`; its number rises only when a reader of the old shape would break. */
export const REPORT_SCHEMA = 'urn:fleetward:report:1';
