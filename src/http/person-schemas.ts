/** What the API says of people and of how they sign in. */
import { z } from 'zod';
import { roles } from '../access/index.ts';

export const grantSchema = z.object({ role: z.enum(roles), segment: z.string().optional() });
export const personSchema = z
  .object({
    id: z.string(),
    login: z.string().optional(),
    name: z.string().optional(),
    email: z.string().optional(),
    status: z.enum(['invited', 'active', 'removed', 'erased']),
    grants: z.array(grantSchema).readonly(),
    createdAt: z.int(),
    joinedAt: z.int().optional(),
    revision: z.int(),
  })
  .meta({ id: 'Person' });

export const passkeySchema = z
  .object({
    id: z.string(),
    name: z.string(),
    createdAt: z.int(),
    usedAt: z.int().optional(),
    backedUp: z.boolean(),
    suspended: z.boolean().describe('its counter went back: there may be two of it'),
    rpId: z.string(),
  })
  .meta({ id: 'Passkey' });
export const sessionSchema = z
  .object({
    id: z.string(),
    method: z.string(),
    aal: z.int(),
    createdAt: z.int(),
    seenAt: z.int(),
    expiresAt: z.int(),
    address: z.string(),
    agent: z.string(),
    current: z.boolean(),
  })
  .meta({ id: 'Session' });
export const tokenSchema = z
  .object({
    id: z.string(),
    personId: z.string(),
    name: z.string(),
    hint: z.string().describe('its first characters'),
    scopes: z.array(z.string()).readonly(),
    segments: z.array(z.string()).readonly().optional(),
    createdAt: z.int(),
    expiresAt: z.int(),
    usedAt: z.int().optional(),
  })
  .meta({ id: 'Token' });

export const waysSchema = z.object({
  passkeys: z.int(),
  password: z.enum(['none', 'with second factor', 'alone']),
  totp: z.boolean(),
  recoveryCodes: z.int().describe('that are left'),
  identities: z.int(),
});

const actor = z.object({ kind: z.string(), id: z.string() });
export const approvalSchema = z
  .object({
    id: z.string(),
    action: z.string(),
    permission: z.string(),
    segment: z.string().optional(),
    summary: z.string(),
    digest: z.string().describe('send it back with the agreement'),
    reason: z.string(),
    requestedBy: actor,
    requestedAt: z.int(),
    expiresAt: z.int(),
    readyAt: z
      .int()
      .optional()
      .describe('when the requester may confirm alone, where nobody else can agree'),
    status: z.string(),
    decidedBy: actor.optional(),
    decidedAt: z.int().optional(),
    decisionReason: z.string().optional(),
    error: z.string().optional(),
  })
  .meta({ id: 'Approval' });

/** Why somebody does it, for the facts. */
export const reason = z.string().trim().min(1).max(2000);
