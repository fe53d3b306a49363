/** A capture on this machine becomes an audit: it is copied into the data folder like any other upload. */
import { createReadStream, statSync } from 'node:fs';
import type { AuditSource } from '../../audit/records/index.ts';
import { unreadable } from '../../base/index.ts';
import type { Places } from '../../fleet/registry/index.ts';
import type { Actor } from '../../store/index.ts';
import type { Uploads } from './uploads.ts';

export interface LocalCapture {
  readonly path: string;
  /** How people see it. */
  readonly name: string;
  /** Id of the site. */
  readonly site: string;
  readonly source: AuditSource;
}

/**
 * @returns the audit's id.
 * @throws InputError `file-…`.
 */
export async function takeIn(
  { uploads }: { readonly uploads: Uploads },
  actor: Actor,
  { path, name, site, source }: LocalCapture,
): Promise<string> {
  let bytes: number;
  try {
    bytes = statSync(path).size;
  } catch (error) {
    throw unreadable(path, error);
  }
  const { id } = await uploads.create(actor, { site, name, bytes, keep: false }, source);
  try {
    // Bytes that are appended meanwhile are none of this capture.
    const { audit } = await uploads.append(
      actor,
      id,
      0,
      createReadStream(path, { end: Math.max(0, bytes - 1) }),
    );
    if (audit !== null) return audit;
  } catch (error) {
    await uploads.remove(actor, id).catch(() => {});
    throw error;
  }
  await uploads.remove(actor, id);
  throw unreadable(path, 'it became shorter while it was read');
}

/** The site of that name, made when it is not there. @param zone - IANA name of its time zone. */
export async function siteNamed(
  { places }: { readonly places: Places },
  actor: Actor,
  name: string,
  zone: string,
): Promise<string> {
  const [known] = (await places.sites({ name })).items;
  return (known ?? (await places.addSite(actor, { name, zone }))).id;
}
