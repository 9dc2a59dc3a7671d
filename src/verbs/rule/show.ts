import { z } from 'zod';
import { isUnknownNow, type RuleOnTarget } from '../../core/rule-settings.ts';
import * as alertRows from '../../store/alerts.ts';
import { defineVerb } from '../context.ts';
import { firingView, levelsInWords, requireRules, statesOf } from './view.ts';

const monthMs = 30 * 86_400_000;
const shown = 50;

export const ruleShow = defineVerb({
  name: 'rule.show',
  summary:
    'One rule: its settings and where each comes from, where every series stands, when it fired, its runbook',
  scope: 'read',
  changes: false,
  route: 'GET /rules/:rule',
  positional: ['rule'],
  examples: ['upkeep rule show postgres.connections', 'upkeep rule show host.disk --target web-1'],
  input: z.object({
    rule: z.string().describe('its id'),
    target: z.string().optional().describe('only of this target'),
  }),
  async run({ ctx, input }) {
    const own = requireRules(ctx, input.rule, input.target);
    const fired = await alertRows.firedSince(ctx.store.db, ctx.clock.now() - monthMs, input.rule);
    const names = new Set(own.map(({ target }) => target));
    const first = own[0]?.rule;
    const targets = own.map(
      (one): RuleOnTarget => ({
        target: one.target,
        isEnabled: one.rule.enabled,
        where: one.rule.where ?? {},
        ...levelsInWords(one),
        levels: one.rule.levels,
        forMs: one.rule.forMs,
        clearForMs: one.rule.clearForMs,
        origins: one.rule.origins ?? [],
        series: statesOf(ctx, one),
      }),
    );
    return {
      id: input.rule,
      kind: first?.kind ?? 'threshold',
      summary: first?.summary ?? '',
      metric: first?.metric ?? '',
      source: first?.source ?? null,
      runbook: first?.runbook ?? '',
      targets,
      firings: fired
        .filter(({ target }) => names.has(target))
        .toReversed()
        .slice(0, shown)
        .map((alert) => ({
          ...firingView(alert),
          ...(isUnknownNow(alert, targets) ? { isUnknown: true as const } : {}),
        })),
    };
  },
});
