import type { Alert } from '../../core/alert.ts';
import { metricOf } from '../../core/burn-rate/readings.ts';
import { isLearned, type Rule } from '../../core/rule.ts';
import type { RuleSeries } from '../../core/rule-settings.ts';
import { amountInWords, levelInWords } from '../../core/rule-words.ts';
import type { Labels, Unit } from '../../core/sample.ts';
import { nearest } from '../../core/suggest.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { Watched } from '../../pipeline/bound.ts';
import { carries } from '../../pipeline/reported.ts';
import type { Acted } from '../../practices/rules/replay.ts';
import * as actionRows from '../../store/actions.ts';
import * as incidentRows from '../../store/incidents.ts';
import type { VerbContext } from '../context.ts';

/** A rule of one target. */
export interface OwnRule {
  readonly target: string;
  readonly rule: Rule;
  readonly unit: Unit | undefined;
}

export interface FiringView {
  readonly target: string;
  readonly labels: Labels;
  readonly level: string;
  readonly firedAt: number;
  readonly resolvedAt: number | null;
  readonly incidentId: string | null;
  /** It is open, and nothing is known now of what it was judged by; absent else. */
  readonly isUnknown?: true;
}

export function ownRules({ estate }: Pick<VerbContext, 'estate'>): OwnRule[] {
  return [...estate().targets.values()].flatMap((watched) =>
    watched.settings.rules.map((rule) => ({
      target: watched.settings.name,
      rule,
      unit: unitOf(watched, rule),
    })),
  );
}

function unitOf({ metrics }: Watched, rule: Rule): Unit | undefined {
  return metricOf(metrics, rule.metric)?.unit;
}

/** @throws UpkeepError not-found */
export function requireRules(ctx: VerbContext, id: string, target?: string): OwnRule[] {
  const all = ownRules(ctx);
  const named = all.filter(({ rule }) => rule.id === id);
  const near = nearest(id, [...new Set(all.map(({ rule }) => rule.id))]);
  if (named.length === 0)
    throw new UpkeepError(
      'not-found',
      `no target has a rule ${id}; ${near === undefined ? 'see upkeep rule list' : `did you mean ${near}?`}`,
    );
  const found = named.filter((one) => target === undefined || one.target === target);
  if (found.length === 0) throw new UpkeepError('not-found', `${target} has no rule ${id}`);
  return found;
}

export function levelsInWords({ rule, unit }: OwnRule) {
  return { warning: levelInWords(rule, 'warning', unit), critical: levelInWords(rule, 'critical', unit) };
}

export function statesOf(ctx: VerbContext, { target, rule, unit }: OwnRule): RuleSeries[] {
  const kept = ctx.rules.states(target).filter((one) => one.rule.id === rule.id);
  return ctx.picture
    .latest(target, rule.metric)
    .filter(({ labels }) => carries(labels, rule.where))
    .map(({ labels, value }) => {
      const state = kept.find((one) => JSON.stringify(one.labels) === JSON.stringify(labels))?.state;
      const reason = isLearned(rule) ? ctx.rules.unknown(rule, target, labels) : null;
      const phase = reason !== null && state?.phase !== 'firing' ? 'unknown' : (state?.phase ?? 'ok');
      const since = state && state.phase !== 'ok' ? state.since : null;
      const said = amountInWords(value, unit);
      return { labels, phase, level: state?.level ?? null, since, value, said, reason };
    });
}

export function firingView({
  target,
  labels,
  level,
  firedAt,
  since,
  resolvedAt,
  incidentId,
}: Alert): FiringView {
  return { target, labels, level, firedAt: firedAt ?? since, resolvedAt, incidentId };
}

/** Incidents that somebody took for one: acknowledged, or acted upon; with the span that they lasted. */
export async function actedIncidents(ctx: VerbContext, from: number): Promise<Acted[]> {
  const all = await incidentRows.list(ctx.store.db, { limit: 5_000 });
  const done = await actionRows.list(ctx.store.db, { states: ['done'], limit: 2_000 });
  const treated = new Set(done.map(({ incidentId }) => incidentId));
  return all
    .filter((one) => one.acknowledgedAt !== null || treated.has(one.id))
    .filter((one) => (one.resolvedAt ?? ctx.clock.now()) >= from)
    .map(({ id, targets, openedAt, resolvedAt }) => ({
      id,
      targets,
      openedAt,
      from: openedAt - 600_000,
      to: resolvedAt ?? ctx.clock.now(),
    }));
}
