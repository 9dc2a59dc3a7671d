/** Decides on every change: plan, judge, then permit, approval or refusal. What is decided is stored before it is done. */
import { timestamp } from '../clock.ts';
import type { Plan } from '../core/action.ts';
import type { Alert } from '../core/alert.ts';
import { canonical } from '../core/canonical.ts';
import type { Finding } from '../core/evidence.ts';
import { type CheckItem, checkList, openChecks } from '../core/guard/check-list.ts';
import { type FactLine, factLines } from '../core/guard/facts.ts';
import { type GuardFacts, type Judgement, judge, type Voice, weigh } from '../core/guard.ts';
import { UpkeepError } from '../core/verb.ts';
import type { ActionState, ActionView } from '../core/view.ts';
import * as actionRows from '../store/actions.ts';
import * as alertRows from '../store/alerts.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import * as journal from '../store/journal.ts';
import type { ActionDesk, Request } from './action-desk.ts';
import { askOnCall } from './ask-on-call.ts';
import type { Executor } from './carry-out.ts';

export type { Request } from './action-desk.ts';

export type Proposed = { readonly action: ActionView } | { readonly refused: string };

export interface Explanation {
  readonly plan: Plan;
  readonly judgement: Judgement;
  readonly facts: GuardFacts;
  /** Everything that has a say, the deciding one among them. */
  readonly voices: readonly Voice[];
  readonly known: readonly FactLine[];
  readonly checks: readonly CheckItem[];
}

export interface Actor {
  propose(request: Request, by: string, incidentId: string | null): Promise<Proposed>;
  /** What the guard would say, without storing anything. */
  explain(request: Request): Promise<Explanation | { refused: string }>;
  approve(actionId: string, digest: string, by: string): Promise<ActionView>;
  deny(actionId: string, by: string, reason: string): Promise<ActionView>;
  /** Proposes what findings recommend, each once for an incident; false when one could not be planned as things are. */
  follow(incidentId: string, findings: readonly Finding[]): Promise<boolean>;
  /** Job: an approval that nobody gave in time. */
  expire(actionId: string): Promise<void>;
}

export function createActor(actions: ActionDesk, executor: Pick<Executor, 'finish'>): Actor {
  const { desk, parsedInput, planFor, factsFor, digestOf, requireAction, mustMove, record, note } = actions;
  const { clock, store } = desk;

  async function propose(request: Request, by: string, incidentId: string | null): Promise<Proposed> {
    const plan = await planFor(request, incidentId);
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
    const proposed = await store.transaction(async (tx): Promise<Proposed> => {
      const same = (await actionRows.list(tx, { states: undecided, limit: 500 })).find((one) =>
        isSame(one, plan),
      );
      if (same) return { refused: `the same action is ${same.state} already (${same.id})` };
      const judgement = await considered(tx, plan, incidentId);
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
      return { action };
    });
    desk.changed();
    return proposed;
  }

  /** The judgement with what it went by, as it is stored, shown, and judged again under another policy. */
  async function considered(tx: Tx, plan: Plan, incidentId: string | null): Promise<ActionView['judgement']> {
    const { guard } = desk.configuration();
    const facts = await factsFor(tx, plan, incidentId);
    return { ...judge(plan, facts, guard), facts, checks: checkList(plan, facts, guard.limits) };
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
        digest: action.digest,
        summary: action.plan.summary,
        reason: action.judgement.reason,
        open: openChecks(action.judgement.checks ?? []),
        expiresAt: timestamp(expiresAt),
      },
    };
    const about = { level: incident?.level ?? 'high', services: incident?.services ?? [] };
    await askOnCall(desk, tx, about, message, action.incidentId);
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
      const action = await requireAction(tx, actionId);
      if (action.state !== 'awaiting-approval')
        throw new UpkeepError('conflict', `this action is ${action.state}, not waiting for approval`);
      if (action.expiresAt !== null && action.expiresAt <= clock.now())
        throw new UpkeepError('expired', 'the time to approve this action is over');
      await work(tx, action);
      return requireAction(tx, actionId);
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

  async function follow(incidentId: string, findings: readonly Finding[]) {
    const recommendations = findings.flatMap((finding) => finding.recommendations);
    if (recommendations.length === 0) return true;
    const earlier = await actionRows.list(store.db, { incidentId, limit: 100 });
    const alerts = await alertRows.ofIncident(store.db, incidentId);
    const interrupted = new Set(
      (await journal.list(store.db, { incidentId, kinds: ['action.interrupted'], limit: 100 })).map(
        (entry) => entry.subject,
      ),
    );
    let isAllPlanned = true;
    for (const recommendation of recommendations) {
      const asPlanned = { ...recommendation, input: parsedInput(recommendation) };
      const isSettled = (action: ActionView) =>
        isSame(action, asPlanned) && !mayRepeat(action, alerts, interrupted.has(`action:${action.id}`));
      if (earlier.some(isSettled)) continue;
      try {
        const proposed = await propose(recommendation, 'upkeep', incidentId);
        if ('action' in proposed) earlier.push(proposed.action);
        else isAllPlanned = false;
      } catch (error) {
        isAllPlanned = false;
        const { action, target } = recommendation;
        desk.log.warn('a recommended action could not be planned', { action, target, error: String(error) });
      }
    }
    return isAllPlanned;
  }

  return {
    propose,
    approve,
    deny,
    follow,
    async explain(request) {
      const plan = await planFor(request);
      if ('refused' in plan) return plan;
      const { guard } = desk.configuration();
      const facts = await factsFor(store.db, plan, null, true);
      return {
        plan,
        facts,
        judgement: judge(plan, facts, guard),
        voices: weigh(plan, facts, guard),
        known: factLines(facts),
        checks: checkList(plan, facts, guard.limits),
      };
    },
    async expire(actionId) {
      const action = await requireAction(store.db, actionId);
      if (action.state !== 'awaiting-approval') return;
      await executor.finish(action, ['awaiting-approval'], 'expired', 'nobody approved it in time', null);
    },
  };
}

/** Of two incidents with one cause, say, only one has its action at a time. */
const undecided: readonly ActionState[] = ['awaiting-approval', 'permitted', 'applying', 'verifying'];

function isSame({ plan }: ActionView, request: Pick<Request, 'action' | 'target' | 'input'>): boolean {
  const { action, target, input } = request;
  return plan.action === action && plan.target === target && canonical(plan.input) === canonical(input);
}

/**
 * What helped once may help again when the trouble came back afterwards, and what a crash of Upkeep cut off may never
 * have begun; what failed is not tried again blindly.
 */
function mayRepeat(
  { state, endedAt }: ActionView,
  alerts: readonly Alert[],
  wasInterrupted: boolean,
): boolean {
  if (state === 'failed') return wasInterrupted;
  if (state !== 'done' || endedAt === null) return false;
  return alerts.some((alert) => alert.state === 'firing' && (alert.firedAt ?? 0) > endedAt);
}
