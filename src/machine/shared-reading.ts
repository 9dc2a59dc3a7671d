/** One piece of work serves all that ask for the same while it is under way. */
export function sharedWork<K, T>(): (key: K, begin: () => Promise<T>) => Promise<T> {
  const underway = new Map<K, Promise<T>>();
  return (key, begin) => {
    const known = underway.get(key);
    if (known !== undefined) return known;
    const work = begin().finally(() => underway.delete(key));
    underway.set(key, work);
    return work;
  };
}

/**
 * One reading serves many that ask for the same: those that ask while one is under way share the next, so that
 * nobody is told what was so before it asked.
 */
export function sharedReading<K, T>(read: (key: K) => Promise<T>): (key: K) => Promise<T> {
  const running = new Map<K, Promise<T>>();
  const next = new Map<K, Promise<T>>();

  function start(key: K): Promise<T> {
    const reading = read(key).finally(() => running.delete(key));
    running.set(key, reading);
    return reading;
  }

  return (key) => {
    const current = running.get(key);
    if (current === undefined) return start(key);
    const planned = next.get(key);
    if (planned !== undefined) return planned;
    const again = () => {
      next.delete(key);
      return start(key);
    };
    const following = current.then(again, again);
    next.set(key, following);
    return following;
  };
}
