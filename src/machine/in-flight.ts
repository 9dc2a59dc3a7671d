/** Those who ask for the same thing while it is being found out share the answer; nothing is kept longer. */
export function shareInFlight<Args extends readonly unknown[], Result>(
  keyOf: (...args: Args) => unknown,
  find: (...args: Args) => Promise<Result>,
): (...args: Args) => Promise<Result> {
  const underWay = new Map<unknown, Promise<Result>>();
  return (...args) => {
    const key = keyOf(...args);
    const known = underWay.get(key);
    if (known) return known;
    const found = find(...args).finally(() => underWay.delete(key));
    underWay.set(key, found);
    return found;
  };
}
