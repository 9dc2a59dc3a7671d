import { type BurnCall, burnCall } from '../../core/burn-rate/call.ts';
import { levelInWords } from '../../core/rule-words.ts';
import type { ObjectiveState } from '../../pipeline/objectives/index.ts';
import * as alertRows from '../../store/alerts.ts';
import * as incidentRows from '../../store/incidents.ts';
import type { VerbContext } from '../context.ts';

/** Each with whether it calls somebody right now. */
export async function sloViews(ctx: VerbContext, states: readonly ObjectiveState[]): Promise<SloView[]> {
  const burning = (await alertRows.open(ctx.store.db)).filter(({ rule }) => rule === 'slo.burn-rate');
  const views: SloView[] = [];
  for (const state of states) {
    const alert = burning.find(
      ({ labels }) => labels.service === state.service.name && labels.objective === state.objective.kind,
    );
    const id = alert?.incidentId ?? null;
    const incident = id === null ? undefined : await incidentRows.byId(ctx.store.db, id);
    views.push({ ...sloView(state), call: burnCall(alert, incident) });
  }
  return views;
}

function sloView({ service, objective, rule, isLearned, since, judgement, budget }: ObjectiveState) {
  const left = budget === null ? null : 1 - budget.spent;
  const by: 'requests' | 'time' | 'checks' =
    objective.kind === 'latency' ? 'checks' : service.slo?.events ? 'requests' : 'time';
  return {
    service: service.name,
    objective: objective.kind,
    target: objective.target,
    latencyBelowMs: objective.kind === 'latency' ? (service.slo?.latency?.belowMs ?? null) : null,
    periodMs: objective.periodMs,
    /** `requests` are counted events, `time` results of checks, `checks` the latencies of checks. */
    by,
    state: isLearned ? judgement.state : 'learning',
    reason: isLearned ? judgement.reason : 'what was before the start is still being read',
    measured: budget === null ? null : 1 - badShare(budget, objective),
    /** Share of the budget; below 0 when it is overspent. */
    left,
    words: budget === null ? 'unknown' : budget.share,
    span: budget?.span ?? 'nothing measured',
    /** Of the period, what was measured. */
    measuredMs: budget?.measuredMs ?? 0,
    burn: budget?.burnNow ?? null,
    exhaustedAt: budget?.exhaustedAt ?? null,
    since,
    bearer: service.targets[0] ?? null,
    isEnabled: rule.enabled,
    page: levelInWords(rule, 'critical', undefined),
    ticket: levelInWords(rule, 'warning', undefined),
    windows: judgement.rules.map((one) => ({
      severity: one.rule.severity,
      longMs: one.rule.longMs,
      shortMs: one.rule.shortMs,
      factor: one.rule.factor,
      long: one.long.burn,
      short: one.short.burn,
      /** Of the long window: events, or milliseconds where the objective is counted by time. */
      events: one.long.tally.good + one.long.tally.bad,
      bad: one.long.tally.bad,
      holds: one.holds,
    })),
  };
}

export type SloView = ReturnType<typeof sloView> & { readonly call: BurnCall };

function badShare(
  { spent, measuredMs }: NonNullable<ObjectiveState['budget']>,
  { target, periodMs }: ObjectiveState['objective'],
): number {
  return measuredMs <= 0 ? 0 : (spent * (1 - target) * periodMs) / measuredMs;
}
