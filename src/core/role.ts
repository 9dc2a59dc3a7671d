/** What an account may do, by its role. A token has scopes of its own. */
import { type Scope, scopes } from './verb.ts';

/** From the least to the most. An owner is an admin whom only owners may change, and of whom there is always one. */
export const roles = ['viewer', 'operator', 'approver', 'admin', 'owner'] as const;
export type Role = (typeof roles)[number];

const scopesByRole: Readonly<Record<Role, readonly Scope[]>> = {
  viewer: ['read'],
  operator: ['read', 'operate'],
  approver: ['read', 'operate', 'approve'],
  admin: scopes,
  owner: scopes,
};

/** None for a word that is no role. */
export function scopesOf(role: string): readonly Scope[] {
  return isRole(role) ? scopesByRole[role] : [];
}

export function isRole(word: string): word is Role {
  return roles.some((role) => role === word);
}

/** Of several the one that may do most. */
export function highest(of: readonly Role[]): Role | undefined {
  return roles.findLast((role) => of.includes(role));
}
