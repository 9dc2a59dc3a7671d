import { sayKnown } from '../../core/availability.ts';
import { errorBudget, type MeasuredTime, sloPeriodMs } from '../../core/burn-rate/error-budget.ts';
import { objectivesOf, type ServiceObjective } from '../../core/burn-rate/of-service.ts';
import { type BudgetView, byNeed } from '../../core/burn-rate/worst-budget.ts';
import type { ServiceSettings } from '../../core/configuration.ts';
import { countedSpans } from '../../core/maintenance.ts';
import { formatDuration } from '../../core/time.ts';
import type { Health, ServiceView, TargetView } from '../../core/view.ts';
import type { Watched } from '../../pipeline/bound.ts';
import { allWindows } from '../../pipeline/holds.ts';
import { availabilityOf, measuredTime } from '../../pipeline/measured-time.ts';
import type { ObjectiveState } from '../../pipeline/objectives/index.ts';
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
  readonly availabilityOver: string | null;
  readonly budgets: readonly BudgetView[];
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
  const health = worstHealth([...mine.map((target) => target.health), ...incidents]);
  return {
    name: service.name,
    health,
    ...(incidents.length === 0 ? { why: mine.find((one) => one.health === health)?.why ?? null } : {}),
    targets: service.targets,
    dependsOn: service.dependsOn,
    p95: figures.p95,
    availability: figures.availability,
    availabilityOver: figures.availabilityOver,
    objective: service.slo?.availability ?? null,
    budgets: figures.budgets,
    ...firstOf(figures.budgets),
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
  const objectives = objectivesOf(service);
  const periodMs = objectives[0]?.periodMs ?? sloPeriodMs;
  const times = await timesOf(ctx, service, now - periodMs, now);
  const knownMs = times.reduce((sum, { measuredMs }) => sum + measuredMs, 0) / Math.max(1, times.length);
  const counted = ctx.objectives.states().filter((one) => one.service.name === service.name && one.isLearned);
  const budgets = byNeed(objectives.map((objective) => budgetOf(service, objective, counted, times)));
  // Of the time and of requests the figures differ: each says what it is of.
  const isOfEvents =
    service.slo?.events !== undefined &&
    counted.some(({ objective, budget }) => objective.kind === 'availability' && budget !== null);
  const figures: Figures = {
    at: now,
    p95: await latencyQuantile(ctx, service, 0.95, now),
    quantile: service.slo?.latency
      ? await latencyQuantile(ctx, service, service.slo.latency.quantile, now)
      : null,
    availability: availabilityOf(times),
    availabilityOver:
      times.length === 0 ? null : `${sayKnown(knownMs, periodMs)}${isOfEvents ? ', by time' : ''}`,
    budgets,
  };
  kept.set(service, figures);
  return figures;
}

function firstOf([first]: readonly BudgetView[]): Pick<ServiceView, 'budget' | 'budgetLeft'> {
  if (first === undefined) return { budget: null, budgetLeft: null };
  const { left, ...budget } = first;
  return { budget, budgetLeft: left };
}

/**
 * As the objectives count it. A command that only looks has not learned them: it counts the time itself, which says
 * nothing of latencies.
 */
function budgetOf(
  { slo }: ServiceSettings,
  { kind, target, periodMs }: ServiceObjective,
  counted: readonly ObjectiveState[],
  times: readonly MeasuredTime[],
): BudgetView {
  const own = counted.find(({ objective }) => objective.kind === kind);
  const state = own?.judgement.state;
  const known = own?.budget ?? errorBudget(kind === 'availability' ? times : [], target, periodMs);
  const isOfEvents = kind === 'availability' && slo?.events !== undefined && own?.budget != null;
  const isUnread = kind === 'latency' && own === undefined;
  return {
    of: kind,
    left: known.left,
    share: known.share,
    span: isUnread ? `of ${formatDuration(periodMs)}` : `${known.span}${isOfEvents ? ', by requests' : ''}`,
    burns: state === 'page' || state === 'ticket' ? state : null,
  };
}

async function timesOf(ctx: VerbContext, service: ServiceSettings, from: number, to: number) {
  const times: MeasuredTime[] = [];
  // Windows that are over count for the time they were.
  const windows = await allWindows(ctx, ctx.store.db, from);
  for (const target of service.targets) {
    const watched = ctx.estate().targets.get(target);
    if (!watched) continue;
    const spans = countedSpans(windows, target, from, to, ctx.estate().topology);
    const time = await measuredTime(ctx.samples, watched, spans);
    if (time.measuredMs > 0) times.push(time);
  }
  return times;
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
