import {
  type ErrorBudget,
  errorBudget,
  type MeasuredTime,
  sloPeriodMs,
} from '../../core/burn-rate/error-budget.ts';
import type { ServiceSettings } from '../../core/configuration.ts';
import { countedSpans } from '../../core/maintenance.ts';
import type { Health, ServiceView, TargetView } from '../../core/view.ts';
import type { Watched } from '../../pipeline/bound.ts';
import { allWindows } from '../../pipeline/holds.ts';
import type { VerbContext } from '../context.ts';
import { worstHealth } from './target-view.ts';

const hourMs = 3_600_000;
/** Figures of the last hour and of thirty days need not be newer than this. */
const keepFiguresMs = 15_000;

interface Figures {
  readonly at: number;
  readonly p95: number | null;
  readonly quantile: number | null;
  readonly availability: number | null;
  readonly budget: ErrorBudget | null;
}

const kept = new WeakMap<ServiceSettings, Figures>();

export async function serviceView(
  ctx: VerbContext,
  service: ServiceSettings,
  targets: readonly TargetView[],
  /** Of the open incidents that reach it. */
  incidents: readonly Health[],
): Promise<ServiceView> {
  const figures = await figuresOf(ctx, service);
  const mine = targets.filter((target) => service.targets.includes(target.name));
  const latency = service.slo?.latency;
  return {
    name: service.name,
    health: worstHealth([...mine.map((target) => target.health), ...incidents]),
    targets: service.targets,
    dependsOn: service.dependsOn,
    p95: figures.p95,
    availability: figures.availability,
    objective: service.slo?.availability ?? null,
    budgetLeft: figures.budget?.left ?? null,
    budget: figures.budget && { share: figures.budget.share, span: figures.budget.span },
    latencyObjective: latency
      ? {
          quantile: latency.quantile,
          belowMs: latency.belowMs,
          measuredMs: figures.quantile === null ? null : figures.quantile * 1_000,
        }
      : null,
  };
}

async function figuresOf(ctx: VerbContext, service: ServiceSettings): Promise<Figures> {
  const now = ctx.clock.now();
  const known = kept.get(service);
  if (known && now - known.at < keepFiguresMs) return known;
  const up = await tally(ctx, service, now - sloPeriodMs, now);
  const objective = service.slo?.availability;
  const counted = service.slo?.events
    ? ctx.objectives
        .states()
        .find(
          (one) =>
            one.service.name === service.name && one.isLearned && one.objective.kind === 'availability',
        )
    : undefined;
  const figures: Figures = {
    at: now,
    p95: await latencyQuantile(ctx, service, 0.95, now),
    quantile: service.slo?.latency
      ? await latencyQuantile(ctx, service, service.slo.latency.quantile, now)
      : null,
    availability: up.count > 0 ? up.good / up.count : null,
    // By events where they are counted, as the burn rate is; by time else.
    budget: objective === undefined ? null : (counted?.budget ?? errorBudget(up.times, objective)),
  };
  kept.set(service, figures);
  return figures;
}

async function tally(ctx: VerbContext, service: ServiceSettings, from: number, to: number) {
  let good = 0;
  let count = 0;
  const times: MeasuredTime[] = [];
  // Windows that are over count for the time they were.
  const windows = await allWindows(ctx, ctx.store.db, from);
  for (const target of service.targets) {
    const watched = ctx.estate().targets.get(target);
    if (!watched) continue;
    const everyMs = livenessIntervalMs(watched);
    let measuredMs = 0;
    let badMs = 0;
    for (const span of countedSpans(windows, target, from, to, ctx.estate().topology)) {
      const up = { target, metric: `${watched.settings.system}.up`, ...span, quantiles: [] };
      for (const series of await ctx.samples.quantiles(up)) {
        count += series.count;
        good += series.mean * series.count;
        measuredMs += series.count * everyMs;
        badMs += (1 - series.mean) * series.count * everyMs;
      }
    }
    if (measuredMs > 0) times.push({ measuredMs, badMs });
  }
  return { good, count, times };
}

function livenessIntervalMs({ settings, bound }: Watched): number {
  const liveness = bound.checks.find(({ probe }) => probe.liveness)?.probe;
  return Math.max(settings.everyMs, liveness?.atMostEveryMs ?? 0);
}

/** The slowest of the service's targets that users send requests to; null where it has none. */
async function latencyQuantile(
  ctx: VerbContext,
  service: ServiceSettings,
  quantile: number,
  now: number,
): Promise<number | null> {
  let worst: number | null = null;
  for (const target of service.targets) {
    const metric = requestLatency(ctx.estate().targets.get(target)?.metrics);
    if (metric === undefined) continue;
    const found = await ctx.samples.quantiles({
      target,
      metric,
      from: now - hourMs,
      to: now,
      quantiles: [quantile],
    });
    for (const series of found) {
      const value = series.values[0];
      if (value !== undefined && Number.isFinite(value) && (worst === null || value > worst)) worst = value;
    }
  }
  return worst;
}

function requestLatency(metrics: Watched['metrics'] = {}): string | undefined {
  return Object.keys(metrics).find((name) => metrics[name]?.latencyOf === 'request');
}
