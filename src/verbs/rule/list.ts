import { z } from 'zod';
import * as alertRows from '../../store/alerts.ts';
import { defineVerb } from '../context.ts';
import { levelsInWords, ownRules } from './view.ts';

const monthMs = 30 * 86_400_000;

export const ruleList = defineVerb({
  name: 'rule.list',
  summary: 'Every rule in force: what makes it fire, on which targets, how often it did in thirty days',
  scope: 'read',
  changes: false,
  route: 'GET /rules',
  positional: [],
  examples: ['upkeep rule list', 'upkeep rule list --target db'],
  input: z.object({ target: z.string().optional().describe('only rules of this target') }),
  async run({ ctx, input }) {
    const now = ctx.clock.now();
    const fired = await alertRows.firedSince(ctx.store.db, now - monthMs);
    const mine = ownRules(ctx).filter(({ target }) => input.target === undefined || target === input.target);
    const ids = [...new Set(mine.map(({ rule }) => rule.id))].sort();
    return ids.map((id) => {
      const all = mine.filter(({ rule }) => rule.id === id);
      const alerts = fired.filter(
        (alert) => alert.rule === id && all.some(({ target }) => target === alert.target),
      );
      const first = all[0];
      return {
        id,
        kind: first?.rule.kind ?? 'threshold',
        summary: first?.rule.summary ?? '',
        metric: first?.rule.metric ?? '',
        isEnabled: all.some(({ rule }) => rule.enabled),
        isOverridden: all.some(({ rule }) => rule.origins !== undefined),
        targets: [...new Set(all.map(({ target }) => target))],
        ...(first ? levelsInWords(first) : { warning: null, critical: null }),
        firing: alerts.filter(({ state }) => state === 'firing').length,
        firedIn30Days: alerts.length,
        lastFiredAt: alerts.at(-1)?.firedAt ?? null,
      };
    });
  },
});
