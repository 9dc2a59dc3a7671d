/** How much a statement, command or request may do, and why we say so. */

/** From the least to the most. `forbidden` is never run by Upkeep, whoever approves. */
export const commandClasses = ['read', 'safe', 'risky', 'destructive', 'forbidden'] as const;
export type CommandClass = (typeof commandClasses)[number];

export interface Reason {
  readonly class: CommandClass;
  /** Stable: `sql.delete-without-where`. */
  readonly id: string;
  /** One line for people. */
  readonly text: string;
}

/** What a statement holds while it runs, and how the same is reached without holding up others. */
export interface Lock {
  readonly statement: string;
  /** PostgreSQL's own name: `ACCESS EXCLUSIVE`. */
  readonly lock: string;
  /** What is done while it is held: `ms`, `scan`, `rewrite`, `index build`. */
  readonly held: string;
  readonly safeForm: string;
}

export interface Classification {
  readonly class: CommandClass;
  /** The strongest of `reasons`. */
  readonly reason: Reason;
  readonly reasons: readonly Reason[];
  readonly locks: readonly Lock[];
}

/** No honest statement has more characters; a parse tree of more would fill the memory. */
export const longestStatement = 200_000;

export function rankOf(of: CommandClass): number {
  return commandClasses.indexOf(of);
}

export function because(level: CommandClass, id: string, text: string): Reason {
  return { class: level, id, text };
}

/** The strongest reason decides; without any, what is given as the least. */
export function classified(
  found: readonly Reason[],
  least: Reason,
  locks: readonly Lock[] = [],
): Classification {
  const reasons = [...found, least]
    .filter((one, at, all) => all.findIndex(({ id, text }) => id === one.id && text === one.text) === at)
    .sort((a, b) => rankOf(b.class) - rankOf(a.class));
  const [reason = least] = reasons;
  const telling = reasons.filter((one) => one.class !== 'read');
  return { class: reason.class, reason, reasons: telling.length > 0 ? telling : [reason], locks };
}
