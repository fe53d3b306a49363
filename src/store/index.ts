/** Store: what the running system knows, in SQLite or PostgreSQL, and the facts of how it came to be. */

export { type ColumnTypes, type Dialect, excluded } from './columns.ts';
export {
  behindName,
  type CursorValue,
  cursorOf,
  NAMES_MAX,
  type NamePage,
  namePage,
  type Place,
  readCursor,
} from './cursor.ts';
export {
  type Actor,
  canonicalJson,
  chunks,
  declareFact,
  type Fact,
  type FactInput,
  type FactType,
  readFact,
  type Subject,
} from './facts.ts';
export { type Inspection, inspectStore } from './inspect.ts';
export { openStore, type Store, type StoreConfig, type StorePorts } from './store.ts';
export type { Tables } from './tables.ts';
export type { Change, Tx } from './writer.ts';
