/** Decides on every change: plan, judge, then permit, approval or refusal. What is decided is stored before it is done. */
import type { Plan } from '../core/action.ts';
import { underWay } from '../core/action-states.ts';
import type { Alert } from '../core/alert.ts';
import { mostAskings, unanswered } from '../core/approval.ts';
import { canonical } from '../core/canonical.ts';
import type { Finding } from '../core/evidence.ts';
import { type CheckItem, checkList } from '../core/guard/check-list.ts';
import { type FactLine, factLines } from '../core/guard/facts.ts';
import { outlookOf, unplanned } from '../core/guard/outlook.ts';
import { isPerson } from '../core/guard/spent.ts';
import { sharedSubject } from '../core/guard/subjects.ts';
import { sameReason } from '../core/guard/unplanned.ts';
import { type GuardFacts, type Judgement, judge, type Voice, weigh } from '../core/guard.ts';
import { howToGive } from '../core/input-words.ts';
import { UpkeepError } from '../core/verb.ts';
import type { ActionState, ActionView } from '../core/view.ts';
import * as actionRows from '../store/actions.ts';
import * as alertRows from '../store/alerts.ts';
import * as incidentRows from '../store/incidents.ts';
import * as journal from '../store/journal.ts';
import type { ActionDesk, Request } from './action-desk.ts';
import { type Approvals, askingFor, createApprovals } from './approve.ts';
import type { Executor } from './carry-out.ts';
import { type Prospect, prospectsOf } from './outlook.ts';
import { undoPlan } from './undo-action.ts';
import { createReconsidering, reconsiderLater } from './withdraw.ts';

export type { Request } from './action-desk.ts';

/** `already`: what does the same and is not over; `waits`: it is another action of the same steps. */
export type Proposed =
  | { readonly action: ActionView }
  | { readonly refused: string; readonly waits?: true; readonly already?: ActionView };

export interface Explanation {
  readonly plan: Plan;
  /** The open incident that the target is part of, whose budgets are counted; null for none. */
  readonly incidentId: string | null;
  readonly judgement: Judgement;
  readonly facts: GuardFacts;
  /** Everything that has a say, the deciding one among them. */
  readonly voices: readonly Voice[];
  readonly known: readonly FactLine[];
  readonly checks: readonly CheckItem[];
}

/** What the policy says where no plan can be made just now, and why none can. */
export interface Unplanned {
  readonly refused: string;
  readonly incidentId: string | null;
  readonly judgement: Judgement;
  readonly voices: readonly Voice[];
}

export interface Actor extends Omit<Approvals, 'ask'> {
  /** @param driven by a model: it waits for a person also where the policy would allow it */
  propose(request: Request, by: string, incidentId: string | null, driven?: 'model'): Promise<Proposed>;
  /** Proposes to take the change of an action back; says why where that is not possible. */
  undo(actionId: string, by: string, why: string, driven?: 'model'): Promise<Proposed>;
  /** What the guard would say, without storing anything. */
  explain(request: Request): Promise<Explanation | Unplanned>;
  /** What the policy says now of each action that the target has, before anything is planned. */
  prospects(target: string): Promise<Prospect[]>;
  /** Proposes what findings recommend, each once for an incident; false when one could not be planned as things are. */
  follow(incidentId: string, findings: readonly Finding[]): Promise<boolean>;
  /** Job: withdraws the requests of an incident whose trouble is over. */
  reconsider(incidentId: string): Promise<void>;
}

