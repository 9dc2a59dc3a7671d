/** The loop as one sentence: observe, detect, assess, notify, diagnose, act, learn. */

import type { Alert } from '../core/alert.ts';
import { logsOf, mayLoseOf } from '../core/backup/settings.ts';
import type { Configuration } from '../core/configuration.ts';
import type { Rule } from '../core/rule.ts';
import type { Outcome, Reading, Sample } from '../core/sample.ts';
import type { Gap } from '../core/schedule.ts';
import { dependenciesOf } from '../core/topology.ts';
import * as alertRows from '../store/alerts.ts';
import * as jobs from '../store/jobs.ts';
import * as outbox from '../store/outbox.ts';
import type { SampleStore } from '../store/samples/index.ts';
import { type Actor, createActor } from './act.ts';
import { type ActionSources, createActionDesk } from './action-desk.ts';
import { type Assessor, createAssessor } from './assess.ts';
import { atMost } from './at-most.ts';
import type { Estate, Watched } from './bound.ts';
import { callAgain } from './call-again.ts';
import { createExecutor } from './carry-out.ts';
import { createChecks } from './checks.ts';
import { followSetBacks } from './clock-set-back.ts';
import type { Desk } from './desk.ts';
import { createDetector, type Detector } from './detect.ts';
import { createDiagnostician, type Diagnostician } from './diagnose.ts';
import { endOf } from './ended-alert.ts';
import { escalate, unacknowledge } from './escalate.ts';
import { createFreshLook } from './fresh-look.ts';
import { releaseHeld } from './held-pages.ts';
import { checkClock } from './incident-clocks.ts';
import { createIntake, type Intake } from './intake/index.ts';
import { joinAlike } from './join-alike.ts';
import { keepPresent } from './keep-present.ts';
import { learn } from './learn.ts';
import { createLedger, type Ledger } from './ledger.ts';
import { createLinks, type Links } from './links.ts';
import { createLogs, type LogOptions, type Logs } from './logs/index.ts';
import { type Channel, createNotifications, type Notifications, type Send } from './notify.ts';
import { createObjectives, type Objectives } from './objectives/index.ts';
import type { Past } from './objectives/past.ts';
import { followWindows } from './objectives/windows.ts';
import { createObserver, type Observation, type Observer } from './observe.ts';
import { createOwnTrouble, type OwnSignSource } from './own-trouble.ts';
import { createPicture, type Picture } from './picture.ts';
import { carries } from './reported.ts';
import { createJobRunner, type JobHandlers } from './run-jobs.ts';
import { tellCause } from './tell-cause.ts';
import { tellJoined } from './tell-joined.ts';
import { tellNewsNow } from './tell-news.ts';

