/** Heartbeats of a database as the sample store kept them: outside of it, so that a restore cannot agree with itself. */

import { type Heartbeat, newestHistory } from '../../core/backup/rpo.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { Estate } from '../../pipeline/bound.ts';
import type { SampleStore } from '../../store/samples/index.ts';

export interface Heartbeats {
  /** Oldest first; empty where none are kept. */
  of(target: string, from: number, to: number): Promise<readonly Heartbeat[]>;
  /** All that was committed before it lies in every repository of the log of that plan; null where that is not known. */
  coveredUntil(plan: Pick<BackupSettings, 'name' | 'target'>, now: number): Promise<number | null>;
}

/** Older readings say nothing of now. */
const freshMs = 5 * 60_000;

export function createHeartbeats(range: SampleStore['range'], estate: () => Estate): Heartbeats {
  const metricOf = (target: string, name: string) =>
    `${estate().targets.get(target)?.bound.kind}.recovery_point.${name}`;
  return {
    async of(target, from, to) {
      const read = (name: string) => range({ target, metric: metricOf(target, name), from, to });
      const [lsns, transactions] = await Promise.all([read('lsn'), read('transactions')]);
      const writes = new Map(transactions.flatMap(({ at, values }) => pairs(at, values)));
      const beats = lsns
        .flatMap(({ at, values }) => pairs(at, values))
        .flatMap(([at, lsn]): Heartbeat[] => {
          const ended = writes.get(at);
          return ended === undefined ? [] : [{ at, lsn, writes: ended }];
        });
      return newestHistory(beats);
    },
    async coveredUntil({ name, target }, now) {
      const ages = await range({ target, metric: metricOf(target, 'age'), from: now - freshMs, to: now });
      const covered = ages.flatMap(({ labels, at, values }) => {
        if (labels.plan !== name) return [];
        const [time, age] = pairs(at, values).at(-1) ?? [];
        return time === undefined || age === undefined ? [] : [time - age * 1_000];
      });
      return covered.length > 0 ? Math.floor(Math.min(...covered)) : null;
    },
  };
}

function pairs(at: readonly number[], values: readonly number[]): [number, number][] {
  return at.flatMap((time, index) => {
    const value = values[index];
    return value === undefined ? [] : [[time, value]];
  });
}