export function createActor(actions: ActionDesk, executor: Pick<Executor, 'finish'>): Actor {
  const {
    considered,
    desk,
    digestOf,
    enqueueApply,
    factsFor,
    find,
    note,
    openIncidentOf,
    parsedInput,
    planOrWhy,
    record,
    requireAction,
    stops,
  } = actions;
  const { ask, ...approvals } = createApprovals(actions, executor);
  const reconsider = createReconsidering(actions, executor);
  const { clock, store } = desk;

  async function propose(
    request: Request,
    by: string,
    incidentId: string | null,
    driven?: 'model',
  ): Promise<Proposed> {
    const plan = await planOrWhy(request, incidentId);
    if ('refused' in plan) {
      await noteUnplanned(request, by, incidentId, plan.refused);
      return plan;
    }
    return enter(plan, { why: request.why, by, driven }, incidentId);
  }

  /** Once for each reason in an incident: what is recommended is tried again with every look. */
  async function noteUnplanned(request: Request, by: string, incidentId: string | null, reason: string) {
    const { action, target, input } = request;
    if (incidentId !== null && by === 'upkeep') {
      const told = await journal.list(store.db, { incidentId, kinds: ['action.not-planned'], limit: 200 });
      const isTold = told.some(
        ({ payload }) =>
          payload.action === action &&
          payload.target === target &&
          sameReason(String(payload.reason), reason),
      );
      if (isTold) return;
    }
    await note('action.not-planned', `target:${target}`, by, incidentId, { action, target, input, reason });
  }

  /** Judges a plan and stores it with what follows from that, in one transaction. */
  async function enter(
    plan: Plan,
    { why, by, driven }: { why: string; by: string; driven: 'model' | undefined },
    incidentId: string | null,
  ): Promise<Proposed> {
    const id = desk.newId();
    const now = clock.now();
    const { guard } = desk.configuration();
    const proposed = await store.transaction(async (tx): Promise<Proposed> => {
      const open = await actionRows.list(tx, { states: undecided, limit: 500 });
      const same = open.find(
        // What a model asked for must not hold back what the policy allows anybody else.
        (one) => isSame(one, plan) && (driven !== undefined || !waitsForModel(one)),
      );
      if (same) return { refused: `the same action is ${inWords(same)} already (${same.id})`, already: same };
      const twin = open.find((one) => !waitsForModel(one) && hasSameSteps(one.plan, plan));
      if (twin) {
        const refused = `${twin.plan.action} would run the same steps and is ${inWords(twin)} already (${twin.id})`;
        return { refused, waits: true, already: twin };
      }
      const busy = busyWith(open, plan);
      if (busy !== undefined) return { refused: busy };
      const about = { incidentId, isByPerson: driven === undefined && isPerson(by) };
      const judgement = asDriven(await considered(tx, plan, about), driven);
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
        why,
        proposedBy: by,
        proposedAt: now,
        approvedBy: null,
        approvedAt: null,
        expiresAt: judgement.kind === 'ask' ? now + guard.approvalTtlMs : null,
        appliedAt: null,
        endedAt: judgement.kind === 'deny' ? now : null,
        result: judgement.kind === 'deny' ? judgement.reason : null,
        after: null,
        report: null,
        ...(judgement.kind === 'ask' ? { approval: askingFor(plan, guard, by) } : {}),
        version: 1,
      };
      await actionRows.insert(tx, action);
      await record(tx, action, `action.${state}`, by, {
        reason: judgement.reason,
        summary: plan.summary,
        steps: plan.steps,
        digest: action.digest,
      });
      if (judgement.kind === 'allow') await enqueueApply(tx, id);
      if (judgement.kind === 'ask') await ask(tx, action);
      if (judgement.kind === 'ask' && incidentId !== null) await reconsiderLater(tx, incidentId, now);
      return { action: await requireAction(tx, id) };
    });
    desk.changed();
    return proposed;
  }

  /**
   * What was done for an incident may be done again to other things of the same kind: sessions, say, that are idle long
   * enough only by now. Null where there is nothing of that sort.
   */
  async function onOthers(
    settled: readonly ActionView[],
    request: Request,
    incidentId: string,
  ): Promise<Proposed | null> {
    const areDone = settled.every(({ state, plan }) => state === 'done' && plan.subjects?.length);
    if (!areDone) return null;
    const plan = await planOrWhy(request, incidentId);
    if ('refused' in plan) return plan;
    const worked = settled.flatMap((one) => one.plan.subjects ?? []);
    if (!plan.subjects?.length || plan.subjects.some((one) => worked.includes(one))) return null;
    return enter(plan, { why: request.why, by: 'upkeep', driven: undefined }, incidentId);
  }

  async function follow(incidentId: string, findings: readonly Finding[]) {
    await reconsider(incidentId);
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
    const stopped = await stops.reasons(store.db);
    for (const recommendation of recommendations) {
      if (stopped.has(recommendation.target)) continue;
      const asPlanned = { ...recommendation, input: parsedInput(recommendation) };
      const mayAsk = unanswered(earlier, recommendation) < mostAskings;
      const isSettled = (action: ActionView) =>
        isSame(action, asPlanned) &&
        !(action.state === 'expired'
          ? mayAsk
          : mayRepeat(action, alerts, interrupted.has(`action:${action.id}`)));
      const settled = earlier.filter(isSettled);
      try {
        const proposed =
          settled.length === 0
            ? await propose(recommendation, 'upkeep', incidentId)
            : await onOthers(settled, recommendation, incidentId);
        if (proposed === null) continue;
        if ('action' in proposed) earlier.push(proposed.action);
        else if (!proposed.waits) isAllPlanned = false;
      } catch (error) {
        isAllPlanned = false;
        const { action, target } = recommendation;
        desk.log.warn('a recommended action could not be planned', { action, target, error: String(error) });
      }
    }
    return isAllPlanned;
  }

  return {
    ...approvals,
    propose,
    follow,
    reconsider,
    async undo(actionId, by, why, driven) {
      const original = await requireAction(store.db, actionId);
      const plan = await undoPlan(actions, original);
      if ('refused' in plan) return plan;
      const incident =
        original.incidentId === null ? undefined : await incidentRows.byId(store.db, original.incidentId);
      return enter(
        plan,
        { why, by, driven },
        incident && incident.status !== 'resolved' ? incident.id : null,
      );
    },
    prospects: (target) => prospectsOf(actions, target),
    async explain(request) {
      const { action } = find(request.action, request.target);
      const { guard } = desk.configuration();
      const incidentId = (await openIncidentOf(request.target)) ?? null;
      // What Upkeep would do by itself: a person's own proposal is in no budget.
      const whole = { incidentId, isByPerson: false, isEverything: true };
      const plan = await planOrWhy(request, incidentId).catch((error: unknown) => {
        if (!(error instanceof UpkeepError) || error.code !== 'bad-input') throw error;
        return { refused: `${error.message}${howToGive(action.input)}` };
      });
      if ('refused' in plan) {
        const any = unplanned(action.id, request.target, action.risk);
        const facts = await factsFor(store.db, any, whole);
        return {
          ...plan,
          incidentId,
          judgement: outlookOf(any, facts, guard),
          voices: weigh(any, facts, guard),
        };
      }
      const facts = await factsFor(store.db, plan, whole);
      return {
        plan,
        incidentId,
        facts,
        judgement: judge(plan, facts, guard),
        voices: weigh(plan, facts, guard),
        known: factLines(facts, plan),
        checks: checkList(plan, facts, guard.limits),
      };
    },
  };
}

