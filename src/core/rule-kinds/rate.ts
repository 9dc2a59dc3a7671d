/** Counters as rates per second; the first value, and one that comes at the same time, give none. */
export function createRate(): (at: number, value: number) => number | null {
  let last: { readonly at: number; readonly value: number } | null = null;
  return (at, value) => {
    const before = last;
    if (before !== null && at <= before.at) return null;
    last = { at, value };
    if (before === null) return null;
    // A smaller value is a restart of the counter: what it shows now has come since.
    const grown = value >= before.value ? value - before.value : value;
    return (grown * 1_000) / (at - before.at);
  };
}
