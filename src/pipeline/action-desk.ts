/** What planning and carrying out an action share: finding it, its facts for the guard, its digest, its journal. */

import type { ActionContext, NoPlan, Plan } from '../core/action.ts';
import type { Alert } from '../core/alert.ts';
import { canonical } from '../core/canonical.ts';
import { destinationOf } from '../core/destination.ts';
import type { Finding } from '../core/evidence.ts';
import { checkList } from '../core/guard/check-list.ts';
import { whyUnplanned } from '../core/guard/unplanned.ts';
import { type GuardFacts, judge } from '../core/guard.ts';
import { inputProblems } from '../core/input-words.ts';
import type { Unit } from '../core/sample.ts';
import { unknownName } from '../core/suggest.ts';
import {
  latencySince,
  median,
  noiseFacts,
  noiseOf,
  symptomOf,
  type Vital,
  vitalFacts,
} from '../core/symptom.ts';
import type { BoundAction } from '../core/system.ts';
import { dependentsOf } from '../core/topology.ts';
import { UpkeepError } from '../core/verb.ts';
import type { ActionView, JournalEntry } from '../core/view.ts';
import * as actionRows from '../store/actions.ts';
import * as alertRows from '../store/alerts.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import * as journal from '../store/journal.ts';
import type { Desk } from './desk.ts';
import type { Detector } from './detect.ts';
import { type Asked, createGuardFacts, type GuardSources } from './guard-facts.ts';
import { createIntendedStops } from './intended-stops.ts';
import type { Ledger } from './ledger.ts';
import { livenessIntervalMs } from './measured-time.ts';
import type { Picture } from './picture.ts';

export interface Request {
  readonly action: string;
  readonly target: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly why: string;
}

const applyTimeoutMs = 30_000;
const changesLastMs = 86_400_000;
/** What came of it or not, it was begun. */
const appliedStates = ['done', 'failed', 'undone', 'interrupted'] as const;
const mostApplied = 100;
/** What is looked at this often by itself needs no more for a verification (J). */
const nearMs = 10_000;
/** At once, the target of the action first (J). */
const mostLooks = 12;

/** What was asked of a system may have happened or not. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

/** For which incident a plan is judged, who stands behind it, and whether people want to see every fact. */
type About = Omit<Asked, 'plan' | 'environment'>;

export type ActionDesk = ReturnType<typeof createActionDesk>;

export interface ActionSources extends GuardSources {
  readonly picture: Picture;
  /** Begins a look at how these targets are, outside their schedule. */
  readonly lookNow?: ((targets: readonly string[]) => void) | undefined;
  /** What can be found of these targets and what they need now, ranked; nothing is looked into where absent. */
  readonly investigate?:
    | ((targets: readonly string[], alerts: readonly Alert[]) => Promise<readonly Finding[]>)
    | undefined;
  readonly ledger?: Pick<Ledger, 'around'> | undefined;
  /** How the rules of a target stand just now; nothing is known of them where absent. */
  readonly ruleStates?: Detector['states'] | undefined;
  /** What practices can do with a target, beside its own system. */
  readonly practised?: ((target: string) => readonly BoundAction[]) | undefined;
}

