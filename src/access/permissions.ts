/**
 * Who may do what: the one table that the API, the console and docs/permissions.md share. What is not in it is denied.
 *
 * A role is given to a person everywhere or in one segment. A row says which roles have the permission, how far it
 * reaches, whether the person must have proved to be there in the last minutes (step-up), and whether a second person has to
 * agree.
 */

/** From the least to the most; an auditor sees everything and changes nothing. */
export const roles = [
  'member',
  'viewer',
  'analyst',
  'operator',
  'administrator',
  'auditor',
] as const;
export type Role = (typeof roles)[number];

export const roleTexts: Readonly<Record<Role, string>> = {
  member: 'has devices of their own, and sees only those',
  viewer: 'sees devices, findings and posture',
  analyst: 'runs audits and works on findings',
  operator: 'looks after devices and accepts risks',
  administrator: 'looks after people, settings and everything else',
  auditor: 'sees everything, also facts, and changes nothing',
};

/**
 * How far a permission reaches:
 * `organisation` needs a role that was given everywhere; `segment` one that was given everywhere or in the segment in
 * question; `any` one that was given anywhere; `self` is everybody's on their own account, within a session.
 */
export type Reach = 'organisation' | 'segment' | 'any' | 'self';

export interface PermissionRow {
  /** For people: completes "may …". */
  readonly what: string;
  readonly reach: Reach;
  readonly roles: readonly Role[];
  /** Roles that have it for what is their own. */
  readonly own?: readonly Role[];
  /** Needs a fresh passkey or second factor. */
  readonly stepUp?: true;
  /** Needs a second person who has it too. */
  readonly twoPeople?: true;
}

const seeing = ['viewer', 'analyst', 'operator', 'administrator', 'auditor'] as const;
const working = ['analyst', 'operator', 'administrator'] as const;
const operating = ['operator', 'administrator'] as const;
const administering = ['administrator'] as const;
const overseeing = ['administrator', 'auditor'] as const;

