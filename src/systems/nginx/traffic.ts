/** Requests of the last minute, by what answered them. */
import type { Entry } from './log-format.ts';

/** Below so many requests no ratio and no quantile is given (J). */
export const leastRequests = 20;
const spanMs = 60_000;
/** A busy site writes more a minute; the newest are enough for a ratio. */
const mostEntries = 50_000;
const mostUpstreams = 50;

export interface Share {
  readonly requests: number;
  readonly failed: number;
  /** Undefined below `leastRequests`. */
  readonly errorRatio: number | undefined;
  /** Seconds; undefined where the log has no times, or there are too few. */
  readonly p95: number | undefined;
}

export interface Traffic {
  /** @param at when they were read, epoch milliseconds */
  add(at: number, entries: readonly Entry[]): void;
  total(): Share;
  /** By address of the server behind nginx, busiest first. */
  byUpstream(): { readonly upstream: string; readonly share: Share }[];
}

export function createTraffic(): Traffic {
  let kept: { at: number; entry: Entry }[] = [];
  return {
    add(at, entries) {
      kept = [
        ...kept.filter((one) => one.at > at - spanMs && one.at <= at),
        ...entries.map((entry) => ({ at, entry })),
      ];
      if (kept.length > mostEntries) kept = kept.slice(-mostEntries);
    },
    total: () =>
      shareOf(kept.map(({ entry }) => ({ hasFailed: entry.status >= 500, seconds: entry.seconds }))),
    byUpstream() {
      const groups = new Map<string, Counted[]>();
      for (const { entry } of kept) {
        for (const { address, status, seconds } of entry.attempts) {
          const group = groups.get(address) ?? [];
          groups.set(address, group);
          group.push({ hasFailed: (status ?? 0) >= 500, seconds });
        }
      }
      return [...groups]
        .map(([upstream, counted]) => ({ upstream, share: shareOf(counted) }))
        .sort((a, b) => b.share.requests - a.share.requests)
        .slice(0, mostUpstreams);
    },
  };
}

interface Counted {
  readonly hasFailed: boolean;
  readonly seconds: number | undefined;
}

function shareOf(counted: readonly Counted[]): Share {
  const requests = counted.length;
  const failed = counted.filter((one) => one.hasFailed).length;
  const times = counted.flatMap(({ seconds }) => seconds ?? []).sort((a, b) => a - b);
  return {
    requests,
    failed,
    errorRatio: requests < leastRequests ? undefined : failed / requests,
    p95: times.length < leastRequests ? undefined : times[Math.ceil(times.length * 0.95) - 1],
  };
}
