/** What a device looks like in the report of the audit that saw it last: the parts that the console shows. */
export interface Details {
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
  readonly typeCandidates?: readonly { readonly type: string; readonly probability: number }[];
  readonly typeEvidence?: readonly { readonly text: string; readonly packet: number | null }[];
  readonly description?: Readonly<Record<string, string>>;
  readonly services?: readonly Service[];
  readonly peers?: readonly Peer[];
  readonly spoken?: readonly {
    readonly protocol: string;
    readonly protection: string;
    readonly packets: number;
    readonly bytes: number;
  }[];
}

export interface Service {
  readonly transport: string;
  readonly port: number;
  readonly protocol: string | null;
  readonly product: string | null;
  readonly clients: number;
}

export interface Peer {
  readonly address: string;
  readonly name: string | null;
  readonly scope: string;
  readonly services: readonly string[];
  readonly bytesOut: number;
  readonly bytesIn: number;
}

export const detailsOf = (value: unknown): Details =>
  typeof value === 'object' && value !== null ? (value as Details) : {};
