/** The certificate that people see: read from its files, and again when they change, without a pause. */
import { readFileSync, unwatchFile, watchFile } from 'node:fs';
import { createSecureContext, type Server } from 'node:tls';
import { InputError, unreadable } from '../base/index.ts';

export interface CertificateFiles {
  /** PEM: the certificate and what leads to its root. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}

export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
}

/** Files may lie where events are not told (network file systems, links that are exchanged), so they are looked at. */
const LOOK_MS = 2000;

/** @throws InputError `file-…`; `certificate-invalid` when they are no pair that can be used. */
export function readCertificate({ cert, key, minVersion }: CertificateFiles): Certificate {
  const pair = { cert: read(cert), key: read(key), minVersion };
  try {
    createSecureContext(pair);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new InputError(
      'certificate-invalid',
      `${cert} and ${key} are no certificate and its key in PEM (${reason}).`,
      { cause: error },
    );
  }
  return pair;
}

/**
 * Serves a renewed certificate from the next connection on. While the files do not fit together (one is written before
 * the other), the former one stays.
 *
 * @returns how to stop.
 */
export function followCertificate(
  files: CertificateFiles,
  server: Server,
  told: (renewed: boolean, error?: unknown) => void,
): () => void {
  let shown = readCertificate(files);
  const look = () => {
    try {
      const now = readCertificate(files);
      if (now.cert === shown.cert && now.key === shown.key) return;
      server.setSecureContext(now);
      shown = now;
      told(true);
    } catch (error) {
      told(false, error);
    }
  };
  for (const file of [files.cert, files.key])
    watchFile(file, { interval: LOOK_MS, persistent: false }, look);
  return () => {
    for (const file of [files.cert, files.key]) unwatchFile(file, look);
  };
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}
