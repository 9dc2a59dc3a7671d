/**
 * Carries out a permitted plan: judged once more, applied, verified and held, undone when the symptom stays.
 * Each step is stored before its effect, so that a crash never applies twice.
 */
import type { ActionContext, Plan, Verdict } from '../core/action.ts';
import { underWay as unfinished } from '../core/action-states.ts';
import { aftermathOf, causesBeside, otherCauses } from '../core/aftermath.ts';
import type { Alert } from '../core/alert.ts';
import { cutOffResult } from '../core/completion.ts';
import { isPerson } from '../core/guard/spent.ts';
import { sharedSubject } from '../core/guard/subjects.ts';
import { type Approval, GuardRefusal, judge, Permit } from '../core/guard.ts';
import { asksFor } from '../core/incident/over.ts';
import { planChange } from '../core/plan-change.ts';
import { byPurpose, cured, downInWords, vitalFacts, worsened } from '../core/symptom.ts';
import type { BoundAction } from '../core/system.ts';
import type { ActionView } from '../core/view.ts';
import * as actionRows from '../store/actions.ts';
import * as alertRows from '../store/alerts.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import { type ActionDesk, NoAnswer } from './action-desk.ts';
import { createEnding, type Ending } from './end-action.ts';
import { whyOver } from './withdraw.ts';

export interface Executor {
  /** Job: applies a permitted action and verifies it, or goes on verifying one that was applied. */
  carryOut(actionId: string): Promise<void>;
  readonly finish: Ending;
  /** After a start: what was under way when Upkeep stopped is verified, never applied again. */
  resume(): Promise<void>;
}

const pollMs = 500;
/** A verification asks for another look this often: longer than a look takes (J). */
const lookAgainMs = 10_000;

