/** What was seen, kept so that every claim of a finding can be checked against it. */
import { redact, redactAll, redactSentence } from './redact.ts';

export type Scalar = string | number | boolean | null;

export interface Evidence {
  /** Unique within one investigation, made by the diagnosis: `db.blocking-tree`. */
  readonly id: string;
  readonly target: string;
  readonly title: string;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The query, command or request that showed it, ready to repeat. */
  readonly how: string;
  readonly facts?: Readonly<Record<string, Scalar>>;
  readonly table?: { readonly columns: readonly string[]; readonly rows: readonly (readonly Scalar[])[] };
  readonly text?: string;
  /** Set when it could not be seen: why, and what would make it visible. */
  readonly unseen?: string;
}

/** An action that a finding recommends; the guard decides what becomes of it. */
export interface Recommendation {
  readonly action: string;
  readonly target: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly why: string;
}

/** Since when a finding is so no longer, epoch milliseconds. */
export interface Over {
  readonly at: number;
  /** The verified action that mended it; absent where it ended otherwise. */
  readonly by?: string;
  /** What was seen of it then: `5 of 10 connections are taken`. */
  readonly now?: string;
  /** The summary while it was so. */
  readonly was: string;
}

export interface Finding {
  /** The diagnosis' id: `postgres.blocked-by-lock`. */
  readonly id: string;
  /** The target whose trouble it names. */
  readonly target: string;
  /** One sentence: `pid 812 (app, idle in transaction for 2 m) blocks 14 sessions on table orders`. */
  readonly summary: string;
  /** What a title says where `summary` has figures, which change from look to look: `servers were taken out by somebody`. */
  readonly title?: string;
  /** The same in the past tense, for when it is over: `all 8 connection slots were taken`. */
  readonly past?: string;
  /** It is over: `summary` tells it in the past where there are words for that. Absent while it is so. */
  readonly over?: Over;
  /** How it is since the alerts of its incident have cleared: seen to be so still, or never looked at since. Absent before. */
  readonly since?: 'stands' | 'not-looked';
  /** A short paragraph: how the evidence leads there. */
  readonly explanation: string;
  /** Commands that show more, `; ` between them; the explanation ends with them. Upkeep's own words, to be copied as they stand. */
  readonly next?: string;
  /** 0 to 1. */
  readonly confidence: number;
  /**
   * `capacity`: nothing is broken, there is more to do than what is there can bear. `hygiene`: how something is set up, on
   * good days too. A fault where left out.
   */
  readonly nature?: 'fault' | 'capacity' | 'hygiene';
  /** It says which part fails and not why: what names the change that made it comes before it. */
  readonly isWhereOnly?: true;
  /** Trouble below never makes it so (a process that was stopped): it follows from nothing, whatever else stands. */
  readonly isByItself?: true;
  /** It makes what needs its target slow, at worst too late (a timeout); it makes no answer wrong. */
  readonly onlySlows?: true;
  /** What it names fails at once, or alone while others that need the same are well: what only slows never makes it so. */
  readonly isNoSlowness?: true;
  /** It is so, and nothing that fires follows from it: why not, one sentence. Absent of a cause. */
  readonly beside?: string;
  /** A line of a log says so, and nobody looked whether it is. */
  readonly isSaidOnly?: true;
  /** What it names was changed and is not in effect: the program runs on with what it loaded before. */
  readonly isNotLoaded?: true;
  /** Id of the change in the ledger that it names as its cause, with the mechanism in the explanation. */
  readonly change?: string;
  /** When it was looked at last and seen to be so, with the figures that it names, epoch milliseconds. */
  readonly seenAt?: number;
  /** The alerts that fired when it was seen last and that its diagnosis explains; absent where none did. */
  readonly explained?: readonly {
    readonly rule: string;
    readonly target: string;
    /** What the check said then. */
    readonly said?: string;
  }[];
  /** When the trouble began as far as the evidence shows, epoch milliseconds. */
  readonly onset?: number;
  /** When what comes and goes in moments (a command that took long) was last, epoch milliseconds. Absent of what goes on. */
  readonly lastAt?: number;
  /** Ids of the evidence it rests on. */
  readonly evidence: readonly string[];
  /** What could not be seen and would have mattered. */
  readonly unseen: readonly string[];
  /** What would decide whether it is so, where it is not sure: a command, a look, a question. */
  readonly decides?: readonly string[];
  readonly recommendations: readonly Recommendation[];
}

/** The same without the secrets that systems, their logs and their command lines tell. */
export function evidenceWithoutSecrets(evidence: Evidence): Evidence {
  const { title, how, facts, table, text, unseen } = evidence;
  return {
    ...evidence,
    ...redactAll({ title, how }),
    ...(facts ? { facts: redactAll(facts) } : {}),
    ...(table ? { table: { ...table, rows: redactAll(table.rows) } } : {}),
    ...(text === undefined ? {} : { text: redact(text) }),
    ...(unseen === undefined ? {} : { unseen: redact(unseen) }),
  };
}

/** The same in its words; what it recommends is not for reading and stays. */
export function findingWithoutSecrets(finding: Finding): Finding {
  const { summary, past, explanation } = finding;
  return {
    ...finding,
    ...redactAll({ summary, explanation }),
    ...(past === undefined ? {} : { past: redactSentence(past) }),
  };
}

/** Facts and columns that hold a moment are called `…At`, `…Since` or `since`. */
const momentName = /(?:At|Since|^at|^since)$/;
/** Before 1973 nothing was watched: a smaller number is a span or a count. */
const leastMoment = 100_000_000_000;

/** The same with its moments as people read them; the diagnosis that made it has read the numbers by then. */
export function withReadableTimes(evidence: Evidence, write: (at: number) => string): Evidence {
  const readable = (name: string, value: Scalar): Scalar =>
    typeof value === 'number' && value >= leastMoment && momentName.test(name) ? write(value) : value;
  const { facts, table } = evidence;
  return {
    ...evidence,
    ...(facts
      ? {
          facts: Object.fromEntries(
            Object.entries(facts).map(([name, value]) => [name, readable(name, value)]),
          ),
        }
      : {}),
    ...(table
      ? {
          table: {
            ...table,
            rows: table.rows.map((row) => row.map((cell, at) => readable(table.columns[at] ?? '', cell))),
          },
        }
      : {}),
  };
}
