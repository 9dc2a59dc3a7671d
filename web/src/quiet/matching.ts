/** Which targets a silence reaches, as far as targets alone decide it; the server decides for alerts. */
import type { TargetView } from '../../../src/core/view.ts';

export interface Condition {
  readonly label: string;
  readonly isNegated: boolean;
  readonly pattern: string;
}

export const knownLabels = ['target', 'service', 'rule', 'level', 'system', 'environment'] as const;

export function conditionText({ label, isNegated, pattern }: Condition): string {
  return `${label.trim()}${isNegated ? '!=' : '='}${pattern.trim()}`;
}

/** Reads `target=web-*,level!=critical`; what cannot be read is left out. */
export function parseConditions(text: string): Condition[] {
  return text.split(',').flatMap((part) => {
    const [, label, operator, pattern] = /^\s*([A-Za-z_][\w.-]*)\s*(!?=)\s*(.+?)\s*$/.exec(part) ?? [];
    return label === undefined || pattern === undefined
      ? []
      : [{ label, isNegated: operator === '!=', pattern }];
  });
}

/** `*` stands for any text. */
export function isLike(text: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 's').test(text);
}

export interface Reach {
  readonly targets: readonly TargetView[];
  /** Conditions that ask for more than the target, a rule say. */
  readonly further: readonly string[];
}

export function reachOf(conditions: readonly Condition[], targets: readonly TargetView[]): Reach {
  const whole = conditions.filter(({ label, pattern }) => label.trim() !== '' && pattern.trim() !== '');
  const ofTargets = whole.filter(({ label }) => valuesOf(label) !== undefined);
  return {
    targets: targets.filter((target) =>
      ofTargets.every(({ label, isNegated, pattern }) => {
        const values = valuesOf(label)?.(target) ?? [];
        return values.some((value) => isLike(value, pattern.trim())) !== isNegated;
      }),
    ),
    further: whole.filter(({ label }) => valuesOf(label) === undefined).map(conditionText),
  };
}

function valuesOf(label: string): ((target: TargetView) => readonly string[]) | undefined {
  if (label === 'target') return ({ name }) => [name];
  if (label === 'system') return ({ system }) => [system];
  if (label === 'service') return ({ services }) => services;
  if (label === 'environment') return ({ environment }) => (environment === null ? [] : [environment]);
  return undefined;
}
