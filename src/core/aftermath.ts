/** What becomes of an applied action whose own effect is seen while something else is still ill. Pure. */
import type { Alert } from './alert.ts';
import { symptomsAmong } from './incident/hygiene.ts';
import { dependenciesOf, dependentsOf, type Topology } from './topology.ts';

export interface Applied {
  readonly target: string;
  /** The action takes away what is broken for certain: to go back would bring it back. */
  readonly mends: boolean;
  /** By its own account it did what it was for, and that held. */
  readonly isDone: boolean;
  /** Were up before it and are not any more. */
  readonly harmed: readonly string[];
  /** The target and what needs it, those of them that are not well. */
  readonly ill: readonly string[];
  /** What else makes them ill, in words. */
  readonly others: readonly string[];
}

export type Aftermath =
  | { readonly kind: 'kept'; readonly reason: string }
  | { readonly kind: 'not-undone'; readonly reason: string }
  | { readonly kind: 'undo' };

/**
 * Taken back is what made something worse, and what did not do its own good. What did it stays where another cause keeps
 * others ill, and what mended something stays in any case; it is no cure where its own target is ill.
 */
export function aftermathOf({ target, mends, isDone, harmed, ill, others }: Applied): Aftermath {
  if (!isDone || harmed.length > 0 || (!mends && others.length === 0)) return { kind: 'undo' };
  const cause =
    others.length > 0
      ? `another cause stands (${others.join('; ')})`
      : 'another cause stands, and it is not known which';
  if (!ill.includes(target)) return { kind: 'kept', reason: cause };
  return { kind: 'not-undone', reason: mends ? 'to go back would bring back what was broken' : cause };
}

const mostNamed = 3;

/** Firing alerts of what the ill ones need, in words: neither of the target of an action nor of what follows from it. */
export function otherCauses(
  target: string,
  ill: readonly string[],
  alerts: readonly Alert[],
  topology: Topology,
): string[] {
  const own = new Set([target, ...dependentsOf(topology, target)]);
  const needed = new Set(ill.flatMap((name) => dependenciesOf(topology, name)));
  const causes = symptomsAmong(alerts)
    .filter((alert) => alert.state === 'firing' && needed.has(alert.target) && !own.has(alert.target))
    .map((alert) => `${alert.target}: ${alert.summary}`);
  return [...new Set(causes)].slice(0, mostNamed);
}
