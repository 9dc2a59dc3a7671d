/** Finds what depends on itself. */

/** The first cycle found, as the names along it, the first repeated at the end: `a, b, a`. */
export function findCycle(dependencies: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const finished = new Set<string>();
  for (const start of dependencies.keys()) {
    if (finished.has(start)) continue;
    const stack: { name: string; next: number }[] = [{ name: start, next: 0 }];
    const onPath = new Set([start]);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const name = dependencies.get(top.name)?.[top.next++];
      if (name === undefined) {
        stack.pop();
        onPath.delete(top.name);
        finished.add(top.name);
      } else if (onPath.has(name)) {
        const names = stack.map((step) => step.name);
        return [...names.slice(names.indexOf(name)), name];
      } else if (!finished.has(name)) {
        stack.push({ name, next: 0 });
        onPath.add(name);
      }
    }
  }
  return undefined;
}