export function createExecutor(actions: ActionDesk): Executor {
  const {
    desk,
    vitalsOf,
    find,
    contextFor,
    withTimeout,
    factsFor,
    planFor,
    digestOf,
    requireAction,
    mustMove,
    openIncidentOf,
    record,
    stops,
    topology,
  } = actions;
  const { clock, store } = desk;
  const finish = createEnding(actions);
  const underWay = new Set<string>();

  async function carryOut(actionId: string): Promise<void> {
    if (underWay.has(actionId)) return;
    underWay.add(actionId);
    try {
      await goOn(await requireAction(store.db, actionId));
    } finally {
      underWay.delete(actionId);
    }
  }

  async function goOn(action: ActionView): Promise<void> {
    if (!unfinished.includes(action.state)) return;
    if (!isKnown(action)) return abandon(action);
    if (action.state === 'permitted') return apply(action);
    if (action.state === 'verifying') return verify(action, clock.now());
    return verify(await cutOff(action), clock.now());
  }

  /** Nobody is applying it any more: where that fails to verify, `follow` may plan it anew from what is there then. */
  async function cutOff(action: ActionView): Promise<ActionView> {
    const result = cutOffResult;
    await store.transaction(async (tx) => {
      await mustMove(tx, action, 'verifying', { result });
      await record(tx, action, 'action.interrupted', 'upkeep', {
        reason: 'it was cut off while it was applied; it is verified, not applied again',
      });
    });
    desk.changed();
    return { ...action, state: 'verifying', result };
  }

  function isKnown({ plan }: ActionView): boolean {
    try {
      return find(plan.action, plan.target) !== undefined;
    } catch {
      return false;
    }
  }

  /** Its target left the configuration meanwhile; an incident must not wait for it for ever. */
  function abandon(action: ActionView): Promise<void> {
    const what = action.state === 'permitted' ? 'nothing was done' : 'what came of it cannot be seen';
    return finish(
      action,
      [action.state],
      'failed',
      `${action.plan.target} is no longer configured: ${what}`,
      null,
    );
  }

  /** The facts may have changed since the proposal; the guard judges again at the last moment. */
  async function permitFor(tx: Tx, action: ActionView): Promise<Permit> {
    const { plan, digest } = action;
    if (digestOf(plan) !== digest) throw new GuardRefusal('the stored plan does not match its digest');
    const about = {
      incidentId: action.incidentId,
      isByPerson: action.approvedBy !== null || isPerson(action.proposedBy),
      cause: action.judgement.facts?.cause,
    };
    const judgement = judge(plan, await factsFor(tx, plan, about), desk.configuration().guard);
    const approval: Approval | undefined =
      action.approvedBy !== null && action.expiresAt !== null
        ? { by: action.approvedBy, digest, expiresAt: action.expiresAt }
        : undefined;
    return Permit.grant(judgement, digest, clock.now(), approval);
  }

  /** What was approved may begin while something else works on the same thing by now. */
  async function demandAlone(tx: Tx, { id, plan }: ActionView): Promise<void> {
    const running = await actionRows.list(tx, { states: ['applying', 'verifying'], limit: 500 });
    for (const other of running) {
      const subject = other.id === id ? undefined : sharedSubject(plan, other.plan);
      if (subject !== undefined)
        throw new GuardRefusal(
          `${other.plan.action} works on ${subject} of ${plan.target} now (${other.id}); one change of a thing at a time`,
        );
    }
  }

  async function apply(action: ActionView): Promise<void> {
    const { plan, digest } = action;
    const bound = find(plan.action, plan.target).action;
    const outdated = await whatChanged(action);
    if (outdated !== undefined) return finish(action, ['permitted'], 'refused', outdated, null);
    let permit: Permit;
    try {
      permit = await store.transaction(async (tx) => {
        await demandAlone(tx, action);
        const granted = await permitFor(tx, action);
        await mustMove(tx, action, 'applying', { appliedAt: clock.now() });
        await stops.begin(tx, action, bound.stops);
        await record(tx, action, 'action.applying', granted.grantedTo, {
          reason: granted.reason,
          steps: plan.steps,
        });
        return granted;
      });
    } catch (error) {
      if (!(error instanceof GuardRefusal)) throw error;
      await finish(action, ['permitted'], 'refused', error.message, null);
      return;
    }
    desk.changed();
    let result: string;
    try {
      Permit.claim(permit, digest, clock.now());
      const run = await deedOf(action, bound);
      result = await withTimeout((signal) => run(permit, contextFor(signal)));
    } catch (error) {
      if (!(error instanceof NoAnswer)) {
        await finish(action, ['applying'], 'failed', `could not be applied: ${messageOf(error)}`, null);
        return;
      }
      result = `${error.message} when it was applied`;
    }
    await store.transaction(async (tx) => {
      await actionRows.transition(tx, action.id, ['applying'], 'verifying', { result });
      await record(tx, action, 'action.applied', permit.grantedTo, { result });
    });
    desk.changed();
    await verify({ ...action, state: 'verifying', appliedAt: clock.now(), result }, clock.now(), permit);
  }

  /** What carries the plan out: the action itself, or the way back of the one it takes back. */
  async function deedOf({ plan }: ActionView, bound: BoundAction): Promise<Deed> {
    if (plan.undoes === undefined) return (permit, ctx) => bound.apply(plan, permit, ctx);
    const { undo } = bound;
    if (!undo) throw new Error(`${plan.action} has no way back`);
    const original = await requireAction(store.db, plan.undoes);
    return (permit, ctx) => undo(original.plan, permit, ctx);
  }

  /**
   * While a plan waited for approval, people may have acted too: then nothing is done, and this says what is different.
   * What cannot be looked at again is left to the action, which compares for itself right before it acts.
   */
  async function whatChanged(action: ActionView): Promise<string | undefined> {
    const { plan, approvedAt, incidentId } = action;
    if (approvedAt === null) return undefined;
    const over = await whyOver(actions, store.db, action);
    if (over !== null) return `not begun: ${over}`;
    if (plan.undoes !== undefined) return undefined;
    const fresh = await planFor({ ...plan, why: '' }, incidentId).catch(() => undefined);
    if (fresh === undefined) return undefined;
    if ('refused' in fresh)
      return `not begun: things are no longer as they were when it was planned: ${fresh.refused}`;
    const change = planChange(plan, fresh);
    if (change === undefined) return undefined;
    const isOurs = action.proposedBy === 'upkeep' && incidentId !== null;
    const next = isOurs
      ? 'It is planned anew while its trouble lasts; read and approve that: upkeep action list --state waiting'
      : `Propose it anew: upkeep action propose ${plan.action} ${plan.target}`;
    return `not begun: ${change}. ${next}`;
  }

  /**
   * Good only when the symptom went away in time and stayed away for as long as the plan asks. One relapse is given as
   * long to pass as the first cure; the whole of the hold begins again after it.
   */
  async function verify(action: ActionView, startedAt: number, permit?: Permit): Promise<void> {
    const { plan } = action;
    const bound = find(plan.action, plan.target).action;
    let goodSince: number | null = null;
    let ownSince: number | null = null;
    let deadline = startedAt + plan.verifyWithinMs;
    let mayRelapse = true;
    let askedAt = Number.NEGATIVE_INFINITY;
    let verdict: Look = { good: false, detail: 'not verified yet', own: null, ill: [] };
    for (;;) {
      if (clock.now() - askedAt >= lookAgainMs) {
        askedAt = clock.now();
        actions.lookSoon(plan.target);
      }
      verdict = await look(action, bound, startedAt);
      const now = clock.now();
      if (goodSince !== null && !verdict.good && mayRelapse) {
        mayRelapse = false;
        deadline = now + plan.verifyWithinMs;
      }
      goodSince = verdict.good ? (goodSince ?? now) : null;
      ownSince = verdict.own?.good ? (ownSince ?? now) : null;
      const isOwnHolding = ownSince !== null && now - ownSince < plan.holdMs;
      if (goodSince !== null && now - goodSince >= plan.holdMs) {
        await finish(
          action,
          ['verifying', 'applying'],
          'done',
          `${action.result ?? 'applied'}; verified: ${verdict.detail}`,
          verdict.after ?? null,
          verdict.own?.detail,
        );
        return;
      }
      if (goodSince === null && ((now > deadline && !isOwnHolding) || verdict.isFinal === true)) break;
      await clock.sleep(pollMs);
    }
    await settle(action, bound, verdict, permit);
  }

  /** The action's own look at what it changed, and ours at the symptom: what needs the target must do well again. */
  async function look({ plan }: ActionView, bound: BoundAction, startedAt: number): Promise<Look> {
    const own = await ownVerdict(plan, bound);
    const vitals = vitalsOf(plan.target, startedAt);
    const { judged, expected } = byPurpose(vitals, plan, bound);
    const known = judged.filter(({ target }) => plan.before[`${target}.up`] !== 'unknown');
    const symptom = cured(known, startedAt, plan.before);
    const ill = known.filter((vital) => !cured([vital], startedAt, plan.before).good);
    const seen = {
      ...{ own, ill: ill.map(({ target }) => target) },
      after: { ...own.after, ...vitalFacts(expected), ...symptom.after },
    };
    if (!own.good) return { ...own, ...seen };
    if (expected.length > 0 && symptom.good)
      return { ...seen, good: true, detail: `${own.detail}${downInWords(plan.target, expected)}` };
    const detail = symptom.good ? `${own.detail}; ${symptom.detail}` : symptom.detail;
    return { ...seen, good: symptom.good, detail };
  }

  /** What was taken back shows in what needs the target; the action would look for its own effect. */
  async function ownVerdict(plan: Plan, bound: BoundAction): Promise<Verdict> {
    if (plan.undoes !== undefined) return { good: true, detail: 'taken back' };
    return withTimeout((signal) => bound.verify(plan, contextFor(signal))).catch(
      (error: unknown): Verdict => ({ good: false, detail: `could not verify: ${messageOf(error)}` }),
    );
  }

  /** The symptom did not go away in time: kept where the action did its own good, else taken back where it can be. */
  async function settle(action: ActionView, bound: BoundAction, verdict: Look, permit?: Permit) {
    const { plan } = action;
    const spared = byPurpose(vitalsOf(plan.target), plan, bound).expected.map(({ target }) => target);
    const harmed = worsened(plan.before, verdict.after ?? {}).filter((name) => !spared.includes(name));
    const detail =
      harmed.length === 0
        ? verdict.detail
        : `${verdict.detail}; worse than before: ${harmed.join(', ')} was up`;
    const { own, ill } = verdict;
    const alerts = await alertsOf(action);
    const others = otherCauses(plan.target, ill, alerts, topology());
    const mends = bound.mends === true && plan.undoes === undefined;
    const isDone = own?.good === true && plan.undoes === undefined;
    const beside = isDone && harmed.length === 0 ? await besides(action, ill, alerts) : [];
    const aftermath = aftermathOf({ target: plan.target, mends, isDone, harmed, ill, others, beside });
    if (aftermath.kind === 'kept') {
      const result = `${action.result ?? 'applied'}; verified: ${own?.detail ?? ''}; ${detail}: ${aftermath.reason}`;
      return finish(action, ['verifying', 'applying'], 'done', result, verdict.after ?? null, own?.detail);
    }
    const canUndo = aftermath.kind === 'undo' && plan.undo.possible && plan.undoes === undefined;
    let noUndo = aftermath.kind === 'undo' ? '' : `; not taken back: ${aftermath.reason}`;
    if (canUndo && bound.undo && permit) {
      try {
        const undo = bound.undo;
        const undone = await withTimeout((signal) => undo(plan, permit, contextFor(signal)));
        await finish(
          action,
          ['verifying', 'applying'],
          'undone',
          `not verified (${detail}); undone: ${undone}`,
          verdict.after ?? null,
        );
        return;
      } catch (error) {
        noUndo = `; its undo failed: ${messageOf(error)}`;
        desk.log.error('an action could not be undone', {
          action: plan.action,
          target: plan.target,
          error: String(error),
        });
      }
    }
    if (canUndo && !permit)
      noUndo = `; Upkeep was interrupted meanwhile and undoes nothing by itself: ${plan.undo.how}`;
    await finish(
      action,
      ['verifying', 'applying'],
      'failed',
      `not verified: ${detail}${noUndo}`,
      verdict.after ?? null,
    );
  }

  /** What a look by now finds beside what the action was for, which it finds no more. */
  async function besides({ incidentId, plan }: ActionView, ill: readonly string[], alerts: readonly Alert[]) {
    const incident = incidentId === null ? undefined : await incidentRows.byId(store.db, incidentId);
    const { findings: last = [], conduct } = incident ?? {};
    // A look that came after the action finds its cause no more.
    const own = last.some((one) => asksFor(one, plan)) ? [] : (conduct?.causes ?? []);
    const before = [...last, ...own.map(({ finding }) => finding).filter((one) => asksFor(one, plan))];
    if (!before.some((one) => asksFor(one, plan))) return [];
    const firing = alerts.filter(({ state }) => state === 'firing');
    const targets = [...new Set([plan.target, ...firing.map(({ target }) => target)])];
    const now = await actions.investigate?.(targets, firing).catch(() => undefined);
    return now === undefined ? [] : causesBeside(plan, ill, before, now, topology());
  }

  async function alertsOf({ incidentId, plan }: ActionView) {
    const id = incidentId ?? (await openIncidentOf(plan.target));
    return id === undefined ? [] : alertRows.ofIncident(store.db, id);
  }

  async function resume() {
    for (const action of await actionRows.list(store.db, { states: unfinished, limit: 100 })) {
      await store.transaction((tx) =>
        jobs.enqueue(tx, {
          kind: 'apply',
          key: `apply:${action.id}`,
          payload: { actionId: action.id },
          runAt: clock.now(),
        }),
      );
    }
  }

  return { carryOut, finish, resume };
}

/** `own`: the action's own account; `ill`: who of the target and what needs it is not well. */
type Look = Verdict & { readonly own: Verdict | null; readonly ill: readonly string[] };

type Deed = (permit: Permit, ctx: ActionContext) => Promise<string>;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
