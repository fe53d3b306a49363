/** Sends a capture in parts. A lost connection is waited out, and a page that was closed goes on where it stopped. */
import { type Answers, call, csrfHeader, Refused, Unreachable } from '../api/client.ts';

type Upload = Answers['GET /uploads/{id}'];
const PART_BYTES = 4 * 1024 * 1024;
const AGAIN_MS = 2000;
const MEDIA_TYPE = 'application/offset+octet-stream';

/** @returns the id of the audit. @param told - bytes that have arrived. */
export async function send(
  file: File,
  site: string,
  told: (bytes: number) => void,
  signal: AbortSignal,
): Promise<string> {
  let upload = await begin(file, site);
  while (upload.audit === null) {
    signal.throwIfAborted();
    told(upload.received);
    upload = await sendPart(file, upload, signal);
  }
  localStorage.removeItem(keyOf(file, site));
  return upload.audit;
}

const keyOf = ({ name, size, lastModified }: File, site: string) =>
  `upload:${site}:${name}:${size}:${lastModified}`;

async function begin(file: File, site: string): Promise<Upload> {
  const known = localStorage.getItem(keyOf(file, site));
  if (known) {
    try {
      return await call('GET /uploads/{id}', { path: { id: known } });
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
    }
  }
  const body = { site, name: file.name, bytes: file.size };
  const upload = await call('POST /uploads', { body });
  localStorage.setItem(keyOf(file, site), upload.id);
  return upload;
}

async function sendPart(file: File, upload: Upload, signal: AbortSignal): Promise<Upload> {
  const { id, received } = upload;
  try {
    const response = await fetch(`/api/v1/uploads/${id}`, {
      method: 'PATCH',
      headers: {
        ...csrfHeader(),
        'content-type': MEDIA_TYPE,
        'upload-offset': String(received),
      },
      body: file.slice(received, received + PART_BYTES),
      signal,
    });
    if (response.ok) return (await response.json()) as Upload;
    // Where another offset is awaited, or the session ended, asking says so and mends it.
    if (![401, 409].includes(response.status)) {
      const { code, detail } = (await response.json()) as { code: string; detail: string };
      throw new Refused(response.status, code, detail);
    }
  } catch (error) {
    if (error instanceof Refused || signal.aborted) throw error;
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
  return again(id, received, upload);
}

async function again(id: string, received: number, upload: Upload): Promise<Upload> {
  try {
    return await call('GET /uploads/{id}', { path: { id } });
  } catch (error) {
    if (!(error instanceof Unreachable)) throw error;
    return { ...upload, received };
  }
}
