/** Sites, their segments, and the devices in them. */
export type Criticality = 'low' | 'normal' | 'high' | 'essential';

export interface FleetTables {
  sites: {
    id: string;
    name: string;
    /** IANA time zone. */
    zone: string;
    revision: number;
  };
  segments: {
    id: string;
    site_id: string;
    name: string;
    /** JSON: prefixes (`192.168.1.0/24`) by which devices are put into it. */
    prefixes: string;
    notes: string;
    revision: number;
  };
  devices: {
    id: string;
    site_id: string;
    segment_id: string | null;
    /** What people go by: given by a person, else what was seen. Empty when unknown. */
    name: string;
    type: string;
    vendor: string;
    model: string;
    version: string;
    mac: string;
    address: string;
    /** JSON: what a person gave of name, type, vendor, model, version. */
    given: string;
    /** JSON: what was last seen of the same. */
    seen: string;
    /** JSON: addresses and names under which it was seen last, to be found by. */
    terms: string;
    owner_id: string | null;
    criticality: Criticality;
    notes: string;
    first_seen: number;
    last_seen: number;
    /** When it was taken out of service. */
    retired: number | null;
    /** Counts up with each change by a person (ETag). */
    revision: number;
    /** Rank of its worst open finding: 0 none, 1 info … 5 critical. */
    worst: number;
    open_findings: number;
    accepted_findings: number;
    /** 0 to 100; -1 while nothing was judged. */
    posture: number;
    /** Lower-case text that a search looks into. */
    search: string;
  };
  device_keys: {
    site_id: string;
    /** As the inventory of a capture names it: `mac:…`, or `ip:…` behind a router. */
    key: string;
    device_id: string;
  };
  device_tags: {
    device_id: string;
    tag: string;
  };
  device_details: {
    device_id: string;
    time: number;
    /** The audit that saw it. */
    audit_id: string | null;
    /** JSON of the device in that audit's report: services, peers, names, evidence of its type. */
    details: string;
  };
  device_groups: {
    id: string;
    name: string;
    /** JSON of a DeviceFilter. */
    filter: string;
    owner_id: string;
    revision: number;
  };
}
