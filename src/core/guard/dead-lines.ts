/** Lines under `always` that never have their say, because a broader line asks or forbids. Pure. */
import { describeRule, matches, type Policy, type PolicyRule } from './policy.ts';

export interface DeadLine {
  readonly line: PolicyRule;
  /** `never` or `ask`, and the line that beats it. */
  readonly key: 'never' | 'ask';
  readonly by: PolicyRule;
}

export function deadLines(policy: Pick<Policy, 'never' | 'ask' | 'always'>): DeadLine[] {
  return policy.always.flatMap((line) => {
    for (const key of ['never', 'ask'] as const) {
      const by = policy[key].find((other) => isBroader(other, line));
      if (by !== undefined) return [{ line, key, by }];
    }
    return [];
  });
}

/** `always: process.start on a1 never has its say: ask: * beats it`. */
export function deadLineWarnings(policy: Pick<Policy, 'never' | 'ask' | 'always'>): string[] {
  return deadLines(policy).map(
    ({ line, key, by }) =>
      `guard.always: ${describeRule(line)} never has its say: ${key}: ${describeRule(by)} beats it. Narrow that line, or take this one out`,
  );
}

/** Covers whatever the other covers, at every moment. Of the narrower pattern a `*` is a letter like others. */
function isBroader(one: PolicyRule, other: PolicyRule): boolean {
  return (
    matches(one.action, other.action) &&
    matches(one.target, other.target) &&
    (one.environment === undefined || one.environment === other.environment) &&
    one.frozen === undefined &&
    one.level === undefined &&
    one.hours === undefined
  );
}
