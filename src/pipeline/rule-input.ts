/** What a rule steps on when a sample comes. */
import type { RuleInput } from '../core/detection.ts';
import { createIncreases } from '../core/increases.ts';
import { type BurnRateRule, isLearned, type Rule } from '../core/rule.ts';
import type { Judged } from '../core/rule-kinds/judged.ts';
import { type Labels, labelKey } from '../core/sample.ts';
import type { Learning } from './learned/index.ts';
import type { Picture } from './picture.ts';
import type { Kept } from './rule-states.ts';

export function createRuleInputs(options: {
  readonly picture: Picture;
  readonly learning: Learning;
  readonly burning: ((rule: BurnRateRule, at: number) => Judged | null) | undefined;
}) {
  const { picture, learning } = options;
  const increases = createIncreases();

  /** What the rule steps on; null while that is unknown. */
  function inputFor(
    rule: Rule,
    target: string,
    { at, value, labels }: { at: number; value: number; labels: Labels },
    kept: Kept,
  ): Exclude<RuleInput, { kind: 'silence' }> | null {
    if (isLearned(rule)) {
      const of = 'of' in rule && rule.of !== undefined ? picture.value(target, rule.of, labels) : null;
      const judged = isAboveFloor(rule, target, labels)
        ? learning.judge(rule, target, { at, value, labels, of }, kept.state)
        : { level: null, threshold: null, reason: `${rule.and?.metric} is not above ${rule.and?.above}` };
      return judged && { kind: 'judged', judged };
    }
    if (rule.kind === 'burn-rate') {
      const judged = options.burning?.(rule, at) ?? null;
      return judged && { kind: 'judged', judged };
    }
    const floor = rule.and ? picture.value(target, rule.and.metric, labels) : null;
    if (rule.kind !== 'threshold') return { kind: 'value', value, floor };
    const { increaseMs, of } = rule;
    const series = `${target}|${rule.metric}|${labelKey(labels)}`;
    const whole = increaseMs === undefined ? value : increases.over(series, value, at, increaseMs);
    if (whole === null || of === undefined)
      return whole === null ? null : { kind: 'value', value: whole, floor };
    const most = picture.value(target, of, labels);
    return most === null || !(most > 0) ? null : { kind: 'value', value: whole / most, floor };
  }

  function isAboveFloor({ and }: Rule, target: string, labels: Labels): boolean {
    if (!and) return true;
    const floor = picture.value(target, and.metric, labels);
    return floor !== null && floor > and.above;
  }

  return { inputFor, forget: increases.forget };
}
