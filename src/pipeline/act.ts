/**
 * The guard's road of every change: plan, judge, permit or approval or refusal, apply, verify and hold, undo or done.
 * Each step is stored before its effect, so that a crash never applies twice.
 */

import { timestamp } from '../clock.ts';
import type { ActionContext, Facts, Plan, Verdict } from '../core/action.ts';
import { completionReport } from '../core/completion.ts';
import type { Finding } from '../core/evidence.ts';
import {
  type Approval,
  type GuardFacts,
  GuardRefusal,
  type Judgement,
  judge,
  Permit,
} from '../core/guard.ts';
import type { BoundAction } from '../core/system.ts';
import { UpkeepError } from '../core/verb.ts';
import type { ActionView } from '../core/view.ts';
import * as actionRows from '../store/actions.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import * as journal from '../store/journal.ts';
import type { Estate } from './bound.ts';
import { canonical } from './canonical.ts';
import type { Desk } from './desk.ts';
import type { Picture } from './picture.ts';

export interface Request {
  readonly action: string;
  readonly target: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly why: string;
}

export type Proposed = { readonly action: ActionView } | { readonly refused: string };

export interface Actor {
  propose(request: Request, by: string, incidentId: string | null): Promise<Proposed>;
  /** What the guard would say, without storing anything. */
  explain(
    request: Request,
  ): Promise<{ plan: Plan; judgement: Judgement; facts: GuardFacts } | { refused: string }>;
  approve(actionId: string, digest: string, by: string): Promise<ActionView>;
  deny(actionId: string, by: string, reason: string): Promise<ActionView>;
  /** Proposes what findings recommend, each once for an incident. */
  follow(incidentId: string, findings: readonly Finding[]): Promise<void>;
  /** Job: applies a permitted action and verifies it. */
  carryOut(actionId: string): Promise<void>;
  /** Job: an approval that nobody gave in time. */
  expire(actionId: string): Promise<void>;
  /** After a start: what was under way when Upkeep stopped is verified, never applied again. */
  resume(): Promise<void>;
}

const hourMs = 3_600_000;
const pollMs = 500;
const applyTimeoutMs = 30_000;

