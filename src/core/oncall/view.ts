/** On-call as the API answers it. Times are epoch milliseconds. */
import type { Level } from '../severity.ts';
import type { Answers } from './answers.ts';
import type { Burden } from './burden.ts';
import type { Override } from './model.ts';
import type { Quality } from './quality.ts';
import type { Reason, Shift } from './schedule.ts';

export interface ShiftView extends Shift {
  /** As the person is called; null in a gap. */
  readonly name: string | null;
  readonly isGap: boolean;
  /** `layer office`, `override by cyd: dentist`, `instead of ann, who is away: leave`, `gap: …` */
  readonly why: string;
}

export interface DutyView {
  readonly rotation: string;
  /** Null when nobody is. */
  readonly person: string | null;
  readonly name: string | null;
  readonly why: string;
  readonly since: number;
  /** The end of their time, whatever it is made of: turns of one person that follow each other are one. */
  readonly until: number;
  /** When the override ends that makes it so; null where none does. */
  readonly overrideUntil: number | null;
  readonly next: { readonly person: string; readonly name: string; readonly at: number } | null;
}

export interface ScheduleView {
  readonly rotation: string;
  readonly timezone: string;
  readonly from: number;
  readonly to: number;
  readonly shifts: readonly ShiftView[];
  readonly quality: Quality;
}

export type OverrideView = Omit<Override, 'madeAt'>;

export interface HandOffView {
  readonly rotation: string;
  readonly person: string | null;
  readonly next: string | null;
  readonly from: number;
  readonly to: number;
  readonly title: string;
  readonly markdown: string;
}

/** Somebody's words for whoever takes over. */
export interface HandOffNoteView {
  readonly rotation: string;
  readonly by: string;
  readonly at: number;
  /** Markdown. */
  readonly text: string;
}

/** A calendar whose secret address was given out. */
export interface FeedView {
  readonly kind: 'person' | 'rotation';
  readonly name: string;
  readonly createdAt: number;
  readonly createdBy: string;
}

export interface PersonLoad extends Burden {
  /** As the person is called. */
  readonly name: string;
  /** Pages by hour of the day on their wall clock, 24 of them. */
  readonly byHour: readonly number[];
  readonly hoursOnCall: number;
}

export interface ResponseView {
  readonly level: Level;
  readonly incidents: number;
  readonly acknowledged: number;
  /** Milliseconds from when people could answer, whoever acknowledged. */
  readonly medianMs: number | null;
  readonly limitMs: number | null;
  /** Null without a limit. */
  readonly withinLimit: Answers | null;
  readonly within15Minutes: Answers;
}

export interface LoadView {
  /** Where the time asked for begins, or where Upkeep's own journal does when that is later. */
  readonly from: number;
  readonly to: number;
  readonly people: readonly PersonLoad[];
  readonly response: readonly ResponseView[];
  /** Incidents that told how something is set up or what comes due; `response` leaves them out. */
  readonly noOutages: number;
}

/** @param named an id as the person is called; as it is where left out */
export function reasonText(reason: Reason, named: (id: string) => string = (id) => id): string {
  if (reason.kind === 'layer') return `layer ${reason.layer}`;
  if (reason.kind === 'gap') return `gap: ${reason.why}`;
  if (reason.kind === 'absence') return `instead of ${named(reason.insteadOf)}, who is away: ${reason.why}`;
  const why = reason.why === '' ? '' : `: ${reason.why}`;
  const instead = reason.insteadOf === null ? '' : `, instead of ${named(reason.insteadOf)}`;
  return `override by ${named(reason.by)}${why}${instead}`;
}
