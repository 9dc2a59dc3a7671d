/** What is kept of rules and series between samples, by target, so that an observation looks at its own target's only. */
import type { RuleState } from '../core/detection.ts';
import type { Rule } from '../core/rule.ts';
import { type Labels, labelKey } from '../core/sample.ts';
import type { Level } from '../core/severity.ts';

export interface Kept {
  rule: Rule;
  readonly target: string;
  readonly labels: Labels;
  readonly probe: string | null;
  state: RuleState;
  wakeAt: number | null;
  /** The level that was told while it fires, where its rule has given it another since. */
  toldLevel?: Level | undefined;
  /** What was measured last, and what was said of it. */
  last?: { readonly value: number; readonly detail: string };
  /** What was told of the error that it fires by, and when. */
  said?: { readonly detail: string; readonly at: number } | undefined;
}

export function fingerprintOf(rule: string, target: string, labels: Labels): string {
  return `${rule}|${target}|${labelKey(labels)}`;
}

/** Rules of one id may stand beside each other on a target: one for each service that it bears. */
export function isSameRule(a: Rule, b: Rule): boolean {
  return a.id === b.id && a.metric === b.metric && labelKey(a.where) === labelKey(b.where);
}

export interface RuleStates {
  get(target: string, fingerprint: string): Kept | undefined;
  keep(fingerprint: string, kept: Kept): void;
  drop(fingerprint: string, kept: Kept): void;
  of(target: string): Iterable<readonly [string, Kept]>;
  all(): [string, Kept][];
}

export function createRuleStates(): RuleStates {
  const states = new Map<string, Map<string, Kept>>();
  return {
    get: (target, fingerprint) => states.get(target)?.get(fingerprint),
    keep(fingerprint, kept) {
      const ofTarget = states.get(kept.target);
      if (ofTarget) ofTarget.set(fingerprint, kept);
      else states.set(kept.target, new Map([[fingerprint, kept]]));
    },
    drop(fingerprint, { target }) {
      const ofTarget = states.get(target);
      ofTarget?.delete(fingerprint);
      if (ofTarget?.size === 0) states.delete(target);
    },
    of: (target) => states.get(target) ?? [],
    all: () => [...states.values()].flatMap((ofTarget) => [...ofTarget]),
  };
}
