/** Backups in a repository that somebody else took, and that nobody has looked at. Pure. */
import { count } from '../count.ts';
import type { ForeignView } from './view.ts';

const shown = 3;
/** Snapshots of restic have names of 64 characters; it takes the beginning of one too. */
const shortened = (label: string) => (label.length > 40 ? label.slice(0, 12) : label);

/** As a sentence part, with their names; null where there is none. */
export function strangersWords(foreign: readonly ForeignView[]): string | null {
  const strangers = foreign.filter(({ holdsBack }) => holdsBack);
  if (strangers.length === 0) return null;
  const newestFirst = strangers.toSorted((a, b) => b.at - a.at);
  const names = newestFirst.slice(0, shown).map(({ label }) => shortened(label));
  const more = strangers.length > shown ? ` and ${strangers.length - shown} more` : '';
  const verb = strangers.length === 1 ? 'was' : 'were';
  return `${count(strangers.length, 'backup')} in its repository ${verb} not taken by this Upkeep: ${names.join(', ')}${more}`;
}
