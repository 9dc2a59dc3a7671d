/** What is to be done so that an incident does not come again: a task with an owner and a day. */
export interface ActionItem {
  readonly id: string;
  readonly incidentId: string;
  readonly task: string;
  /** Name in `oncall.people`, or of somebody else; null while nobody has it. */
  readonly owner: string | null;
  /** Epoch milliseconds. */
  readonly dueAt: number | null;
  readonly createdBy: string;
  readonly createdAt: number;
  /** Null while it is open. */
  readonly endedAt: number | null;
  readonly endedBy: string | null;
  readonly outcome: 'done' | 'dropped' | null;
}

const dayMs = 86_400_000;

export interface Reminder {
  readonly at: number;
  readonly why: 'due-tomorrow' | 'due' | 'overdue';
  /** Counts the reminders of the item from 0. */
  readonly number: number;
}

/** Overdue items are brought up once a week, and no longer after this many times. */
const mostOverdue = 8;

/** A day before, on the day, then each week; null where nothing is left to say. */
export function nextReminder(item: ActionItem, after: number): Reminder | null {
  if (item.endedAt !== null || item.dueAt === null) return null;
  return plannedOf(item.dueAt).find((one) => one.at > after) ?? null;
}

/** What was due before it was written down is brought up at once, in place of the last reminder that it missed. */
export function firstReminder(item: ActionItem, now: number): Reminder | null {
  if (item.endedAt !== null || item.dueAt === null || item.dueAt >= now) return nextReminder(item, now);
  const missed = plannedOf(item.dueAt).findLast(({ at }) => at <= now);
  return { at: now, why: 'overdue', number: missed?.number ?? 0 };
}

function plannedOf(due: number): Reminder[] {
  return [
    { at: due - dayMs, why: 'due-tomorrow', number: 0 },
    { at: due, why: 'due', number: 1 },
    ...Array.from({ length: mostOverdue }, (_, week) => ({
      at: due + (week + 1) * 7 * dayMs,
      why: 'overdue' as const,
      number: week + 2,
    })),
  ];
}