export interface Pipeline {
  readonly picture: Picture;
  readonly assessor: Assessor;
  readonly diagnostician: Diagnostician;
  readonly actor: Actor;
  readonly notifications: Pick<Notifications, 'breaker' | 'sendNow' | 'receive'>;
  readonly links: Links;
  readonly intake: Intake;
  readonly ledger: Ledger;
  readonly logs: Pick<Logs, 'view'>;
  readonly objectives: Pick<Objectives, 'states' | 'frozen' | 'settled'>;
  /** Where rules and series stand just now. */
  readonly rules: Pick<Detector, 'states' | 'unknown'>;
  readonly counts: { runs: number; overruns: number; running: number };
  readonly dueAt: Observer['dueAt'];
  /** Puts a configuration into force without losing the state of alerts. */
  replace(estate: Estate, channels: ReadonlyMap<string, Channel | Send>): void;
  /** What fires on a target now, from memory. */
  firing(target: string): readonly Pick<Alert, 'target' | 'state' | 'ruleLevel'>[];
  /** Runs every check once and keeps what it showed; judges nothing. */
  glance(): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface PipelineOptions {
  readonly desk: Desk;
  readonly store: (samples: readonly Sample[]) => void;
  readonly print: (text: string) => void;
  readonly owner: string;
  readonly onObservation: (observation: Observation) => void;
  readonly onGap: (gap: Gap) => void;
  /** Jobs of the disciplines between incidents. */
  readonly practices: JobHandlers;
  /** Alerts that a practice fires and ends by itself, also after a restart. */
  readonly isJudgedElsewhere?: (alert: Alert) => boolean;
  /** What they can do with a target, by the guard's road as its own actions. */
  readonly practised?: ActionSources['practised'];
  /** What this machine says of its own network and load; left out where nobody asks it. */
  readonly ownSigns?: OwnSignSource;
  /** What the sample store kept, for rules that learn and for error budgets. */
  readonly past?: Past;
  /** How files of logs are followed; no log is where absent. */
  readonly logs?: Omit<LogOptions, 'onReadings'>;
  /** The same in steps, for the busy hours of the week. */
  readonly aggregate?: SampleStore['aggregate'];
}

const stopWithinMs = 3_000;

export function createPipeline(options: PipelineOptions): Pipeline {
  const { desk } = options;
  let estate: Estate = { targets: new Map(), topology: { needs: new Map(), servicesOf: new Map() } };
  const picture = createPicture();
  const own = createOwnTrouble(desk, { picture, estate: () => estate, signs: options.ownSigns });
  const assessor = createAssessor(desk, () => estate.topology, own, {
    cleared: (tx, heldBy) => actions.stops.cleared(tx, heldBy),
  });
  const detector = createDetector({
    clock: desk.clock,
    picture,
    store: options.store,
    onDetected(detected) {
      for (const one of detected) if (one.transition === 'fired') markLogs(one.target, one.state.since);
      assessor.take(detected);
    },
    ...(options.past ? { history: options.past.history } : {}),
    burning: (rule, at) => objectives.judge(rule, at),
    warn: (message) => desk.log.warn(message),
  });
  const objectives = createObjectives({
    clock: desk.clock,
    onReadings: (observation) => detector.take(observation),
    ...(options.past ? { past: options.past } : {}),
    warn: (message) => desk.log.warn(message),
  });
  const checksOf = createChecks(
    desk.clock,
    options.past?.history,
    (target, metric) => picture.latest(target, metric),
    {
      ...(options.past ? { range: options.past.range } : {}),
      mayLose: (target) => mayLoseOf(desk.configuration().backups, target),
      keptLogs: (target) => logsOf(desk.configuration().backups, target),
    },
  );
  const ledger = createLedger(desk, () => estate);
  const logs = options.logs
    ? createLogs(desk, {
        ...options.logs,
        onReadings(name, readings, at) {
          const watched = estate.targets.get(name);
          if (watched) observed(pushedObservation(watched, readings, at));
        },
      })
    : null;
  /** What it needs may say why. */
  const markLogs = (target: string, at: number) => {
    for (const name of [target, ...dependenciesOf(estate.topology, target)]) logs?.mark(name, at);
  };
  const windows = followWindows(desk, objectives);
  const actions = createActionDesk(desk, {
    picture,
    lookNow(targets) {
      if (!isRunning) return;
      const due = checksOf(estate).filter(
        ({ target, probe }) => probe.liveness && targets.includes(target.name),
      );
      void observer.once(due, (observation) => {
        if (isRunning) observed(observation);
      });
    },
    estate: () => estate,
    investigate: async (targets, alerts) => (await diagnostician.investigate(targets, alerts)).findings,
    frozen: () => objectives.frozen(),
    aggregate: options.aggregate,
    practised: options.practised,
    ruleStates: detector.states,
    ledger,
  });
  const executor = createExecutor(actions);
  const actor = createActor(actions, executor);
  const diagnostician = createDiagnostician(desk, {
    picture,
    estate: () => estate,
    ledger,
    lookNow: async (targets) => {
      if (isRunning) await fresh.at(targets);
    },
    ...(logs ? { logs } : {}),
    ...(options.past ? { range: options.past.range } : {}),
    onFindings: actor.follow,
    joinAlike: (id) => joinAlike(desk, assessor, id),
  });
  const links = createLinks(desk);
  const notifications = createNotifications(desk, options.print, links);
  let isRunning = false;
  const observed = (observation: Observation) => {
    detector.take(observation);
    objectives.take(observation);
    ledger.observe(observation);
    fresh.seen(observation);
    actions.stops.seen(observation);
    options.onObservation(observation);
  };
  const fresh = createFreshLook({
    clock: desk.clock,
    observer: () => observer,
    take(observation) {
      if (isRunning) observed(observation);
    },
    ledger,
  });
  const intake = createIntake(desk, {
    estate: () => estate,
    prompt(targets) {
      if (!isRunning) return;
      const prompted = checksOf(estate).filter(({ target }) => targets.includes(target.name));
      void observer.once(
        prompted.filter(({ probe }) => probe.waits),
        observed,
      );
    },
    takeReadings(name, readings, at) {
      const watched = estate.targets.get(name);
      if (watched) observed(pushedObservation(watched, readings, at));
    },
  });
  const observer = createObserver({
    clock: desk.clock,
    onObservation: observed,
    onGap(gap) {
      detector.gap(desk.clock.now());
      if (gap.why === 'clock-set-back') {
        setBacks.take(gap.to - gap.from);
        notifications.retryNow();
      } else {
        intake.blind.add({ from: gap.from, to: gap.to });
        // What fell due meanwhile is waited for by timers that a sleep or a set clock does not shorten.
        desk.changed();
      }
      options.onGap(gap);
    },
  });
  const text = (value: unknown) => String(value);
  /** Each waits for a span of time. */
  const spans: JobHandlers = {
    diagnose: async (job) =>
      void (await diagnostician.diagnose(text(job.incidentId), Number(job.round ?? 1))),
    recover: (job) => assessor.recover(text(job.incidentId)),
    escalate: (job) => escalate(desk, job),
    unacknowledge: (job) => unacknowledge(desk, job),
    'keep-present': (job) => keepPresent(desk, job),
    'tell-news': (job) => tellNewsNow(desk, job),
    'tell-cause': (job) => tellCause(desk, job, estate.topology),
    'call-again': (job) => callAgain(desk, job, estate.topology),
    'tell-joined': (job) => tellJoined(desk, job, estate.topology),
    'tell-outage': (job) => tellJoined(desk, job, estate.topology),
    clock: (job) => checkClock(desk, job),
    'expire-approval': (job) => actor.expire(text(job.actionId)),
    reconsider: (job) => actor.reconsider(text(job.incidentId)),
    'ask-further': (job) => actor.askFurther(text(job.actionId), text(job.digest), Number(job.step)),
    learn: (job) => learn(desk, text(job.incidentId)),
  };
  /** What people planned by the calendar: silences, windows, quiet hours. */
  const calendar: JobHandlers = {
    release: () => assessor.release(),
    'page-held': (job) => releaseHeld(desk, job),
    ...options.practices,
  };
  const runner = createJobRunner(desk, { ...spans, ...calendar }, options.owner);
  // Actions are verified for minutes; whoever must be called meanwhile does not wait for them.
  const treatment: JobHandlers = { apply: (job) => executor.carryOut(text(job.actionId)) };
  const treatments = createJobRunner(desk, treatment, options.owner);
  const setBacks = followSetBacks(desk, [...Object.keys(spans), ...Object.keys(treatment)]);

  return {
    picture,
    assessor,
    diagnostician,
    actor,
    notifications,
    links,
    intake,
    ledger,
    logs: { view: (target, span) => logs?.view(target, span) },
    counts: observer.counts,
    dueAt: observer.dueAt,
    replace(next, channels) {
      estate = next;
      const rules = new Map([...next.targets].map(([name, { settings }]) => [name, settings.rules]));
      detector.retain(rules, desk.clock.now());
      objectives.replace(next, desk.configuration().services);
      picture.forget(new Set(next.targets.keys()));
      const checks = checksOf(next);
      observer.replace(checks);
      fresh.replace(checks);
      logs?.replace(next);
      notifications.replace(channels);
    },
    firing: detector.firing,
    rules: { states: detector.states, unknown: detector.unknown },
    objectives,
    async glance() {
      await intake.load();
      await Promise.all([observer.once(checksOf(estate), detector.look), logs?.look()]);
    },
    async start() {
      await takeBack(desk);
      await setBacks.look();
      await windows.start();
      objectives.begin();
      await intake.load();
      detector.restore(stillFiring(await alertRows.open(desk.store.db), desk.configuration()));
      // Alerts whose target or rule is gone since the last run end here.
      await endOrphans(desk, assessor, options.isJudgedElsewhere);
      await actions.stops.load();
      await executor.resume();
      notifications.start();
      runner.start();
      treatments.start();
      observer.start();
      logs?.start();
      intake.start();
      isRunning = true;
    },
    async stop() {
      isRunning = false;
      own.stop();
      setBacks.stop();
      detector.stop();
      windows.stop();
      await intake.stop();
      await observer.stop(stopWithinMs);
      await logs?.stop();
      // A store that takes nothing must not keep us from stopping; what it did not take fires again after the start.
      await atMost(desk.clock, stopWithinMs, assessor.settled());
      await Promise.all([notifications, runner, treatments].map((part) => part.stop(stopWithinMs)));
    },
  };
}

/** The store is ours alone: what was under way in it belongs to a process that is gone. */
async function takeBack({ store }: Desk): Promise<void> {
  await store.transaction(async (tx) => {
    await jobs.takeBack(tx);
    await outbox.takeBack(tx);
  });
}

/** What was pushed for a target. Other series of it may come later: what is not here has not ended. */
function pushedObservation(
  { settings, bound }: Watched,
  readings: readonly Reading[],
  at: number,
): Observation {
  const probe = { id: `${bound.kind}.pushed`, summary: 'what is pushed', metrics: {} };
  const outcome: Outcome = { ok: true, readings, detail: `${readings.length} series came` };
  const { everyMs, timeoutMs } = settings;
  const run = () => Promise.resolve(outcome);
  const check = { id: `${settings.name}/${probe.id}`, target: settings, probe, everyMs, timeoutMs, run };
  return { check, outcome, at, tookMs: 0 };
}

function ruleOf(alert: Alert, configuration: Configuration): Rule | undefined {
  const target = configuration.targets.find((one) => one.name === alert.target);
  return target?.rules.find(
    (rule) => rule.id === alert.rule && rule.enabled && carries(alert.labels, rule.where),
  );
}

function stillFiring(alerts: readonly Alert[], configuration: Configuration) {
  return alerts.flatMap((alert) => {
    const rule = ruleOf(alert, configuration);
    if (!rule || alert.state !== 'firing') return [];
    const { fingerprint, target, labels, since, detail } = alert;
    const state = {
      phase: 'firing' as const,
      level: alert.ruleLevel,
      since,
      wellSince: null,
      lastAt: alert.firedAt ?? since,
    };
    return [{ fingerprint, rule, target, labels, state, detail }];
  });
}

async function endOrphans(
  desk: Desk,
  assessor: Assessor,
  isJudgedElsewhere: PipelineOptions['isJudgedElsewhere'],
): Promise<void> {
  const now = desk.clock.now();
  const orphans = (await alertRows.open(desk.store.db)).filter(
    (alert) => !ruleOf(alert, desk.configuration()) && !isJudgedElsewhere?.(alert),
  );
  for (const alert of orphans)
    assessor.take([endOf(alert, 'its target or rule is no longer configured', now)]);
  await assessor.settled();
}
