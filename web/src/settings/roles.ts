import type { Role } from '../api/access.ts';

interface RoleWord {
  readonly word: string;
  readonly meaning: string;
}

const words = {
  viewer: { word: 'Viewer', meaning: 'Sees everything, changes nothing' },
  operator: { word: 'Operator', meaning: 'Also acknowledges, resolves, silences, proposes actions' },
  approver: { word: 'Approver', meaning: 'Also says yes or no to actions' },
  admin: { word: 'Admin', meaning: 'Also people, tokens and sessions' },
  owner: { word: 'Owner', meaning: 'An admin whom only owners may change' },
} satisfies Record<Role, RoleWord>;

/** From the least to the most. */
export const roleChoices = Object.entries(words).map(([value, { word, meaning }]) => ({
  value,
  label: word,
  meaning,
}));

export function isRole(word: string): word is Role {
  return Object.hasOwn(words, word);
}

export function roleWord(role: string): string {
  return isRole(role) ? words[role].word : role;
}

export function isAdmin(role: string): boolean {
  return role === 'admin' || role === 'owner';
}
