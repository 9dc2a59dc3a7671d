/** What Upkeep did by itself, as its budgets count it. Pure. */
import type { Finding } from '../evidence.ts';
import type { Plan } from '../plan.ts';
import type { ActionView } from '../view.ts';

type Aim = Pick<Plan, 'action' | 'target'>;
type Done = Pick<ActionView, 'plan' | 'judgement' | 'proposedBy' | 'approvedBy' | 'appliedAt'>;

/** Upkeep, a token and a model are none; a person's own command is. */
export function isPerson(name: string): boolean {
  return name !== 'upkeep' && !/^(mcp|token):/.test(name);
}

/** Nobody proposed it or said yes to it but the policy. */
export function isByItself({ proposedBy, approvedBy }: Pick<Done, 'proposedBy' | 'approvedBy'>): boolean {
  return approvedBy === null && !isPerson(proposedBy);
}

/** What of an incident an action is for: the best finding that recommends it; null where none does. */
export function causeOf(findings: readonly Finding[], { action, target }: Aim): string | null {
  const finding = findings.find(({ recommendations }) =>
    recommendations.some((one) => one.action === action && one.target === target),
  );
  return finding ? `${finding.id} on ${finding.target}` : null;
}

/** Independent faults of one incident have a budget each; what no finding asks for shares that of its target. */
export function isSameCause(
  one: { readonly cause: string | null; readonly target: string },
  other: { readonly cause: string | null; readonly target: string },
): boolean {
  if (one.cause === null || other.cause === null) return one.target === other.target;
  return one.cause === other.cause;
}

/** @param actions of the incident */
export function spentOnCause(
  actions: readonly Done[],
  about: { readonly cause: string | null; readonly target: string },
): number {
  return actions.filter(
    (action) =>
      action.appliedAt !== null &&
      isByItself(action) &&
      isSameCause({ cause: action.judgement.facts?.cause ?? null, target: action.plan.target }, about),
  ).length;
}