export function createActor(
  desk: Desk,
  options: { readonly picture: Picture; readonly estate: () => Estate },
): Actor {
  const { clock, store } = desk;

  function find(actionId: string, target: string): { action: BoundAction; environment: string | null } {
    const watched = options.estate().targets.get(target);
    if (!watched) throw new UpkeepError('not-found', `no target is called ${target}`);
    const action = watched.bound.actions.find((one) => one.id === actionId);
    if (!action)
      throw new UpkeepError('not-found', `${target} (${watched.settings.system}) has no action ${actionId}`);
    return { action, environment: watched.settings.environment ?? desk.configuration().environment };
  }

  function contextFor(signal: AbortSignal): ActionContext {
    return { signal, clock, latest: (target, metric) => options.picture.latest(target, metric) };
  }

  async function planFor(request: Request): Promise<Plan | { refused: string }> {
    const { action } = find(request.action, request.target);
    const parsed = action.input.safeParse(request.input);
    if (!parsed.success)
      throw new UpkeepError(
        'bad-input',
        parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; '),
      );
    const drafted = await withTimeout((signal) => action.plan(parsed.data, contextFor(signal)));
    if ('refused' in drafted) return drafted;
    return { action: action.id, target: request.target, input: parsed.data, risk: action.risk, ...drafted };
  }

  async function withTimeout<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    const cancel = clock.after(applyTimeoutMs, () =>
      stop.abort(new Error(`no answer within ${applyTimeoutMs} ms`)),
    );
    try {
      return await work(stop.signal);
    } finally {
      cancel();
    }
  }

  async function factsFor(tx: Tx, plan: Plan, incidentId: string | null): Promise<GuardFacts> {
    const now = clock.now();
    return {
      environment: find(plan.action, plan.target).environment,
      appliedOnTargetLastHour: await actionRows.appliedOnTarget(tx, plan.target, now - hourMs),
      appliedForIncident: incidentId === null ? 0 : await actionRows.appliedForIncident(tx, incidentId),
      appliedLastDay: await actionRows.appliedSince(tx, now - 24 * hourMs),
      failedInARow: await actionRows.failedInARow(tx, plan.action, plan.target),
    };
  }

  function digestOf(plan: Plan): string {
    return desk.digest(canonical(plan));
  }

  async function propose(request: Request, by: string, incidentId: string | null): Promise<Proposed> {
    const plan = await planFor(request);
    if ('refused' in plan) {
      await note('action.not-planned', `target:${request.target}`, by, incidentId, {
        action: request.action,
        input: request.input,
        reason: plan.refused,
      });
      return plan;
    }
    const id = desk.newId();
    const now = clock.now();
    const { approvalTtlMs } = desk.configuration().guard;
    const view = await store.transaction(async (tx) => {
      const judgement = judge(plan, await factsFor(tx, plan, incidentId), desk.configuration().guard);
      const state = ({ allow: 'permitted', ask: 'awaiting-approval', deny: 'refused' } as const)[
        judgement.kind
      ];
      const action: ActionView = {
        id,
        incidentId,
        plan,
        digest: digestOf(plan),
        state,
        judgement,
        why: request.why,
        proposedBy: by,
        proposedAt: now,
        approvedBy: null,
        approvedAt: null,
        expiresAt: judgement.kind === 'ask' ? now + approvalTtlMs : null,
        appliedAt: null,
        endedAt: judgement.kind === 'deny' ? now : null,
        result: judgement.kind === 'deny' ? judgement.reason : null,
        after: null,
        report: null,
      };
      await actionRows.insert(tx, action);
      await record(tx, action, `action.${state}`, by, {
        reason: judgement.reason,
        summary: plan.summary,
        steps: plan.steps,
        digest: action.digest,
      });
      if (judgement.kind === 'allow') await enqueueApply(tx, id);
      if (judgement.kind === 'ask') await askPeople(tx, action);
      return action;
    });
    desk.changed();
    return { action: view };
  }

  async function askPeople(tx: Tx, action: ActionView) {
    const expiresAt = action.expiresAt ?? clock.now();
    await jobs.enqueue(tx, {
      kind: 'expire-approval',
      key: `expire:${action.id}`,
      payload: { actionId: action.id },
      runAt: expiresAt,
    });
    const incident = action.incidentId === null ? undefined : await incidentRows.byId(tx, action.incidentId);
    const key = `${action.id}:approval`;
    const message = {
      ...(incident
        ? await desk.compose(tx, incident, 'approval.requested', key)
        : {
            version: 1 as const,
            event: 'approval.requested' as const,
            key,
            at: timestamp(clock.now()),
            source: desk.configuration().name,
            url: '',
          }),
      url: `${desk.baseUrl()}/actions/${action.id}`,
      approval: {
        actionId: action.id,
        summary: action.plan.summary,
        reason: action.judgement.reason,
        expiresAt: timestamp(expiresAt),
      },
    };
    const names = new Set(
      desk.configuration().escalation[incident?.level ?? 'high'].map((step) => step.notify),
    );
    for (const notifier of desk.configuration().notifiers) {
      if (!names.has(notifier.name) || (notifier.events && !notifier.events.includes('approval.requested')))
        continue;
      await desk.tellOne(tx, notifier, message, action.incidentId);
    }
  }

  function enqueueApply(tx: Tx, actionId: string) {
    return jobs.enqueue(tx, {
      kind: 'apply',
      key: `apply:${actionId}`,
      payload: { actionId },
      runAt: clock.now(),
    });
  }

  async function decide(
    actionId: string,
    work: (tx: Tx, action: ActionView) => Promise<void>,
  ): Promise<ActionView> {
    const view = await store.transaction(async (tx) => {
      const action = await require_(tx, actionId);
      if (action.state !== 'awaiting-approval')
        throw new UpkeepError('conflict', `this action is ${action.state}, not waiting for approval`);
      if (action.expiresAt !== null && action.expiresAt <= clock.now())
        throw new UpkeepError('expired', 'the time to approve this action is over');
      await work(tx, action);
      return require_(tx, actionId);
    });
    desk.changed();
    return view;
  }

  const approve: Actor['approve'] = (actionId, digest, by) =>
    decide(actionId, async (tx, action) => {
      if (digest !== action.digest)
        throw new UpkeepError('conflict', 'the plan has changed since it was shown; read it again');
      if (desk.configuration().guard.fourEyes && action.proposedBy === by) {
        throw new UpkeepError('not-allowed', 'four eyes: whoever proposed an action may not approve it');
      }
      await mustMove(tx, action, 'permitted', { approvedBy: by, approvedAt: clock.now() });
      await record(tx, action, 'action.approved', by, { digest });
      await enqueueApply(tx, actionId);
    });

  const deny: Actor['deny'] = (actionId, by, reason) =>
    decide(actionId, async (tx, action) => {
      await mustMove(tx, action, 'denied', { endedAt: clock.now(), result: `denied by ${by}: ${reason}` });
      await record(tx, action, 'action.denied', by, { reason });
    });

  async function mustMove(tx: Tx, action: ActionView, to: ActionView['state'], changes: Partial<ActionView>) {
    if (!(await actionRows.transition(tx, action.id, [action.state], to, changes))) {
      throw new UpkeepError('conflict', 'somebody else decided on this action at the same moment');
    }
  }

  async function carryOut(actionId: string): Promise<void> {
    const action = await require_(store.db, actionId);
    if (action.state === 'permitted') await apply(action);
    else if (action.state === 'verifying') await verify(action, clock.now());
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
      await finish(
        action,
        ['applying'],
        'failed',
        `could not be applied: ${error instanceof Error ? error.message : String(error)}`,
        null,
      );
      return;
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
      verdict = await withTimeout((signal) => bound.verify(plan, contextFor(signal))).catch(
        (error: unknown): Verdict => ({
          good: false,
          detail: `could not verify: ${error instanceof Error ? error.message : String(error)}`,
        }),
      );
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

  async function undoOrFail(action: ActionView, bound: BoundAction, verdict: Verdict, permit?: Permit) {
    const { plan } = action;
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
        desk.log.error('an action could not be undone', {
          action: plan.action,
          target: plan.target,
          error: String(error),
        });
      }
    }
    await finish(
      action,
      ['verifying', 'applying'],
      'failed',
      `not verified: ${verdict.detail}`,
      verdict.after ?? null,
    );
  }

  async function finish(
    action: ActionView,
    from: ActionView['state'][],
    state: ActionView['state'],
    result: string,
    after: Facts | null,
  ) {
    await store.transaction(async (tx) => {
      const ended: ActionView = { ...action, state, result, after, endedAt: clock.now() };
      const report = completionReport(ended, timestamp);
      if (
        !(await actionRows.transition(tx, action.id, from, state, {
          result,
          after,
          endedAt: ended.endedAt,
          report,
        }))
      )
        return;
      await record(tx, action, `action.${state}`, 'upkeep', { result, before: action.plan.before, after });
      await tellIncident(tx, ended);
    });
    desk.changed();
  }

  async function tellIncident(tx: Tx, action: ActionView) {
    if (action.incidentId === null) return;
    const incident = await incidentRows.byId(tx, action.incidentId);
    if (!incident || incident.status === 'resolved') return;
    if (action.state === 'done') {
      const saved = await incidentRows.update(tx, {
        ...incident,
        status: 'mitigated',
        mitigatedAt: incident.mitigatedAt ?? clock.now(),
      });
      await desk.journalIncident(tx, saved, 'incident.mitigated', {
        by: action.plan.action,
        action: action.id,
      });
      await desk.tell(tx, saved, 'incident.mitigated', `${incident.id}:mitigated:${action.id}`);
      return;
    }
    if (action.state !== 'refused')
      await desk.tell(tx, incident, 'incident.updated', `${incident.id}:action:${action.id}:${action.state}`);
  }

  async function follow(incidentId: string, findings: readonly Finding[]) {
    const earlier = await actionRows.list(store.db, { incidentId, limit: 100 });
    for (const recommendation of findings.flatMap((finding) => finding.recommendations)) {
      const same = (view: ActionView) =>
        view.plan.action === recommendation.action &&
        view.plan.target === recommendation.target &&
        canonical(view.plan.input) === canonical(recommendation.input);
      if (earlier.some(same)) continue;
      try {
        const proposed = await propose(recommendation, 'upkeep', incidentId);
        if ('action' in proposed) earlier.push(proposed.action);
      } catch (error) {
        desk.log.warn('a recommended action could not be planned', {
          action: recommendation.action,
          target: recommendation.target,
          error: String(error),
        });
      }
    }
  }

  async function resume() {
    for (const action of await actionRows.list(store.db, { states: ['applying'], limit: 100 })) {
      await store.transaction((tx) =>
        record(tx, action, 'action.interrupted', 'upkeep', {
          reason: 'Upkeep stopped while it was applied; it is verified, not applied again',
        }),
      );
      await actionRows.transition(store.db, action.id, ['applying'], 'verifying', {
        result: 'interrupted while it was applied',
      });
    }
    for (const action of await actionRows.list(store.db, {
      states: ['verifying', 'permitted'],
      limit: 100,
    })) {
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

  async function require_(tx: Tx, id: string): Promise<ActionView> {
    const action = await actionRows.byId(tx, id);
    if (!action) throw new UpkeepError('not-found', `no action has the id ${id}`);
    return action;
  }

  function record(
    tx: Tx,
    action: ActionView,
    kind: string,
    actor: string,
    payload: Readonly<Record<string, unknown>>,
  ) {
    const about = { action: action.plan.action, target: action.plan.target };
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
    propose,
    approve,
    deny,
    follow,
    carryOut,
    resume,
    async explain(request) {
      const plan = await planFor(request);
      if ('refused' in plan) return plan;
      const facts = await factsFor(store.db, plan, null);
      return { plan, facts, judgement: judge(plan, facts, desk.configuration().guard) };
    },
    async expire(actionId) {
      const action = await require_(store.db, actionId);
      if (action.state !== 'awaiting-approval') return;
      await finish(action, ['awaiting-approval'], 'expired', 'nobody approved it in time', null);
    },
  };
}