export function createActionDesk(desk: Desk, options: ActionSources) {
  const { clock, store } = desk;

  function find(actionId: string, target: string): { action: BoundAction; environment: string | null } {
    const watched = options.estate().targets.get(target);
    if (!watched)
      throw new UpkeepError('not-found', unknownName('target', target, [...options.estate().targets.keys()]));
    const action = actionsOf(target).find((one) => one.id === actionId);
    if (!action)
      throw new UpkeepError(
        'not-found',
        `${target} (${watched.settings.system}): ${unknownName(
          'action',
          actionId,
          actionsOf(target).map(({ id }) => id),
        )}`,
      );
    return { action, environment: watched.settings.environment ?? desk.configuration().environment };
  }

  function actionsOf(target: string): readonly BoundAction[] {
    const own = options.estate().targets.get(target)?.bound.actions ?? [];
    return [...own, ...(options.practised?.(target) ?? [])];
  }

  function targetsAt(place: string): string[] {
    const places = options.estate().topology.placeOf ?? new Map<string, string>();
    return [...places].flatMap(([name, at]) => (at === place ? [name] : []));
  }

  /** Other targets that are the same host and port, or the process that was seen to listen there. */
  function besides(target: string): string[] {
    const { targets, topology } = options.estate();
    const place = topology.placeOf?.get(target);
    const at = destinationOf(targets.get(target)?.bound.address ?? '');
    const same = place === undefined ? [] : targetsAt(place);
    const listening = [...targets].flatMap(([name, { bound }]) =>
      at !== null && bound.listensAt?.(at) ? [name] : [],
    );
    return [...new Set([...same, ...listening])].filter((name) => name !== target);
  }

  /** @param about the target, for a plan: nothing else asks what was changed in it */
  function contextFor(signal: AbortSignal, about?: string): ActionContext {
    const { ledger } = options;
    const changes =
      ledger && about !== undefined
        ? async () => {
            const now = clock.now();
            const around = await ledger.around(about, now - changesLastMs, now);
            return around.filter(({ target }) => target === about);
          }
        : undefined;
    return {
      ...{ signal, clock, latest: (target, metric) => options.picture.latest(target, metric) },
      targetsAt,
      ...(changes ? { changes } : {}),
      applied: (action) => actionRows.list(store.db, { action, states: appliedStates, limit: mostApplied }),
    };
  }

  /** As a plan will hold it: with what the action's schema fills in; as it is where the schema refuses it. */
  function parsedInput({ action, target, input }: Omit<Request, 'why'>): Request['input'] {
    const bound = actionsOf(target).find((one) => one.id === action);
    return bound?.input.safeParse(input).data ?? input;
  }

  /** @param incidentId what it is for; where left out, the open incident that the target is part of */
  async function planFor(request: Request, incidentId: string | null = null): Promise<Plan | NoPlan> {
    const { action } = find(request.action, request.target);
    const parsed = action.input.safeParse(request.input);
    if (!parsed.success)
      throw new UpkeepError('bad-input', inputProblems(parsed.error, action.input).join('; '));
    const drafted = await withTimeout((signal) =>
      action.plan(parsed.data, contextFor(signal, request.target)),
    );
    if ('refused' in drafted) return drafted;
    const symptom = await symptomFor(request.target, incidentId);
    const vitals = vitalsOf(request.target);
    const withIt = action.stops === 'target' ? needing(request.target) : [];
    return {
      action: action.id,
      target: request.target,
      input: parsed.data,
      risk: action.risk,
      ...drafted,
      ...(withIt.length === 0 ? {} : { expect: `${drafted.expect}; ${downWithIt(request.target, withIt)}` }),
      before: {
        ...drafted.before,
        ...symptom.facts,
        ...vitalFacts(vitals, symptom.since),
        ...noiseFacts(
          vitals.map((vital) => ({ target: vital.target, ms: noiseBefore(vital.target, symptom.since) })),
        ),
      },
      verifyWithinMs: Math.max(drafted.verifyWithinMs, ...vitals.map(({ target }) => timeToSee(target))),
    };
  }

  /** As above; what the system refuses or does not answer while it is planned is a refusal that says so. */
  async function planOrWhy(request: Request, incidentId: string | null = null): Promise<Plan | NoPlan> {
    try {
      return await planFor(request, incidentId);
    } catch (error) {
      const { privileges } = find(request.action, request.target).action;
      const refused = whyUnplanned(error, request.target, privileges);
      if (refused === null) throw error;
      return { refused };
    }
  }

  async function symptomFor(target: string, incidentId: string | null) {
    const id = incidentId ?? (await openIncidentOf(target));
    return symptomOf(id === undefined ? [] : await alertRows.ofIncident(store.db, id));
  }

  function needing(target: string): string[] {
    const { targets, topology } = options.estate();
    return dependentsOf(topology, target).filter((name) => targets.has(name));
  }

  /** The target itself and everything that needs it; latencies by the answers since then where there was an action. */
  function vitalsOf(target: string, since?: number): Vital[] {
    const { targets } = options.estate();
    return [target, ...needing(target)]
      .filter((name) => targets.has(name))
      .map((name) => {
        const { up, latency, latencies, answers, lastAt } = options.picture.target(name);
        const ms = (seconds: number | null) => (seconds === null ? null : seconds * 1_000);
        const usualMs = ms(median(latencies));
        const latencyMs =
          since === undefined || latency === null ? ms(latency) : latencySince(answers, since);
        const metrics = Object.values(targets.get(name)?.metrics ?? {});
        const isAnswer = metrics.some(({ latencyOf }) => latencyOf !== undefined);
        return { target: name, up, latencyMs, usualMs, isAnswer, at: lastAt };
      });
  }

  /** Has the target and what needs it looked at now, where their own next look may be far. */
  function lookSoon(target: string): void {
    const { targets } = options.estate();
    const far = [target, ...needing(target)].filter((name) => {
      const watched = targets.get(name);
      return watched !== undefined && livenessIntervalMs(watched) > nearMs;
    });
    if (far.length > 0) options.lookNow?.(far.slice(0, mostLooks));
  }

  /** @param since when the trouble began, epoch milliseconds; 0 where none is known */
  function noiseBefore(target: string, since: number): number | null {
    const { latencies, latencyTimes } = options.picture.target(target);
    return noiseOf(
      latencies
        .filter((_, i) => since === 0 || (latencyTimes[i] ?? 0) < since)
        .map((seconds) => seconds * 1_000),
    );
  }

  /** Two rounds of checks, the second of which surely began after the action. */
  function timeToSee(target: string): number {
    const settings = options.estate().targets.get(target)?.settings;
    return settings ? 2 * settings.everyMs + settings.timeoutMs : 0;
  }

  /** Ends in time also where the work ignores its signal. @throws NoAnswer */
  async function withTimeout<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    let cancel = () => {};
    const timedOut = new Promise<never>((_, reject) => {
      cancel = clock.after(applyTimeoutMs, () => {
        const error = new NoAnswer(`no answer within ${applyTimeoutMs} ms`);
        stop.abort(error);
        reject(error);
      });
    });
    try {
      return await Promise.race([work(stop.signal), timedOut]);
    } finally {
      cancel();
    }
  }

  const gatherFacts = createGuardFacts(desk, options);

  function factsFor(tx: Tx, plan: Plan, about: About): Promise<GuardFacts> {
    const { environment } = find(plan.action, plan.target);
    return gatherFacts(tx, { plan, environment, ...about });
  }

  /** The open incident that a target is part of; undefined for none. */
  async function openIncidentOf(target: string): Promise<string | undefined> {
    const open = await incidentRows.openPlaces(store.db);
    return open.find(({ targets }) => targets.includes(target))?.id;
  }

  /** By metric of the target. */
  function unitsOf({ plan }: ActionView): (metric: string) => Unit | undefined {
    const metrics = options.estate().targets.get(plan.target)?.metrics ?? {};
    return (metric) => metrics[metric]?.unit;
  }

  function digestOf(plan: Plan): string {
    return desk.digest(canonical(plan));
  }

  async function requireAction(tx: Tx, id: string): Promise<ActionView> {
    const action = await actionRows.byId(tx, id);
    if (!action) throw new UpkeepError('not-found', `no action has the id ${id}`);
    return action;
  }

  /** The judgement with what it went by, as it is stored, shown, and judged again under another policy. */
  async function considered(tx: Tx, plan: Plan, about: About): Promise<ActionView['judgement']> {
    const { guard } = desk.configuration();
    const facts = await factsFor(tx, plan, about);
    return { ...judge(plan, facts, guard), facts, checks: checkList(plan, facts, guard.limits) };
  }

  function enqueueApply(tx: Tx, actionId: string) {
    const payload = { actionId };
    return jobs.enqueue(tx, { kind: 'apply', key: `apply:${actionId}`, payload, runAt: clock.now() });
  }

  /** Only from what was read: of two that decide at once, one is told so. */
  async function mustMove(
    tx: Tx,
    action: ActionView,
    to: ActionView['state'],
    changes: actionRows.ActionChanges,
  ) {
    const { version } = action;
    if (!(await actionRows.transition(tx, action.id, [action.state], to, changes, { version }))) {
      throw new UpkeepError('conflict', 'somebody else decided on this action at the same moment');
    }
  }

  function record(
    tx: Tx,
    action: ActionView,
    kind: string,
    actor: string,
    payload: Readonly<Record<string, unknown>>,
  ): Promise<JournalEntry> {
    const about = { action: action.plan.action, target: action.plan.target, digest: action.digest };
    return journal.append(tx, {
      at: clock.now(),
      actor,
      kind,
      subject: `action:${action.id}`,
      incidentId: action.incidentId,
      payload: { ...about, ...payload },
    });
  }

  async function note(
    kind: string,
    subject: string,
    actor: string,
    incidentId: string | null,
    payload: Readonly<Record<string, unknown>>,
  ) {
    await store.transaction((tx) =>
      journal.append(tx, { at: clock.now(), actor, kind, subject, incidentId, payload }),
    );
    desk.changed();
  }

  return {
    desk,
    topology: () => options.estate().topology,
    needing,
    openIncidentOf,
    ruleStates: options.ruleStates,
    investigate: options.investigate,
    stops: createIntendedStops(desk, needing, besides),
    vitalsOf,
    lookSoon,
    find,
    actionsOf,
    contextFor,
    parsedInput,
    planFor,
    planOrWhy,
    withTimeout,
    factsFor,
    considered,
    enqueueApply,
    unitsOf,
    digestOf,
    requireAction,
    mustMove,
    record,
    note,
  };
}

function downWithIt(target: string, names: readonly string[]): string {
  const [verb, are] = names.length === 1 ? ['needs', 'is'] : ['need', 'are'];
  return `${names.join(', ')} ${verb} ${target} and ${are} down with it`;
}
