/** Increase of counters over a span, from the values seen in it. */
export interface Increases {
  /** Null until a value older than half the span is known: a start says nothing of an increase. */
  over(series: string, value: number, at: number, spanMs: number): number | null;
  forget(): void;
}

export function createIncreases(): Increases {
  const histories = new Map<string, { at: number; value: number }[]>();
  return {
    over(series, value, at, spanMs) {
      const key = `${series}|${spanMs}`;
      const history = histories.get(key) ?? [];
      histories.set(key, history);
      history.push({ at, value });
      while (history.length > 2 && history[1]!.at <= at - spanMs) history.shift();
      const first = history[0]!;
      if (history.length < 2) return null;
      let total = 0;
      for (let i = 1; i < history.length; i++) {
        const grown = history[i]!.value - history[i - 1]!.value;
        // A smaller value is a restart of the counter: what it shows now has come since.
        total += grown >= 0 ? grown : history[i]!.value;
      }
      return at - first.at >= spanMs / 2 || total > 0 ? total : null;
    },
    forget: () => histories.clear(),
  };
}
