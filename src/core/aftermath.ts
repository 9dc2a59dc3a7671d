/** What becomes of an applied action whose own effect is seen while something else is still ill. Pure. */
import type { Alert } from './alert.ts';
import type { Finding } from './evidence.ts';
import { isSameCause, sureFrom } from './incident/causes.ts';
import { symptomsAmong } from './incident/hygiene.ts';
import { asksFor } from './incident/over.ts';
import type { Plan } from './plan.ts';
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
  /** Causes of the target itself, or of what it needs, that are found while what the action was for is found no more. */
  readonly beside?: readonly string[];
}

export type Aftermath =
  | { readonly kind: 'kept'; readonly reason: string }
  | { readonly kind: 'not-undone'; readonly reason: string }
  | { readonly kind: 'undo' };

/**
 * Taken back is what made something worse, and what did not do its own good. What did it stays where another cause keeps
 * others ill, and what mended something stays in any case; it is no cure where its own target is ill, but by a cause that
 * was told apart from its own.
 */
export function aftermathOf({ target, mends, isDone, harmed, ill, others, beside = [] }: Applied): Aftermath {
  if (isDone && harmed.length === 0 && beside.length > 0)
    return {
      kind: 'kept',
      reason: `what it was for is over, and another cause stands (${beside.join('; ')})`,
    };
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

/**
 * Two faults of one target are told apart by a look: the cause that asked for the action is found no more, or one of several
 * by the same diagnosis is gone, and another is found with high confidence. None where its own is found still, or where
 * nothing that was found asked for it.
 *
 * @param before findings of the incident when the action was planned
 * @param now findings of a look after it
 */
export function causesBeside(
  plan: Pick<Plan, 'action' | 'target' | 'input'>,
  ill: readonly string[],
  before: readonly Finding[],
  now: readonly Finding[],
  topology: Topology,
): string[] {
  const own = before.filter((one) => asksFor(one, plan));
  const alike = (all: readonly Finding[]) =>
    all.filter((one) => own.some((mine) => isSameCause(one, mine))).length;
  if (own.length === 0 || alike(now) >= alike(before)) return [];
  const near = new Set([plan.target, ...ill.flatMap((name) => dependenciesOf(topology, name))]);
  const causes = now.filter(
    ({ target, confidence, nature, isWhereOnly }) =>
      near.has(target) && confidence >= sureFrom && nature !== 'hygiene' && isWhereOnly !== true,
  );
  return causes.map(({ target, summary }) => `${target}: ${summary}`).slice(0, mostNamed);
}
