/** Increases of counters from observation to observation; the first value of a series counts for nothing. */
export interface Counters {
  increase(series: string, value: number): number;
}

export function createCounters(): Counters {
  const last = new Map<string, number>();
  return {
    increase(series, value) {
      const before = last.get(series);
      last.set(series, value);
      if (before === undefined || !Number.isFinite(value)) return 0;
      // A smaller value is a restart of the counter: what it shows now has come since.
      return value >= before ? value - before : value;
    },
  };
}
