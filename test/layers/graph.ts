/** Which file imports which, and the rings in it. */
import { dirname } from 'node:path';
import { importsOf, productFiles, source } from '../sources.ts';

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
}

export function edges(): Edge[] {
  return productFiles().flatMap((path) =>
    importsOf(source(path)).flatMap(({ file, isType }) =>
      file === null ? [] : [{ from: path, to: file, isType }],
    ),
  );
}

/** Every ring, once, beginning with its first name in the alphabet. */
export function rings(pairs: readonly (readonly [string, string])[]): string[][] {
  const next = new Map<string, Set<string>>();
  for (const [from, to] of pairs) {
    if (from !== to) next.set(from, (next.get(from) ?? new Set()).add(to));
  }
  return components(next)
    .filter((component) => component.length > 1)
    .map((component) => shortestRing(component.toSorted()[0] ?? '', new Set(component), next));
}

/** Strongly connected components. Source: Tarjan 1972, depth-first search and linear graph algorithms. */
function components(next: ReadonlyMap<string, ReadonlySet<string>>): string[][] {
  const order = new Map<string, number>();
  const low = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (name: string): number => {
    const index = order.size;
    order.set(name, index);
    low.set(name, index);
    stack.push(name);
    for (const other of next.get(name) ?? []) {
      if (!order.has(other)) low.set(name, Math.min(low.get(name) ?? index, visit(other)));
      else if (stack.includes(other))
        low.set(name, Math.min(low.get(name) ?? index, order.get(other) ?? index));
    }
    if (low.get(name) === index) found.push(stack.splice(stack.indexOf(name)));
    return low.get(name) ?? index;
  };
  for (const name of next.keys()) if (!order.has(name)) visit(name);
  return found;
}

function shortestRing(
  start: string,
  within: ReadonlySet<string>,
  next: ReadonlyMap<string, ReadonlySet<string>>,
): string[] {
  const cameFrom = new Map<string, string>();
  const queue = [start];
  for (const name of queue) {
    for (const other of next.get(name) ?? []) {
      if (other === start) return way(name, cameFrom);
      if (!within.has(other) || cameFrom.has(other)) continue;
      cameFrom.set(other, name);
      queue.push(other);
    }
  }
  return [start];
}

function way(last: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const names = [last];
  for (let name = cameFrom.get(last); name !== undefined; name = cameFrom.get(name)) names.unshift(name);
  return names;
}

/** Imports between folders of which neither holds the other. */
export function folderPairs(all: readonly Edge[]): [string, string][] {
  return all
    .map(({ from, to }): [string, string] => [dirname(from), dirname(to)])
    .filter(([from, to]) => !`${from}/`.startsWith(`${to}/`) && !`${to}/`.startsWith(`${from}/`));
}
