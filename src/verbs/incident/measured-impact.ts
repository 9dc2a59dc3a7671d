/** The impact of an incident, with what the metrics of services say. */
import type { MetricOf } from '../../core/configuration.ts';
import { type Impact, impactOf, type ServiceMeasure } from '../../core/incident/impact.ts';
import { isOfBackupsAlone } from '../../core/incident/subjects.ts';
import * as alertRows from '../../store/alerts.ts';
import type { Incident } from '../../store/incidents.ts';
import type { VerbContext } from '../context.ts';

const hourMs = 3_600_000;

export type ImpactContext = Pick<VerbContext, 'configuration' | 'samples' | 'clock' | 'store' | 'estate'>;

export async function impactFor(ctx: ImpactContext, incident: Incident): Promise<Impact> {
  const now = ctx.clock.now();
  const { openedAt, resolvedAt } = incident;
  const measures: ServiceMeasure[] = [];
  for (const { name, users, failures } of ctx.configuration().services) {
    if (!users && !failures) continue;
    measures.push({
      service: name,
      users: users ? await most(ctx, users, openedAt - hourMs, openedAt) : null,
      failures:
        failures && incident.services.includes(name)
          ? await increase(ctx, failures, openedAt, resolvedAt ?? now)
          : null,
    });
  }
  const entered = incident.conduct?.users ?? null;
  const allServices = ctx.configuration().services.map(({ name }) => name);
  const alerts = await alertRows.ofIncident(ctx.store.db, incident.id);
  const isOfBackups = incident.conduct?.declaredBy === undefined && isOfBackupsAlone(alerts);
  const atRisk = isOfBackups ? [...new Set(alerts.flatMap(({ labels }) => labels.backup ?? []))] : [];
  const { services, conduct } = incident;
  const times = { openedAt, resolvedAt, lulls: conduct?.lulls ?? [] };
  const { servicesOf } = ctx.estate().topology;
  const failing = alerts.flatMap(({ target, labels }) => [
    ...(servicesOf.get(target) ?? []),
    ...(labels.service === undefined ? [] : [labels.service]),
  ]);
  // Who declared it may know of services that no check sees.
  const seen = conduct?.declaredBy === undefined ? { failing } : {};
  const facts = { ...times, services, allServices, entered, measures, atRisk, ...seen };
  return impactOf(facts, now);
}

async function most(ctx: ImpactContext, of: MetricOf, from: number, to: number): Promise<number | null> {
  const series = await ctx.samples.aggregate({ ...of, from, to, stepMs: 60_000 });
  const totals = new Map<number, number>();
  for (const { at, max } of series) {
    for (const [index, moment] of at.entries()) {
      const value = max[index] ?? null;
      if (value !== null) totals.set(moment, (totals.get(moment) ?? 0) + value);
    }
  }
  return totals.size === 0 ? null : Math.max(...totals.values());
}

/** Rates per second over steps, so a restart of the counter is no loss. */
async function increase(ctx: ImpactContext, of: MetricOf, from: number, to: number): Promise<number | null> {
  if (to <= from) return null;
  const stepMs = Math.max(10_000, Math.ceil((to - from) / 1_000));
  const series = await ctx.samples.aggregate({ ...of, from, to, stepMs, counter: true });
  const rates = series.flatMap(({ avg }) => avg.filter((rate) => rate !== null));
  if (rates.length === 0) return null;
  return Math.round(rates.reduce((sum, rate) => sum + rate * (stepMs / 1_000), 0));
}