export const permissions = {
  'devices.read': { what: 'see devices', reach: 'segment', roles: seeing, own: ['member'] },
  'devices.describe': {
    what: 'give devices names, notes, tags, models and versions',
    reach: 'segment',
    roles: working,
    own: ['member'],
  },
  'devices.manage': {
    what: 'set owner, segment and criticality of devices; merge, split, import and remove them',
    reach: 'segment',
    roles: operating,
  },
  'segments.read': { what: 'see segments', reach: 'any', roles: seeing },
  'segments.manage': {
    what: 'make, change and remove segments',
    reach: 'organisation',
    roles: operating,
  },

  'audits.read': { what: 'see audits and their reports', reach: 'segment', roles: seeing },
  'audits.run': { what: 'upload captures and run audits', reach: 'segment', roles: working },
  'schedules.manage': { what: 'set when audits run', reach: 'organisation', roles: operating },
  'captures.keep': {
    what: 'keep an uploaded capture after its audit, and download it',
    reach: 'organisation',
    roles: working,
  },
  'findings.read': { what: 'see findings', reach: 'segment', roles: seeing, own: ['member'] },
  'findings.work': {
    what: 'assign findings and comment on them',
    reach: 'segment',
    roles: working,
  },
  'findings.accept': { what: 'accept the risk of findings', reach: 'segment', roles: operating },
  'evidence.read': {
    what: 'download the packets that prove a finding',
    reach: 'segment',
    roles: ['analyst', 'operator', 'administrator', 'auditor'],
  },
  'posture.read': { what: 'see posture and its history', reach: 'segment', roles: seeing },

  'facts.read': { what: 'see all facts', reach: 'organisation', roles: overseeing },
  'jobs.read': {
    what: 'see what runs in the background',
    reach: 'any',
    roles: ['analyst', 'operator', 'administrator', 'auditor'],
  },
  'jobs.manage': {
    what: 'cancel and restart background work',
    reach: 'organisation',
    roles: operating,
  },
  'notifications.manage': {
    what: 'set who is told of what, and where to',
    reach: 'organisation',
    roles: administering,
  },
  'settings.read': { what: 'see the settings', reach: 'organisation', roles: overseeing },
  'settings.change': {
    what: 'change the settings',
    reach: 'organisation',
    roles: administering,
    stepUp: true,
  },
  'system.read': {
    what: 'see health and measurements of the installation',
    reach: 'organisation',
    roles: ['operator', 'administrator', 'auditor'],
  },
  'system.backup': {
    what: 'make backups',
    reach: 'organisation',
    roles: administering,
    stepUp: true,
  },

  'account.read': { what: 'see the own account, its sessions and tokens', reach: 'self', roles },
  'account.change': {
    what: 'change the own passkeys, password, second factor and recovery codes',
    reach: 'self',
    roles,
  },
  'tokens.make': {
    what: 'make API tokens for oneself',
    reach: 'any',
    roles: seeing,
    stepUp: true,
  },
  'people.read': {
    what: 'see who has an account, and with which roles',
    reach: 'any',
    roles: seeing,
  },
  'people.invite': { what: 'invite people', reach: 'segment', roles: administering, stepUp: true },
  'people.change': {
    what: 'change names and addresses of people',
    reach: 'organisation',
    roles: administering,
    stepUp: true,
  },
  'people.remove': {
    what: 'remove people',
    reach: 'organisation',
    roles: administering,
    stepUp: true,
  },
  'people.reset': {
    what: 'let somebody sign in anew who lost everything',
    reach: 'organisation',
    roles: administering,
    stepUp: true,
  },
  'people.export': {
    what: 'export what is stored about a person',
    reach: 'organisation',
    roles: administering,
    stepUp: true,
  },
  'people.erase': {
    what: 'erase what is stored about a person',
    reach: 'organisation',
    roles: administering,
    stepUp: true,
    twoPeople: true,
  },
  'roles.change': {
    what: 'give and take roles',
    reach: 'segment',
    roles: administering,
    stepUp: true,
  },
  'approvers.change': {
    what: 'remove or reset those who may agree as a second person, and give or take their roles',
    reach: 'organisation',
    roles: administering,
    stepUp: true,
    twoPeople: true,
  },
  'sessions.end': {
    what: 'see and end sessions of others, and end their tokens',
    reach: 'organisation',
    roles: administering,
  },
  'tokens.read': { what: 'see the tokens of all', reach: 'organisation', roles: overseeing },
  'approvals.read': {
    what: 'see what waits for a second person',
    reach: 'organisation',
    roles: overseeing,
  },
} as const satisfies Readonly<Record<string, PermissionRow>>;

export type Permission = keyof typeof permissions;
export const permissionNames = Object.keys(permissions) as readonly Permission[];

/** The row of a permission. */
export const permissionRow = (permission: Permission): PermissionRow => permissions[permission];

/** A role that a person has: in one segment, or everywhere when `segment` is undefined. */
export interface Grant {
  readonly role: Role;
  readonly segment?: string | undefined;
}

/**
 * Whether a role makes its holder one of those who agree as a second person. Who could make such people alone could
 * agree with themselves, so their roles are themselves given by two people only (`approvers.change`).
 */
export function isApproverGrant({ role, segment }: Grant): boolean {
  return permissionNames.some((name) => {
    const row = permissionRow(name);
    if (!row.twoPeople || !row.roles.includes(role)) return false;
    return segment === undefined || row.reach !== 'organisation';
  });
}

/** Where the generated part of docs/permissions.md begins. */
export const PERMISSIONS_MARK = '<!-- Below: written by scripts/permissions-doc.ts. -->';

/** The roles and the table for docs/permissions.md, as Markdown. */
export function permissionsPage(): string {
  const cell = (row: PermissionRow, role: Role): string => {
    if (row.roles.includes(role)) return row.reach === 'segment' ? 'segment' : 'yes';
    return row.own?.includes(role) ? 'own' : '';
  };
  const needs = (row: PermissionRow): string =>
    [row.stepUp && 'step-up', row.twoPeople && 'two people'].filter(Boolean).join(', ');
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const header = ['permission', 'may', ...roles, 'needs'];
  return [
    ...roles.map((role) => `- **${role}** ${roleTexts[role]}.`),
    '',
    line(header),
    line(header.map(() => '---')),
    ...permissionNames.map((name) => {
      const row = permissionRow(name);
      return line([`\`${name}\``, row.what, ...roles.map((role) => cell(row, role)), needs(row)]);
    }),
    '',
  ].join('\n');
}
