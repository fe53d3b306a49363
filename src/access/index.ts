/** Access: people, how they sign in, what they may do, and what needs two of them. */

export {
  type Caller,
  type ConsoleCaller,
  consoleCaller,
  type Decision,
  type SessionCaller,
  type Target,
  type TokenCaller,
  type Visible,
  visible,
} from './caller.ts';
export { type BreachList, buildBreachFilter, openBreachList } from './passwords/breach-list.ts';
export {
  type Grant,
  type Permission,
  type PermissionRow,
  permissionNames,
  permissionRow,
  permissions,
  type Reach,
  type Role,
  roles,
  roleTexts,
} from './permissions.ts';
