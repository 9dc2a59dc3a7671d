/** What the counters grew by lately: since the start they say nothing of now. */
import { countsOf, type StatRow } from '../../protocols/haproxy/stat.ts';

/** Growth below so many requests gives no ratio (J). */
export const leastRequests = 20;
const spanMs = 60_000;

export interface Growth {
  readonly requests: number;
  readonly failed: number;
  readonly seconds: number;
}

interface Look {
  readonly at: number;
  readonly counts: ReadonlyMap<string, { requests: number; failed: number }>;
}

export interface Window {
  /** @param at epoch milliseconds */
  note(at: number, rows: readonly StatRow[]): void;
  /** Over the last minute, or since `from`; undefined before the second look. */
  growth(proxy: string, name: string, from?: number): Growth | undefined;
}

export function createWindow(): Window {
  let looks: Look[] = [];
  return {
    note(at, rows) {
      const counts = new Map(
        rows.map((row): [string, ReturnType<typeof countsOf>] => [keyOf(row.proxy, row.name), countsOf(row)]),
      );
      const last = looks.at(-1);
      if (last !== undefined && (at < last.at || hasShrunk(last.counts, counts))) looks = [];
      // One look from before the span is kept, so that the span is covered.
      const before = looks.filter((look) => look.at <= at - spanMs).at(-1);
      looks = [...(before ? [before] : []), ...looks.filter((look) => look.at > at - spanMs), { at, counts }];
    },
    growth(proxy, name, from) {
      const key = keyOf(proxy, name);
      const known = looks.filter((look) => look.counts.has(key) && (from === undefined || look.at >= from));
      const [first, last] = [known[0], known.at(-1)];
      const [then, now] = [first?.counts.get(key), last?.counts.get(key)];
      if (!first || !last || first === last || !then || !now) return undefined;
      return {
        requests: now.requests - then.requests,
        failed: now.failed - then.failed,
        seconds: (last.at - first.at) / 1_000,
      };
    },
  };
}

/** After a restart, or `clear counters all`. */
function hasShrunk(before: Look['counts'], now: Look['counts']): boolean {
  return [...now].some(([key, { requests }]) => requests < (before.get(key)?.requests ?? 0));
}

function keyOf(proxy: string, name: string): string {
  return `${proxy}/${name}`;
}

/** Undefined below `leastRequests`. */
export function failureRatio(growth: Growth | undefined): number | undefined {
  if (growth === undefined || growth.requests < leastRequests) return undefined;
  return Math.min(1, growth.failed / growth.requests);
}

export function added(growths: readonly (Growth | undefined)[]): Growth {
  return growths.reduce<Growth>(
    (sum, one) => ({
      requests: sum.requests + (one?.requests ?? 0),
      failed: sum.failed + (one?.failed ?? 0),
      seconds: Math.max(sum.seconds, one?.seconds ?? 0),
    }),
    { requests: 0, failed: 0, seconds: 0 },
  );
}
