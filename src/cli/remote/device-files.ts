/** Devices as CSV or JSON files, out and in again. */
import { readFileSync, statSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';
import { FleetwardError, InputError, jsonText, unreadable } from '../../base/index.ts';
import type { DevicePatch, RegisteredDevice } from '../../fleet/registry/index.ts';
import { type Client, isPassing } from './client.ts';

const COLUMNS = [
  ...(['id', 'mac', 'address', 'name', 'type', 'vendor', 'model', 'version'] as const),
  ...(['segment', 'owner', 'criticality', 'tags', 'firstSeen', 'lastSeen', 'retired'] as const),
  ...(['worst', 'openFindings', 'acceptedFindings', 'posture'] as const),
] as const;
const TIMES: ReadonlySet<string> = new Set(['firstSeen', 'lastSeen', 'retired']);
/** What a file may say of a device. */
const TEXTS = ['name', 'type', 'vendor', 'model', 'version', 'segment', 'owner'] as const;
const FILE_BYTES_MAX = 64 * 1024 * 1024;

export function exportTo(devices: readonly RegisteredDevice[], asJson: boolean): string {
  if (asJson) return `${jsonText(devices, 2)}\n`;
  const rows = devices.map((device) =>
    COLUMNS.map((column) => {
      const value = device[column];
      if (value === null) return '';
      if (TIMES.has(column)) return new Date(value as number).toISOString();
      return Array.isArray(value) ? value.join(' ') : String(value);
    }),
  );
  // A device may call itself =HYPERLINK(…), and a spreadsheet would do it.
  return stringify([[...COLUMNS], ...rows], { escape_formulas: true });
}

export interface Imported {
  changed: number;
  same: number;
  /** `line` counts rows from 1, the head of a CSV file included. */
  readonly faults: { readonly line: number; readonly message: string }[];
}

type Row = Readonly<Record<string, unknown>>;

/** @throws InputError `file-…`, `import-invalid`. */
export async function importFrom(client: Client, path: string, dryRun: boolean): Promise<Imported> {
  const { rows, first } = readRows(path);
  const result: Imported = { changed: 0, same: 0, faults: [] };
  for (const [index, row] of rows.entries()) {
    try {
      const device = await find(client, row);
      const patch = changesOf(device, row);
      if (Object.keys(patch).length === 0) result.same++;
      else {
        if (!dryRun)
          await client.send('PATCH', '/devices/{id}', {
            params: { id: device.id },
            body: patch,
            // What somebody changes meanwhile is not overwritten.
            headers: { 'if-match': `"${device.revision}"` },
          });
        result.changed++;
      }
    } catch (error) {
      if (!(error instanceof FleetwardError) || isPassing(error)) throw error;
      result.faults.push({ line: index + first, message: error.message });
    }
  }
  return result;
}

function readRows(path: string): { rows: Row[]; first: number } {
  let text: string;
  try {
    if (statSync(path).size > FILE_BYTES_MAX)
      throw new InputError('import-invalid', `${path} is larger than 64 MiB; split it.`);
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw error instanceof InputError ? error : unreadable(path, error);
  }
  try {
    if (/^\s*\[/.test(text)) return { rows: JSON.parse(text) as Row[], first: 1 };
    const rows = parse(text, {
      ...{ columns: true, bom: true, trim: true, skip_empty_lines: true },
      cast: (value) => value.replace(/^'(?=[=+\-@\t\r])/, ''),
    }) as Row[];
    return { rows, first: 2 };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError('import-invalid', `${path} is neither CSV nor JSON: ${reason}.`, {
      cause: error,
    });
  }
}

async function find(client: Client, row: Row): Promise<RegisteredDevice> {
  const text = (name: string) => (typeof row[name] === 'string' ? (row[name] as string) : '');
  const id = text('id');
  if (id !== '') return client.get('/devices/{id}', { id });
  const mac = text('mac').toLowerCase().replaceAll('-', ':');
  const address = text('address').toLowerCase();
  const wanted = mac || address;
  if (wanted === '')
    throw new InputError('device-unnamed', 'no id, mac or address says which device is meant.');
  const found: RegisteredDevice[] = [];
  for await (const device of client.all('/devices', { search: wanted }, 200))
    if (mac ? device.mac === mac : device.address === address) found.push(device);
  if (found.length === 1) return found[0];
  throw new InputError(
    'device-unknown',
    found.length === 0
      ? `no device has ${wanted}; it enters the inventory once an audit has seen it.`
      : `${found.length} devices have ${wanted}; name one by its id.`,
  );
}

/** What the row says otherwise than the inventory. Columns that are absent say nothing. */
function changesOf(device: RegisteredDevice, row: Row): DevicePatch {
  const patch: Record<string, unknown> = {};
  for (const field of TEXTS) {
    const value = row[field];
    if (value !== undefined && (value || '') !== (device[field] ?? ''))
      patch[field] = value || null;
  }
  if (row.criticality && row.criticality !== device.criticality)
    patch.criticality = row.criticality;
  if (typeof row.notes === 'string') patch.notes = row.notes;
  const tags = typeof row.tags === 'string' ? row.tags.split(/[\s,;]+/).filter(Boolean) : row.tags;
  if (Array.isArray(tags) && [...tags].sort().join(' ') !== [...device.tags].sort().join(' '))
    patch.tags = tags;
  return patch as DevicePatch;
}
