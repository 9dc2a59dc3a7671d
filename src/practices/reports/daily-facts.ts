/** What a daily report is made of. Times are epoch milliseconds, latencies seconds, shares 0 to 1. */
import type { SeverityScheme } from '../../core/severity.ts';
import type {
  ActionView,
  Health,
  IncidentView,
  JournalEntry,
  Overview,
  ServiceView,
} from '../../core/view.ts';
import type { TargetTime } from '../../pipeline/measured-time.ts';

export interface Measured extends TargetTime {
  /** The day without maintenance. */
  readonly countedMs: number;
  /** Share of the measured time that was not bad; null where none was measured. */
  readonly availability: number | null;
  /** What was measured of `countedMs`. */
  readonly seen: number;
  readonly p50: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly worst: number | null;
}

export interface TargetDay {
  readonly name: string;
  readonly system: string;
  readonly health: Health;
  /** As `TargetView.why`. */
  readonly why?: string | null;
  readonly detail: string;
  readonly today: Measured;
  /** Null when nothing was measured on the day before. */
  readonly before: Measured | null;
  /** Availability hour by hour, oldest first. */
  readonly hours: readonly (number | null)[];
}

export interface ServiceDay {
  readonly view: ServiceView;
  readonly today: Measured;
  readonly before: Measured | null;
  /** Availability hour by hour, oldest first. */
  readonly hours: readonly (number | null)[];
  /** p95 of the slowest of its targets that answer requests, hour by hour; empty where it has none. */
  readonly latencyHours: readonly (number | null)[];
}

/** Something that could not be seen at the end of the day. */
export interface Unseen {
  readonly target: string;
  readonly what: string;
  readonly reason: string;
  readonly remedy: string | null;
}

export interface IncidentDay extends IncidentView {
  /** It told how something is set up or what comes due (`isOutage`): its times are in no figure. */
  readonly isNoOutage?: true;
  /** From the onset to the first alert, milliseconds; null where nothing is known of the onset (`detectionMs`). */
  readonly detectMs: number | null;
  /** From when people could answer it (`askedAt`), milliseconds; null where nobody did. */
  readonly acknowledgeMs: number | null;
  /** From the onset to its end, milliseconds; null while it lasts. */
  readonly resolveMs: number | null;
}

export interface DailyFacts {
  readonly from: number;
  readonly to: number;
  readonly overview: Overview;
  readonly severities: SeverityScheme;
  /** Opened, resolved or open in the two days. */
  readonly incidents: readonly IncidentDay[];
  readonly services: readonly ServiceDay[];
  readonly targets: readonly TargetDay[];
  readonly unseen: readonly Unseen[];
  /** Proposed or ended in the two days. */
  readonly actions: readonly ActionView[];
  /** Configuration changes, starts and stops, gaps, accounts and tokens of the day, oldest first. */
  readonly journal: readonly JournalEntry[];
}
