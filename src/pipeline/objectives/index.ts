/**
 * Error budgets of services, counted as observations come. What was before a start is learned from the store in the
 * background; until then how a budget burns is unknown.
 */
import { type BudgetOutlook, budgetOutlook, isReached } from '../../core/burn-rate/error-budget.ts';
import { createEventCounts, type EventCounts } from '../../core/burn-rate/event-counts.ts';
import { type BurnJudgement, judgeBurn } from '../../core/burn-rate/judge.ts';
import { objectivesOf, type ServiceObjective } from '../../core/burn-rate/of-service.ts';
import { budgetLeftWords, sloMetrics } from '../../core/burn-rate/readings.ts';
import type { ServiceSettings } from '../../core/configuration.ts';
import type { MaintenanceWindow } from '../../core/maintenance.ts';
import type { BurnRateRule } from '../../core/rule.ts';
import { judgedBy } from '../../core/rule-kinds/burn.ts';
import type { Judged } from '../../core/rule-kinds/judged.ts';
import type { Outcome, Reading } from '../../core/sample.ts';
import type { Clock } from '../../core/time.ts';
import type { Estate, Watched } from '../bound.ts';
import type { Observation } from '../observe.ts';
import { createCounters } from './counters.ts';
import { createExclusions } from './exclusions.ts';
import { createStretches, eventsOf } from './measure.ts';
import { aboutOf, learnPast, type Past } from './past.ts';

export interface ObjectiveState {
  readonly service: ServiceSettings;
  readonly objective: ServiceObjective;
  readonly rule: BurnRateRule;
  readonly isLearned: boolean;
  /** When what is counted began, epoch ms. */
  readonly since: number | null;
  readonly judgement: BurnJudgement;
  readonly budget: BudgetOutlook | null;
}

export interface Objectives {
  take(observation: Observation): void;
  judge(rule: BurnRateRule, at: number): Judged | null;
  /** Takes over a configuration; counts of what stays are kept. */
  replace(estate: Estate, services: readonly ServiceSettings[]): void;
  /** Windows count as neither good nor bad: when they change, what was counted is learned anew. */
  exclude(windows: readonly MaintenanceWindow[]): void;
  states(): ObjectiveState[];
  /** Services whose budget is spent and whose policy freezes changes then. */
  frozen(): string[];
  /** Begins to learn what the store kept. */
  begin(): void;
  /** Resolves when all is learned; begins where nobody did. */
  settled(): Promise<void>;
}

interface Tracked {
  readonly key: string;
  readonly bearer: string;
  readonly service: ServiceSettings;
  readonly objective: ServiceObjective;
  readonly rule: BurnRateRule;
  counts: EventCounts;
  /** Targets whose time is measured side by side. */
  sides: Set<string>;
  isLearned: boolean;
  judgedAt: number;
  judgement: BurnJudgement;
}

/** Windows are minutes and longer: what is judged more often costs and tells no more. */
const judgeEveryMs = 5_000;
const tellEveryMs = 60_000;
const unknown: BurnJudgement = { state: 'unknown', reason: 'nothing was counted yet', rules: [] };

