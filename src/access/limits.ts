/**
 * Limits on attempts: by account and by address, each attempt counted before it is judged, so that many at once win
 * nothing. Limits on an account hold for names that nobody has, too. What is limited is guessing: passkeys are not.
 */
import { createHash } from 'node:crypto';
import { isIPv6 } from 'node:net';
import type { Tx } from '../store/index.ts';
import { DAY, HOUR, minutes } from './config.ts';

interface Rule {
  /** Failures after which each further attempt has to wait. */
  readonly free: number;
  /** The first wait; each failure doubles it. */
  readonly waitMs: number;
  readonly waitMaxMs: number;
  /** Failures after which nothing helps but signing in another way (SP 800-63B-4, 3.2.2: at most 100). */
  readonly end?: number;
  /** Failures are forgotten after so long without one. Never where absent: success alone clears them. */
  readonly forgetMs?: number;
}

export const limitRules = {
  password: { free: 5, waitMs: 1000, waitMaxMs: minutes(15), end: 100 },
  'second-factor': { free: 5, waitMs: minutes(15), waitMaxMs: DAY, end: 100 },
  'recovery-code': { free: 10, waitMs: minutes(1), waitMaxMs: HOUR },
  address: { free: 30, waitMs: minutes(1), waitMaxMs: minutes(15), forgetMs: minutes(15) },
} as const satisfies Readonly<Record<string, Rule>>;

export type Limit = keyof typeof limitRules;

/** Rows that nothing happened to for so long are removed. */
const KEPT_MS = 30 * DAY;
const NEVER = Number.MAX_SAFE_INTEGER;

/** Whether an attempt may be judged; otherwise after how many seconds. `failures` counts it already. */
export type Admission =
  | { readonly admitted: true; readonly failures: number }
  | { readonly admitted: false; readonly retryAfter: number };

/** Counts an attempt as failed, before it is judged. */
export async function takeAttempt(
  tx: Tx,
  limit: Limit,
  subject: string,
  now: number,
): Promise<Admission> {
  const rule: Rule = limitRules[limit];
  const key = keyOf(limit, subject);
  const row = await tx.db
    .selectFrom('attempts')
    .selectAll()
    .where('key', '=', key)
    .executeTakeFirst();
  if (row !== undefined && row.blocked_until > now)
    return {
      admitted: false,
      retryAfter: Math.ceil(Math.min(row.blocked_until - now, DAY) / 1000),
    };
  const forgotten = rule.forgetMs !== undefined && now - (row?.last_at ?? 0) > rule.forgetMs;
  const failures = (forgotten ? 0 : (row?.failures ?? 0)) + 1;
  const values = { failures, last_at: now, blocked_until: blockedUntil(rule, failures, now) };
  await tx.db
    .insertInto('attempts')
    .values({ key, ...values })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(values))
    .execute();
  return { admitted: true, failures };
}

function blockedUntil(rule: Rule, failures: number, now: number): number {
  if (rule.end !== undefined && failures >= rule.end) return NEVER;
  if (failures < rule.free) return 0;
  return now + Math.min(rule.waitMaxMs, rule.waitMs * 2 ** (failures - rule.free));
}

/** Forgets all failures: the right answer came. */
export async function clearAttempts(tx: Tx, limit: Limit, subject: string): Promise<void> {
  await tx.db.deleteFrom('attempts').where('key', '=', keyOf(limit, subject)).execute();
}

/** Takes back the one attempt that was right, and leaves the wrong ones: for addresses, which many share. */
export async function giveBackAttempt(tx: Tx, limit: Limit, subject: string): Promise<void> {
  const key = keyOf(limit, subject);
  await tx.db
    .updateTable('attempts')
    .set((row) => ({ failures: row('failures', '-', 1), blocked_until: 0 }))
    .where('key', '=', key)
    .where('failures', '>', 0)
    .execute();
}

/** Removes rows that nobody needs any more. */
export async function sweepAttempts(tx: Tx, now: number): Promise<void> {
  await tx.db
    .deleteFrom('attempts')
    .where('last_at', '<', now - KEPT_MS)
    .where('blocked_until', '<', now)
    .execute();
}

/** Whether so many failures are worth a fact: when waiting begins, and when it does not end. */
export function isNews(limit: Limit, failures: number): boolean {
  const rule: Rule = limitRules[limit];
  return failures === rule.free || failures === rule.end;
}

/** Hashed: what was typed as a login may be a password. */
function keyOf(limit: Limit, subject: string): string {
  const bounded = subject.slice(0, 1024);
  return `${limit}:${createHash('sha256').update(bounded).digest('base64url')}`;
}

/**
 * What of an address is limited together: an IPv4 address, or the /64 of an IPv6 one, which one customer has whole. The
 * IPv4 address within a mapped one counts as itself, in all its spellings.
 */
export function addressBucket(address: string): string {
  if (!isIPv6(address)) return address;
  const bare = address.replace(/%.*$/, '');
  // The URL parser writes any spelling in the one of RFC 5952, without dotted decimals.
  const canonical = new URL(`http://[${bare}]/`).hostname.slice(1, -1);
  const mapped = /^::ffff:([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(canonical);
  if (mapped !== null) {
    const [high, low] = mapped.slice(1).map((group) => Number.parseInt(group, 16)) as [
      number,
      number,
    ];
    return [high >> 8, high & 255, low >> 8, low & 255].join('.');
  }
  const [head, tail] = canonical.split('::') as [string, string | undefined];
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - before.length - after.length;
  const groups = [...before, ...Array<string>(zeros).fill('0'), ...after];
  return `${groups.slice(0, 4).join(':')}::/64`;
}
