/** Who is called: people, rotations, policies and clocks as `oncall:` of upkeep.yaml has them. */
import type { Level } from '../severity.ts';

/** Minutes after midnight on somebody's wall clock, 0 to 1439. */
export type MinuteOfDay = number;
/** 1 Monday to 7 Sunday (ISO 8601). */
export type Weekday = 1 | 2 | 3 | 4 | 5 | 6 | 7;

export interface QuietHours {
  readonly from: MinuteOfDay;
  /** Of the next day where it is not after `from`. */
  readonly to: MinuteOfDay;
  /** Whose pages wait until the end; never critical. */
  readonly levels: readonly Level[];
}

/** A time in which a person cannot be called; epoch milliseconds, `to` not included. */
export interface Absence {
  readonly person: string;
  readonly from: number;
  readonly to: number;
  readonly why: string;
}

export interface Person {
  readonly id: string;
  /** As they are called: `Ann Lee`. */
  readonly name: string;
  readonly timezone: string;
  /** Address by name of notifier, the preferred first. */
  readonly reach: Readonly<Record<string, string>>;
  /** Which notifiers a page of the level takes; the first of `reach` where nothing is said. */
  readonly via: Readonly<Partial<Record<Level, readonly string[]>>>;
  readonly quietHours: QuietHours | null;
  /** File or address of an iCalendar whose events are absences; may hold a secret. */
  readonly calendar: string | null;
}

/** A span of the week on a layer's wall clock. */
export interface Window {
  readonly days: readonly Weekday[];
  readonly from: MinuteOfDay;
  /** Of the next day where it is not after `from`; 1440 is midnight. */
  readonly to: MinuteOfDay;
}

export interface Layer {
  readonly name: string;
  /** Ids of people, in their order. */
  readonly people: readonly string[];
  readonly timezone: string;
  /** How long one turn is on the wall clock, in minutes: a day has 1440 of them, also when clocks change. */
  readonly turnMinutes: number;
  /** Wall time at which turn 0 begins: `2026-01-05T09:00`. */
  readonly anchor: string;
  /** From when on the layer holds, epoch milliseconds. */
  readonly startsAt: number;
  readonly endsAt: number | null;
  /** Only then; always where empty. */
  readonly during: readonly Window[];
}

export interface Rotation {
  readonly name: string;
  /** The first that has somebody wins; the ones below it fill its gaps. */
  readonly layers: readonly Layer[];
  readonly overrides: readonly Override[];
}

/** Somebody else takes over; of several the one made last wins. */
export interface Override {
  /** Null for those of upkeep.yaml. */
  readonly id: string | null;
  readonly rotation: string;
  readonly person: string;
  /** Only while this person would be on call; the whole time where null. */
  readonly replaces: string | null;
  /** Epoch milliseconds, `to` not included. */
  readonly from: number;
  readonly to: number;
  readonly by: string;
  readonly why: string;
  readonly madeAt: number;
}

/** One moment of a policy and everybody who is called then: names of notifiers, people and rotations. */
export interface PolicyStep {
  /** After the beginning of the round. */
  readonly afterMs: number;
  readonly notify: readonly string[];
}

export interface EscalationPolicy {
  readonly name: string;
  /** In the order of their time. */
  readonly steps: readonly PolicyStep[];
  /** How many rounds follow the first, each beginning so long after the one before it. */
  readonly repeat: { readonly times: number; readonly everyMs: number } | null;
  /** An acknowledgement without progress holds for so long. */
  readonly unacknowledgeAfterMs: number | null;
}

/** Milliseconds, or the end of the next working day (17:00 in the team's time zone). */
export type ClockLimit = number | 'next-business-day';

export interface LevelClocks {
  readonly respond: ClockLimit | null;
  readonly resolve: ClockLimit | null;
}

export interface OnCall {
  readonly people: readonly Person[];
  readonly rotations: readonly Rotation[];
  readonly policies: readonly EscalationPolicy[];
  /** Name of the policy of a level; the steps of `escalation` hold where none is named. */
  readonly policyOf: Readonly<Partial<Record<Level, string>>>;
  /** The same for incidents that reach a service. */
  readonly services: Readonly<Record<string, Readonly<Partial<Record<Level, string>>>>>;
  readonly clocks: Readonly<Partial<Record<Level, LevelClocks>>>;
  /** Absences that stand in upkeep.yaml. */
  readonly absences: readonly Absence[];
}

export const noOnCall: OnCall = {
  people: [],
  rotations: [],
  policies: [],
  policyOf: {},
  services: {},
  clocks: {},
  absences: [],
};
