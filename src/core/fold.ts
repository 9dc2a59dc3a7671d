/** Many of the same, told as one. Pure. */

export type Some<One> = readonly [One, ...One[]];

/** By what `keyOf` says, in the order in which each kind came first. */
export function grouped<One>(all: readonly One[], keyOf: (one: One) => string): Some<One>[] {
  const groups = new Map<string, [One, ...One[]]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group) group.push(one);
    else groups.set(keyOf(one), [one]);
  }
  return [...groups.values()];
}

/** `a, b and 7 more`; one name more than `most` is named, since "1 more" is no shorter than it. */
export function named(names: readonly string[], most: number): string {
  if (names.length <= most + 1) return names.join(', ');
  return `${names.slice(0, most).join(', ')} and ${names.length - most} more`;
}
