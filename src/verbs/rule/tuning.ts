import { z } from 'zod';
import { wallText } from '../../core/oncall/wall-time.ts';
import { allWindows } from '../../pipeline/holds.ts';
import { carries } from '../../pipeline/reported.ts';
import { sayStored, storedHistory } from '../../pipeline/stored-history.ts';
import { prepareReplay } from '../../practices/rules/replay.ts';
import { type Advice, adviceFor, faultsOf } from '../../practices/rules/tuning.ts';
import { tuningReport } from '../../practices/rules/tuning-report.ts';
import * as alertRows from '../../store/alerts.ts';
import { defineVerb } from '../context.ts';
import { spanBack } from '../moment.ts';
import { actedIncidents, ownRules } from './view.ts';

/** Replays take a second or so each: the noisiest first, and no more than this. */
const mostReplays = 30;

export const ruleTuning = defineVerb({
  name: 'rule.tuning',
  summary:
    'Names rules that are noisy, never acted on, flapping or late, each with a proposal computed by replay',
  scope: 'read',
  changes: false,
  route: 'GET /rule-tuning',
  positional: [],
  examples: ['upkeep rule tuning', 'upkeep rule tuning --since 7d'],
  input: z.object({
    since: z
      .string()
      .default('30d')
      .describe('how far back: 7d, 30d, or a time such as 2026-12-01T03:00:00Z'),
  }),
  async run({ ctx, input }) {
    const to = ctx.clock.now();
    const from = to - spanBack('since', input.since, ctx.configuration().timezone, to);
    const fired = await alertRows.firedSince(ctx.store.db, from);
    const acted = await actedIncidents(ctx, from);
    const windows = await allWindows(ctx, ctx.store.db, from);
    const sources = {
      samples: ctx.samples,
      estate: ctx.estate(),
      services: ctx.configuration().services,
      windows,
    };
    const spoke = ownRules(ctx)
      .map(({ rule, target }) => ({
        rule,
        target,
        alerts: fired.filter(
          (one) => one.rule === rule.id && one.target === target && carries(one.labels, rule.where),
        ),
      }))
      .filter(({ alerts }) => alerts.length > 0);
    const faulty = spoke
      .filter(({ alerts }) => faultsOf(alerts, acted).faults.length > 0)
      .toSorted((a, b) => b.alerts.length - a.alerts.length);
    const { timezone } = ctx.configuration();
    const advice: Advice[] = [];
    for (const [index, one] of faulty.entries()) {
      const span = { target: one.target, from, to };
      const play = index < mostReplays ? await prepareReplay(sources, one.rule, span) : null;
      const watched = ctx.estate().targets.get(one.target);
      const history = watched && (await storedHistory(ctx.samples, watched, { from, to }));
      const storedMs = history?.storedMs ?? 0;
      const found = adviceFor({ ...one, acted, play, storedMs, to, timezone });
      if (found) advice.push(found);
    }
    // Of the longest: what is missing there was missing for all.
    const named = new Set((spoke.length > 0 ? spoke : ownRules(ctx)).map(({ target }) => target));
    const watched = [...named].flatMap((name) => ctx.estate().targets.get(name) ?? []).slice(0, mostReplays);
    const histories = await Promise.all(watched.map((one) => storedHistory(ctx.samples, one, { from, to })));
    const longest = histories.toSorted((a, b) => b.storedMs - a.storedMs).slice(0, 1);
    const rulesOf = (all: readonly { readonly rule: { readonly id: string } }[]) =>
      new Set(all.map(({ rule }) => rule.id));
    const report = tuningReport({
      name: ctx.configuration().name,
      span: `${wallText(from, timezone)} to ${wallText(to, timezone)} (${timezone})`,
      advice,
      alerts: fired.length,
      stored: sayStored(longest, timezone),
      good: [...rulesOf(spoke)].filter((id) => !rulesOf(faulty).has(id)).length,
    });
    return { from, to, advice, stored: longest[0] ?? null, ...report };
  },
});
