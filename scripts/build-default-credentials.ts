/**
 * Builds the lists of known credentials that audits compare with, from published collections in FLEETWARD_DATA:
 * `src/audit/data/default-credentials.json` (user → passwords) and `src/audit/data/known-ssh-keys.json`
 * (fingerprint → where the key was shipped). Run it when the collections change:
 *
 *     node scripts/build-default-credentials.ts
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const SOURCE = path.join(process.env.FLEETWARD_DATA ?? '../shared/data', 'credentials');
const TARGET = path.join(import.meta.dirname, '..', 'src', 'audit', 'data');

/** How the collections write an empty field. */
const BLANK = '<blank>';
/** Words about a password in place of one, in either field. */
const PLACEHOLDER =
  /^<.*>$|^\(.*\)$|^\[[a-z]+\]$|<<<|serial|random|^n\/?a$|^none$|^any$|^blank$|often blank|or blank|same as|same all over|see (note|comment)|last (4|four|eight)|mac address|cloud key|the number of|'enter' button| or |^dont need|type user|substitute|(only|write) access/i;
/** Several values in one field. */
const SEVERAL = /^(public\/private|system\/manager|sys\/change|password\/changeme)/;
/** Slips of the copy of the Mirai list; right ones are in MIRAI_CORRECTED. */
const SLIPS = new Set(['20xbully', '20xbullu', 'jauntech']);
const MIRAI_CORRECTED: readonly Pair[] = [
  ['root', 'juantech'],
  ['admin', 'smcadmin'],
];
/** Open to everybody on purpose: whoever gives these names proves nothing and is asked for nothing. */
const ANONYMOUS = new Set(['anonymous', 'ftp']);
/** Community names, screen passwords and boot passwords: no sign-in with a user name. */
const OTHER_SECRETS = /\((snmp|vnc|redis|mssql|db)\)|^(ami|award|phoenix|ast|biostar)$/i;

type Pair = readonly [user: string, password: string];

function main(): void {
  const pairs = [...cheatSheet(), ...mirai(), ...MIRAI_CORRECTED].filter(isPair);
  const byUser = new Map<string, Set<string>>();
  for (const [user, password] of pairs) {
    const passwords = byUser.get(user) ?? new Set();
    byUser.set(user, passwords.add(password));
  }
  const lines = [...byUser]
    .sort(([one], [other]) => compare(one, other))
    .map(
      ([user, passwords]) =>
        `${JSON.stringify(user)}:${JSON.stringify([...passwords].sort(compare))}`,
    );
  writeFileSync(path.join(TARGET, 'default-credentials.json'), `{\n${lines.join(',\n')}\n}\n`);

  const keys = knownSshKeys().map(
    ([key, name]) => `${JSON.stringify(key)}:${JSON.stringify(name)}`,
  );
  writeFileSync(path.join(TARGET, 'known-ssh-keys.json'), `{\n${keys.join(',\n')}\n}\n`);

  const count = [...byUser.values()].reduce((sum, passwords) => sum + passwords.size, 0);
  console.log(`${count} pairs of ${byUser.size} users, ${keys.length} SSH keys`);
}

/** Rows `product,user,password`; a field may be quoted. */
function* cheatSheet(): Generator<Pair> {
  const [, ...rows] = readFileSync(
    path.join(SOURCE, 'default-creds-cheat-sheet.csv'),
    'utf8',
  ).split(/\r?\n/);
  for (const row of rows) {
    const [product, user, password] = fieldsOf(row);
    if (product === undefined || user === undefined || password === undefined) continue;
    if (!OTHER_SECRETS.test(product)) yield [unblank(user), unblank(password)];
  }
}

/** Lines `user password`. */
function* mirai(): Generator<Pair> {
  for (const line of readFileSync(path.join(SOURCE, 'mirai-botnet.txt'), 'utf8').split(/\r?\n/)) {
    const [user, password] = line.trim().split(/\s+/);
    if (user !== undefined && password !== undefined) yield [user, password];
  }
}

function isPair([user, password]: Pair): boolean {
  if (user === '' && password.length < 3) return false;
  if (ANONYMOUS.has(user.toLowerCase())) return false;
  return ![user, password].some(
    (field) => PLACEHOLDER.test(field) || SEVERAL.test(field) || SLIPS.has(field),
  );
}

function fieldsOf(row: string): string[] {
  const fields: string[] = [];
  for (const [, quoted, plain] of row.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    fields.push(quoted?.replaceAll('""', '"') ?? plain);
  }
  return fields;
}

const unblank = (field: string): string => (field.trim() === BLANK ? '' : field.trim());

/** `SHA256:` + base64 without padding, as OpenSSH prints a key. */
function knownSshKeys(): [fingerprint: string, name: string][] {
  const folder = path.join(SOURCE, 'ssh-badkeys');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .map((file) => {
      const { pub_key } = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as {
        pub_key: string;
      };
      const digest = createHash('sha256')
        .update(keyBlob(pub_key))
        .digest('base64')
        .replace(/=+$/, '');
      return [`SHA256:${digest}`, file.replace(/\.json$/, '')];
    });
}

/** The key's bytes: the text may be broken by spaces, and a comment follows it (RFC 4253, 6.6 says how long it is). */
function keyBlob(line: string): Buffer {
  const bytes = Buffer.from(line.split(' ').slice(1).join(''), 'base64');
  const strings = line.startsWith('ssh-dss') ? 5 : 3;
  let end = 0;
  for (let i = 0; i < strings; i++) end += 4 + bytes.readUInt32BE(end);
  return bytes.subarray(0, end);
}

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);

main();
