/**
 * SSH keys whose private half is public, because products were shipped with it. Built by
 * scripts/build-default-credentials.ts.
 */
import table from './known-ssh-keys.json' with { type: 'json' };

const productByFingerprint = new Map(Object.entries(table));

/** Where a key was shipped, by its fingerprint as OpenSSH prints it (`SHA256:…`); undefined for any other key. */
export function productOfSshKey(fingerprint: string): string | undefined {
  return productByFingerprint.get(fingerprint);
}
