/** What others push to Upkeep, as the probes of systems that wait instead of asking see it. */
import type { ForeignAlert } from './foreign-alert.ts';
import type { Heartbeat, Span } from './heartbeat.ts';
import type { Labels, Reading } from './sample.ts';

/** Of one target. */
export interface Inbox {
  /** Null before the first signal. */
  heartbeat(): Heartbeat | null;
  /** When nothing could be received: Upkeep was not running, or its machine slept. */
  blind(): readonly Span[];
  /** Alerts of others that are about this target and have not ended. */
  alerts(): readonly ForeignAlert[];
  /** Null before anything came. */
  receipt(): Receipt | null;
}

/** What came for a target, whether samples or alerts. */
export interface Receipt {
  readonly lastAt: number;
  readonly series: number;
  /** Series that its settings do not want or have no room for. */
  readonly dropped: number;
}

export const emptyInbox: Inbox = {
  heartbeat: () => null,
  blind: () => [],
  alerts: () => [],
  receipt: () => null,
};

/** A point of a pushed series. */
export interface PushedPoint {
  /** As its source calls it: `http_requests_total`, `http.server.request.duration`. */
  readonly name: string;
  readonly labels: Labels;
  readonly at: number;
  readonly value:
    | { readonly kind: 'gauge'; readonly value: number }
    | { readonly kind: 'counter'; readonly value: number }
    /** Increase since the source's last report. */
    | { readonly kind: 'delta'; readonly value: number }
    | {
        readonly kind: 'histogram';
        readonly isDelta: boolean;
        readonly count: number;
        readonly sum: number | null;
        /** Cumulative counts by upper bound, Infinity last. */
        readonly buckets: readonly { readonly bound: number; readonly count: number }[];
      }
    /** What the source computed itself: percentiles of a summary. */
    | {
        readonly kind: 'summary';
        readonly count: number;
        readonly sum: number;
        readonly quantiles: readonly { readonly quantile: number; readonly value: number }[];
      };
}

/** How a target understands what is pushed to it; each part absent where it takes no such thing. */
export interface Receiving {
  /** Takes the signals of a job under an address of its own. */
  readonly heartbeat?: true;
  /** Where a foreign alert belongs and how grave it is; null where its settings leave it out. */
  readonly place?: (alert: Pick<ForeignAlert, 'labels' | 'annotations'>) => ForeignPlace | null;
  /** How long an alert that its source no longer repeats is believed. */
  readonly forgetAfterMs?: number;
  /** Whether series of this origin (`service.name`, `job`, `instance` …) are its own. */
  readonly claims?: (origin: Labels) => boolean;
  /** Points as readings under the target's own names, with how many series were left out. */
  readonly read?: (points: readonly PushedPoint[]) => {
    readonly readings: readonly (Reading & { readonly at: number })[];
    readonly series: number;
    readonly dropped: number;
  };
}

export interface ForeignPlace {
  /** Name of another target that it is about; null for the source itself. */
  readonly target: string | null;
  readonly level: 'warning' | 'critical';
  readonly summary: string;
}
