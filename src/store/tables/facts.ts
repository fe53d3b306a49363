/** Facts, whom they are about, and how far each consumer has read them. */
import type { Generated } from 'kysely';

export interface FactTables {
  facts: {
    /** Counts up in the order of commits. */
    seq: Generated<number>;
    /** UUIDv7. */
    id: string;
    time: number;
    action: string;
    actor_kind: string;
    actor_id: string;
    /** RFC 8785 bytes of the fact; null once erased. */
    bytes: Uint8Array | null;
    /** 32 random bytes; null once erased. */
    salt: Uint8Array | null;
    /** SHA-256 of salt and bytes: stays when both are erased. */
    commitment: Uint8Array;
  };
  fact_subjects: {
    seq: number;
    kind: string;
    id: string;
  };
  consumers: {
    name: string;
    /** The last fact that was handled. */
    seq: number;
  };
}
