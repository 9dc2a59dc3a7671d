/** What the guard judges by: counted in the store, planned, measured, said by the plan. What nobody knows is null. */
import { factsOfPlan, type GuardFacts, isProductionName } from '../core/guard/facts.ts';
import { isWithin } from '../core/guard/hours.ts';
import { isBusyHour } from '../core/guard/peak.ts';
import { touchesOf } from '../core/guard/prohibitions.ts';
import { causeOf, spentOnCause } from '../core/guard/spent.ts';
import type { Policy } from '../core/guard.ts';
import { running } from '../core/maintenance.ts';
import type { Plan } from '../core/plan.ts';
import type { Rates } from '../core/quiet-hours.ts';
import { servicesReached } from '../core/topology.ts';
import * as actionRows from '../store/actions.ts';
import * as backupRows from '../store/backups.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import type { SampleStore } from '../store/samples/index.ts';
import type { Estate } from './bound.ts';
import type { Desk } from './desk.ts';
import { allWindows } from './holds.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const historyMs = 28 * dayMs;
/** More than any budget allows for one cause. */
const mostOfIncident = 10_000;

export interface GuardSources {
  readonly estate: () => Estate;
  /** Services whose error budget is spent and whose policy freezes changes then. */
  readonly frozen?: (() => readonly string[]) | undefined;
  /** What the sample store kept, for the busy hours of the week. */
  readonly aggregate?: SampleStore['aggregate'] | undefined;
}

export interface Asked {
  readonly plan: Plan;
  readonly environment: string | null;
  readonly incidentId: string | null;
  /** A person proposed it or said yes to it. */
  readonly isByPerson: boolean;
  /** As it was when it was proposed; where left out, by the findings of the incident as they stand. */
  readonly cause?: string | null | undefined;
  /** For people, who want to see every fact; else what costs to find out is left out where nothing goes by it. */
  readonly isEverything?: boolean;
}

export function createGuardFacts(desk: Desk, sources: GuardSources) {
  const { clock } = desk;
  let traffic: { readonly at: number; readonly rates: readonly Rates[] } | null = null;

  async function rates(): Promise<readonly Rates[]> {
    const { aggregate } = sources;
    const now = clock.now();
    if (!aggregate) return [];
    if (traffic && now - traffic.at < 6 * hourMs && now >= traffic.at) return traffic.rates;
    const found: Rates[] = [];
    for (const [target, { metrics }] of sources.estate().targets) {
      for (const [metric, { isTraffic }] of Object.entries(metrics)) {
        if (!isTraffic) continue;
        const span = { target, metric, from: now - historyMs, to: now, stepMs: hourMs, counter: true };
        found.push(...(await aggregate(span)).map(({ at, avg }) => ({ at, value: avg })));
      }
    }
    traffic = { at: now, rates: found };
    return found;
  }

  async function isPeak(now: number): Promise<boolean | null> {
    const { guard, timezone } = desk.configuration();
    const spans = guard.peakHours?.of;
    if (spans !== undefined && typeof spans !== 'string') return isWithin(spans, now, timezone);
    try {
      return isBusyHour(await rates(), now, timezone);
    } catch (error) {
      desk.log.warn('the busy hours could not be read from the samples', { error: String(error) });
      return null;
    }
  }

  async function isWindowOpen(tx: Tx, target: string, now: number): Promise<boolean> {
    const open = running(await allWindows(desk, tx), now, sources.estate().topology);
    return open.some(({ covers }) => covers?.has(target) ?? true);
  }

  return async function factsFor(tx: Tx, asked: Asked): Promise<GuardFacts> {
    const { plan, environment, incidentId, isByPerson } = asked;
    const now = clock.now();
    const { guard } = desk.configuration();
    const frozen = sources.frozen?.() ?? [];
    const reached = frozen.length === 0 ? [] : servicesReached(sources.estate().topology, plan.target);
    const incident = incidentId === null ? undefined : await incidentRows.byId(tx, incidentId);
    const cause = asked.cause === undefined ? causeOf(incident?.findings ?? [], plan) : asked.cause;
    const ofIncident =
      incidentId === null ? [] : await actionRows.list(tx, { incidentId, limit: mostOfIncident });
    const restore = await backupRows.provenRestore(tx, plan.target, now);
    const goesByPeak = asked.isEverything === true || touchesOf(plan).size > 0 || namesPeak(guard);
    const ofAction = (since: number) => actionRows.appliedOfAction(tx, plan.action, plan.target, since);
    return {
      now,
      environment,
      isProduction: isProductionName(environment),
      isPeak: goesByPeak ? await isPeak(now) : null,
      isWindowOpen: await isWindowOpen(tx, plan.target, now),
      incidentLevel: incident?.level ?? 'none',
      frozen: frozen.filter((service) => reached.includes(service)).join(', '),
      ...{ isByPerson, cause },
      appliedOnTargetLastHour: await actionRows.appliedOnTarget(tx, plan.target, now - hourMs),
      appliedForIncident: spentOnCause(ofIncident, { cause, target: plan.target }),
      appliedLastDay: await actionRows.appliedSince(tx, now - dayMs),
      appliedActionLastHour: await ofAction(now - hourMs),
      appliedActionLastDay: await ofAction(now - dayMs),
      failedInARow: await actionRows.failedInARow(tx, plan.action, plan.target),
      provenRestoreLevel: restore?.level ?? null,
      provenRestoreAt: restore?.at ?? null,
      ...factsOfPlan(plan),
      rulesOnTarget:
        sources
          .estate()
          .targets.get(plan.target)
          ?.settings.rules.filter(({ enabled }) => enabled).length ?? null,
    };
  };
}

function namesPeak({ never, ask, always }: Policy): boolean {
  return [...never, ...ask, ...always].some(({ hours }) => typeof hours?.of === 'string');
}