const modelProposes = 'a model proposes it';

/** A model never decides what is done: what the policy allows is asked for all the same. */
function asDriven<J extends Judgement>(judgement: J, driven: 'model' | undefined): J | (J & { kind: 'ask' }) {
  if (driven === undefined || judgement.kind !== 'allow') return judgement;
  return { ...judgement, kind: 'ask', reason: `${modelProposes}; otherwise ${judgement.reason}` };
}

function waitsForModel({ state, judgement }: ActionView): boolean {
  return state === 'awaiting-approval' && judgement.reason.startsWith(modelProposes);
}

/** Of two incidents with one cause, say, only one has its action at a time. */
const undecided: readonly ActionState[] = ['awaiting-approval', ...underWay];

/** What waits for a yes may wait for long and is planned anew before it begins; it holds nothing up. */
function busyWith(open: readonly ActionView[], plan: Plan): string | undefined {
  for (const { id, plan: other, state } of open) {
    const subject = state === 'awaiting-approval' ? undefined : sharedSubject(plan, other);
    if (subject !== undefined)
      return `${other.action} works on ${subject} of ${other.target} now (${id}); one change of a thing at a time`;
  }
  return undefined;
}

/** Two roads to one repair, as a start and a restart of what does not run. */
function hasSameSteps(one: Plan, other: Plan): boolean {
  return (
    one.action !== other.action &&
    one.target === other.target &&
    one.undoes === undefined &&
    other.undoes === undefined &&
    one.steps.length > 0 &&
    canonical(one.steps) === canonical(other.steps)
  );
}

const inWords = ({ state }: ActionView) => state.replaceAll('-', ' ');

/** Also where somebody edited its input: the recommendation was taken up. */
function isSame(
  { plan, approval }: ActionView,
  request: Pick<Plan, 'action' | 'target' | 'input' | 'undoes'>,
): boolean {
  const { action, target, input } = request;
  const inputs = [plan.input, ...(approval?.edits ?? []).map((edit) => edit.input)];
  return (
    plan.action === action &&
    plan.target === target &&
    plan.undoes === request.undoes &&
    inputs.some((one) => canonical(one) === canonical(input))
  );
}

/**
 * What helped once, or was withdrawn, is right again when the trouble came back afterwards, and what a crash of Upkeep cut
 * off may never have begun; what somebody said yes to, or the policy did, and could not begin after all is planned and
 * judged anew. What failed is not tried again blindly.
 */
function mayRepeat(
  { state, endedAt, approvedAt, appliedAt, judgement }: ActionView,
  alerts: readonly Alert[],
  wasInterrupted: boolean,
): boolean {
  if (state === 'failed') return wasInterrupted;
  if (state === 'refused') return appliedAt === null && (approvedAt !== null || judgement.kind === 'allow');
  if ((state !== 'done' && state !== 'withdrawn') || endedAt === null) return false;
  return alerts.some((alert) => alert.state === 'firing' && (alert.firedAt ?? 0) > endedAt);
}
