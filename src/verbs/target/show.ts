import { z } from 'zod';
import type { Rule } from '../../core/rule.ts';
import { type Metric, metricNamed } from '../../core/sample.ts';
import { unknownName } from '../../core/suggest.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { CheckView, MetricView, TargetDetail } from '../../core/view.ts';
import type { Watched } from '../../pipeline/bound.ts';
import { everyMsOf } from '../../pipeline/checks.ts';
import * as alertRows from '../../store/alerts.ts';
import { alertView } from '../alert-view.ts';
import { defineVerb, type VerbContext } from '../context.ts';
import { targetView } from '../status/target-view.ts';

export const targetShow = defineVerb({
  name: 'target.show',
  summary: 'Shows one target: its checks, its newest values with their thresholds, its alerts',
  scope: 'read',
  changes: false,
  route: 'GET /targets/:name',
  positional: ['name'],
  examples: ['upkeep target show db'],
  input: z.object({ name: z.string().describe('its name in upkeep.yaml') }),
  async run({ ctx, input }): Promise<TargetDetail> {
    const watched = ctx.estate().targets.get(input.name);
    if (!watched)
      throw new UpkeepError('not-found', unknownName('target', input.name, [...ctx.estate().targets.keys()]));
    const alerts = (await alertRows.open(ctx.store.db)).filter((alert) => alert.target === input.name);
    const picture = ctx.picture.target(input.name);
    return {
      ...targetView(ctx, watched, alerts),
      checks: [...awaited(ctx, watched, picture.checks), ...picture.checks.values()].toSorted((a, b) =>
        a.probe < b.probe ? -1 : 1,
      ),
      metrics: metricViews(ctx, watched),
      alerts: alerts.map((alert) => alertView(ctx, alert)),
    };
  },
});

/** Checks that are due and have not run since the start: of them nothing is known, good or bad. */
function* awaited(
  ctx: VerbContext,
  { settings, bound, guests = [] }: Watched,
  seen: ReadonlyMap<string, unknown>,
): Generator<CheckView> {
  for (const { probe } of [...bound.checks.filter((check) => !check.probe.isPushed), ...guests]) {
    if (seen.has(probe.id)) continue;
    const due = ctx.dueAt(`${settings.name}/${probe.id}`);
    yield {
      probe: probe.id,
      everyMs: everyMsOf(settings, probe),
      lastAt: null,
      ...(due === null ? {} : { dueAt: due }),
      lastMs: null,
      ok: null,
      why: null,
      detail: '',
      missing: [],
    };
  }
}

function metricViews(ctx: VerbContext, { settings, metrics }: Watched): MetricView[] {
  return known(ctx, settings.name, metrics).map(([metric, about]) => ({
    metric,
    summary: about.summary,
    unit: about.unit,
    kind: about.kind,
    latest: ctx.picture.latest(settings.name, metric),
    thresholds: settings.rules.filter((rule) => rule.metric === metric && rule.enabled).flatMap(thresholdOf),
  }));
}

/** Declared metrics; in place of an open pattern, those that came. */
function known(ctx: VerbContext, target: string, metrics: Watched['metrics']): [string, Metric][] {
  const declared = Object.entries(metrics).filter(([name]) => !name.endsWith('.*'));
  const came = ctx.picture.metrics(target).flatMap((name): [string, Metric][] => {
    const about = Object.hasOwn(metrics, name) ? undefined : metricNamed(metrics, name);
    return about ? [[name, about]] : [];
  });
  return [...declared, ...came.sort(([a], [b]) => (a < b ? -1 : 1))];
}

function thresholdOf(rule: Rule): MetricView['thresholds'] {
  // A share of another metric is no line on the chart of this one.
  if (rule.kind !== 'threshold' || rule.of !== undefined) return [];
  const { id, direction, warning, critical, increaseMs, where } = rule;
  return [
    {
      rule: id,
      direction,
      warning: warning ?? null,
      critical: critical ?? null,
      increaseMs: increaseMs ?? null,
      ...(where === undefined ? {} : { where }),
    },
  ];
}