export function createObjectives(options: {
  readonly clock: Clock;
  readonly onReadings: (observation: Observation) => void;
  readonly past?: Past;
  readonly warn?: (message: string) => void;
}): Objectives {
  const { clock } = options;
  let estate: Estate = { targets: new Map(), topology: { needs: new Map(), servicesOf: new Map() } };
  let tracked: readonly Tracked[] = [];
  const toldAt = new Map<string, number>();
  const exclusions = createExclusions();
  const counters = createCounters();
  const stretchOf = createStretches();
  let work: Promise<void> = Promise.resolve();
  /** A command that only looks must not read a month of every service. */
  let hasBegun = false;

  function track(
    service: ServiceSettings,
    objective: ServiceObjective,
    bearer: string,
    rule: BurnRateRule,
  ): Tracked {
    const counts = createEventCounts(objective.periodMs);
    const key = JSON.stringify([service.name, service.targets, service.slo, objective.kind, bearer]);
    return {
      key,
      bearer,
      service,
      objective,
      rule,
      counts,
      sides: new Set(),
      isLearned: false,
      judgedAt: 0,
      judgement: unknown,
    };
  }

  function learnAll(fresh: readonly Tracked[]) {
    for (const one of fresh) one.isLearned = false;
    if (hasBegun) for (const one of fresh) work = work.then(() => learn(one));
  }

  function begin() {
    if (hasBegun) return;
    hasBegun = true;
    learnAll(tracked);
  }

  async function learn(one: Tracked): Promise<void> {
    const counts = createEventCounts(one.objective.periodMs);
    const { past } = options;
    const to = clock.now();
    // What comes while it is learned is counted beside it.
    one.counts = counts;
    one.sides = new Set();
    try {
      if (past)
        await learnPast(
          past,
          {
            service: one.service,
            kind: one.objective.kind,
            of(target) {
              const watched = estate.targets.get(target);
              return watched && aboutOf(watched);
            },
            onMeasured: (target) => one.sides.add(target),
            isExcluded: exclusions.isExcluded,
            from: to - one.objective.periodMs,
            to,
          },
          counts,
        );
    } catch (error) {
      options.warn?.(`the past of ${one.service.name} could not be read: ${String(error)}`);
    }
    one.isLearned = true;
  }

  function take(observation: Observation) {
    const { at, check } = observation;
    const touched = new Set<string>();
    const standsMs = stretchOf(observation);
    for (const one of tracked) {
      const events = eventsOf(observation, one.service, one.objective.kind, counters, standsMs);
      if (events === null || exclusions.isExcluded(check.target.name, at)) continue;
      one.counts.add(at, events.good, events.bad);
      one.sides.add(check.target.name);
      if (!one.isLearned || at - one.judgedAt < judgeEveryMs) continue;
      const before = one.judgement.state;
      judgeAt(one, at);
      if (one.judgement.state !== before || at - (toldAt.get(one.bearer) ?? 0) >= tellEveryMs)
        touched.add(one.bearer);
    }
    for (const bearer of touched) tell(bearer, at);
  }

  function judgeAt(one: Tracked, at: number): BurnJudgement {
    const { objective, counts, rule } = one;
    const { windows: rules, leastBad } = rule;
    // The end of a window is open: what came at this very moment counts.
    one.judgement = judgeBurn(
      {
        ...{ objective, count: counts.count, since: counts.since() ?? at, rules, leastBad },
        excludedMs: (from, to) => exclusions.excludedMs([...one.sides], from, to),
      },
      at + 1,
    );
    one.judgedAt = at;
    return one.judgement;
  }

  /** All objectives of a bearer at once, so that one that is missing has ended. */
  function tell(bearer: string, at: number) {
    const watched = estate.targets.get(bearer);
    if (!watched) return;
    toldAt.set(bearer, at);
    const readings = tracked
      .filter((one) => one.bearer === bearer && one.isLearned)
      .flatMap((one) => readingsOf(one, at));
    options.onReadings(observationOf(watched, readings, at));
  }

  function readingsOf(one: Tracked, at: number): Reading[] {
    const labels = { service: one.service.name, objective: one.objective.kind };
    const outlook = budgetAt(one, at);
    if (outlook === null) return [];
    return [
      // No number is unknown: without traffic nothing is well again.
      { metric: 'slo.burn', value: one.judgement.rules[0]?.long.burn ?? Number.NaN, labels },
      {
        metric: 'slo.budget_left',
        value: 1 - outlook.spent,
        labels,
        about: { detail: budgetLeftWords(1 - outlook.spent) },
      },
    ];
  }

  function budgetAt(one: Tracked, at: number): BudgetOutlook | null {
    const { objective, counts, sides, service, judgement } = one;
    const isByTime = objective.kind === 'availability' && !service.slo?.events;
    const since = counts.since() ?? at;
    // Of a full period it is told whole: what was excluded in it is not worth following its windows at each look.
    const isYoung = !isByTime && at - since < objective.periodMs;
    const excludedMs = isYoung ? exclusions.excludedMs([...sides], since, at) : 0;
    const burnNow = judgement.rules[0]?.short.burn ?? null;
    return budgetOutlook(
      { objective, count: counts.count, since, burnNow, excludedMs },
      at + 1,
      isByTime ? sides.size : undefined,
    );
  }

  return {
    take,
    judge(rule, at) {
      const one = tracked.find(
        ({ service, objective }) => service.name === rule.service && objective.kind === rule.objective,
      );
      if (!one?.isLearned) return null;
      const judgement = one.judgedAt === at ? one.judgement : judgeAt(one, at);
      return judgedBy(judgement);
    },
    replace(next, services) {
      estate = next;
      const before = new Map(tracked.map((one) => [one.key, one]));
      tracked = services.flatMap((service) =>
        objectivesOf(service).flatMap((objective) => {
          const bearer = service.targets[0];
          const rule =
            bearer === undefined ? undefined : burnRuleOf(next.targets.get(bearer), service, objective);
          if (bearer === undefined || rule === undefined) return [];
          const one = track(service, objective, bearer, rule);
          const known = before.get(one.key);
          return [known ? Object.assign(known, { rule }) : one];
        }),
      );
      learnAll(tracked.filter((one) => !before.has(one.key)));
    },
    exclude(windows) {
      if (exclusions.replace(windows, estate.topology)) learnAll(tracked);
    },
    states: () =>
      tracked.map((one) => ({
        service: one.service,
        objective: one.objective,
        rule: one.rule,
        isLearned: one.isLearned,
        since: one.counts.since(),
        judgement: one.isLearned ? judgeAt(one, clock.now()) : unknown,
        budget: one.isLearned ? budgetAt(one, clock.now()) : null,
      })),
    frozen: () => [
      ...new Set(
        tracked
          .filter((one) =>
            isReached(budgetAt(one, clock.now())?.spent ?? null, 'freeze', one.service.slo?.policy),
          )
          .map(({ service }) => service.name),
      ),
    ],
    begin,
    settled() {
      begin();
      return work;
    },
  };
}

function burnRuleOf(
  watched: Watched | undefined,
  service: ServiceSettings,
  { kind }: ServiceObjective,
): BurnRateRule | undefined {
  return watched?.settings.rules.find(
    (rule): rule is BurnRateRule =>
      rule.kind === 'burn-rate' && rule.service === service.name && rule.objective === kind,
  );
}

function observationOf({ settings }: Watched, readings: readonly Reading[], at: number): Observation {
  const probe = { id: 'slo.objectives', summary: 'error budgets of its services', metrics: sloMetrics };
  const outcome: Outcome = { ok: true, readings, detail: 'error budgets are counted' };
  const run = () => Promise.resolve(outcome);
  const { timeoutMs } = settings;
  const check = {
    id: `${settings.name}/${probe.id}`,
    target: settings,
    probe,
    everyMs: tellEveryMs,
    timeoutMs,
    run,
  };
  return { check, outcome, at, tookMs: 0 };
}
