import type { JournalEntry } from '../../../src/core/view.ts';

export type TimelinePart = 'all' | 'people' | 'alerts' | 'actions' | 'messages';

export const timelineParts: readonly { value: TimelinePart; label: string }[] = [
  { value: 'all', label: 'All' },
  { value: 'people', label: 'People' },
  { value: 'alerts', label: 'Alerts' },
  { value: 'actions', label: 'Actions' },
  { value: 'messages', label: 'Messages' },
];

const machines = new Set(['upkeep', 'guard', 'policy', 'system']);

export function belongsTo(entry: Pick<JournalEntry, 'kind' | 'actor'>, part: TimelinePart): boolean {
  if (part === 'all') return true;
  if (part === 'people') return !machines.has(entry.actor);
  if (part === 'alerts') return entry.kind.startsWith('alert.');
  if (part === 'actions') return /^(action|approval)\./.test(entry.kind);
  return /^(message|page|escalation|notification|clock)\./.test(entry.kind);
}
