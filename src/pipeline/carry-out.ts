/**
 * Carries out a permitted plan: judged once more, applied, verified and held, undone when the symptom stays.
 * Each step is stored before its effect, so that a crash never applies twice.
 */
import type { Verdict } from '../core/action.ts';
import { type Approval, GuardRefusal, judge, Permit } from '../core/guard.ts';
import { cured } from '../core/symptom.ts';
import type { BoundAction } from '../core/system.ts';
import type { ActionState, ActionView } from '../core/view.ts';
import * as actionRows from '../store/actions.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import { type ActionDesk, NoAnswer } from './action-desk.ts';
import { createEnding, type Ending } from './end-action.ts';

export interface Executor {
  /** Job: applies a permitted action and verifies it, or goes on verifying one that was applied. */
  carryOut(actionId: string): Promise<void>;
  readonly finish: Ending;
  /** After a start: what was under way when Upkeep stopped is verified, never applied again. */
  resume(): Promise<void>;
}

const pollMs = 500;
const unfinished: readonly ActionState[] = ['permitted', 'applying', 'verifying'];

export function createExecutor(actions: ActionDesk): Executor {
  const {
    desk,
    vitalsOf,
    find,
    contextFor,
    withTimeout,
    factsFor,
    digestOf,
    requireAction,
    mustMove,
    record,
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
    const result = 'interrupted while it was applied';
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
    const judgement = judge(plan, await factsFor(tx, plan, action.incidentId), desk.configuration().guard);
    const approval: Approval | undefined =
      action.approvedBy !== null && action.expiresAt !== null
        ? { by: action.approvedBy, digest, expiresAt: action.expiresAt }
        : undefined;
    return Permit.grant(judgement, digest, clock.now(), approval);
  }

  async function apply(action: ActionView): Promise<void> {
    const { plan, digest } = action;
    const bound = find(plan.action, plan.target).action;
    let permit: Permit;
    try {
      permit = await store.transaction(async (tx) => {
        const granted = await permitFor(tx, action);
        await mustMove(tx, action, 'applying', { appliedAt: clock.now() });
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
      result = await withTimeout((signal) => bound.apply(plan, permit, contextFor(signal)));
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

  /** Good only when the symptom went away in time and stayed away for as long as the plan asks. */
  async function verify(action: ActionView, startedAt: number, permit?: Permit): Promise<void> {
    const { plan } = action;
    const bound = find(plan.action, plan.target).action;
    let goodSince: number | null = null;
    let verdict: Verdict = { good: false, detail: 'not verified yet' };
    for (;;) {
      verdict = await look(action, bound, startedAt);
      const now = clock.now();
      goodSince = verdict.good ? (goodSince ?? now) : null;
      if (goodSince !== null && now - goodSince >= plan.holdMs) {
        await finish(
          action,
          ['verifying', 'applying'],
          'done',
          `${action.result ?? 'applied'}; verified: ${verdict.detail}`,
          verdict.after ?? null,
        );
        return;
      }
      if (goodSince === null && now - startedAt > plan.verifyWithinMs) break;
      await clock.sleep(pollMs);
    }
    await undoOrFail(action, bound, verdict, permit);
  }

  /** The action's own look at what it changed, and ours at the symptom: what needs the target must do well again. */
  async function look({ plan }: ActionView, bound: BoundAction, startedAt: number): Promise<Verdict> {
    const own = await withTimeout((signal) => bound.verify(plan, contextFor(signal))).catch(
      (error: unknown): Verdict => ({
        good: false,
        detail: `could not verify: ${messageOf(error)}`,
      }),
    );
    const known = vitalsOf(plan.target).filter(({ target }) => plan.before[`${target}.up`] !== 'unknown');
    const symptom = cured(known, startedAt);
    const after = { ...own.after, ...symptom.after };
    if (!own.good) return { ...own, after };
    return {
      good: symptom.good,
      detail: symptom.good ? `${own.detail}; ${symptom.detail}` : symptom.detail,
      after,
    };
  }

  async function undoOrFail(action: ActionView, bound: BoundAction, verdict: Verdict, permit?: Permit) {
    const { plan } = action;
    let noUndo = '';
    if (plan.undo.possible && bound.undo && permit) {
      try {
        const undo = bound.undo;
        const undone = await withTimeout((signal) => undo(plan, permit, contextFor(signal)));
        await finish(
          action,
          ['verifying', 'applying'],
          'undone',
          `not verified (${verdict.detail}); undone: ${undone}`,
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
    if (plan.undo.possible && !permit)
      noUndo = `; Upkeep was interrupted meanwhile and undoes nothing by itself: ${plan.undo.how}`;
    await finish(
      action,
      ['verifying', 'applying'],
      'failed',
      `not verified: ${verdict.detail}${noUndo}`,
      verdict.after ?? null,
    );
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

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
