/** Asks people for leave to carry out a plan, and takes their answer: yes, no, another input, or silence. */
import { timestamp } from '../clock.ts';
import type { Plan } from '../core/action.ts';
import {
  type Asking,
  nextAskAt,
  objection,
  peopleNeeded,
  unanswered,
  unansweredWords,
} from '../core/approval.ts';
import { canonical } from '../core/canonical.ts';
import { openChecks } from '../core/guard/check-list.ts';
import { isPerson } from '../core/guard/spent.ts';
import { hintFor } from '../core/suggest.ts';
import { UpkeepError } from '../core/verb.ts';
import type { ActionView } from '../core/view.ts';
import * as actionRows from '../store/actions.ts';
import * as incidentRows from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import type { ActionDesk } from './action-desk.ts';
import { askOnCall } from './ask-on-call.ts';
import type { Executor } from './carry-out.ts';
import { personBehind } from './person-behind.ts';
import { whyOver } from './withdraw.ts';

export interface Approvals {
  /** Asks the first step of the policy, and has silence take it on. Writes what was asked into the action. */
  ask(tx: Tx, action: ActionView): Promise<void>;
  approve(actionId: string, digest: string, by: string): Promise<ActionView>;
  deny(actionId: string, by: string, reason: string): Promise<ActionView>;
  /**
   * Another input within the bounds of the action: a new plan with a new digest, judged anew. What was approved before
   * no longer counts.
   */
  edit(actionId: string, input: Readonly<Record<string, unknown>>, by: string): Promise<ActionView>;
  /** Job: nobody has answered, the next step of the policy is asked. */
  askFurther(actionId: string, digest: string, step: number): Promise<void>;
  /** Job: an approval that nobody gave in time. */
  expire(actionId: string): Promise<void>;
}

export function askingFor(plan: Plan, policy: { readonly fourEyes: boolean }, author: string): Asking {
  return { needed: peopleNeeded(plan, policy), given: [], author, asked: [], nextAt: null, edits: [] };
}

export function createApprovals(actions: ActionDesk, executor: Pick<Executor, 'finish'>): Approvals {
  const { desk, considered, digestOf, enqueueApply, find, mustMove, planOrWhy, record, requireAction } =
    actions;
  const { clock, store } = desk;

  async function ask(tx: Tx, action: ActionView) {
    const runAt = action.expiresAt ?? clock.now();
    const key = `expire:${action.id}:${action.digest.slice(0, 16)}`;
    await jobs.enqueue(tx, { kind: 'expire-approval', key, payload: { actionId: action.id }, runAt });
    await askFrom(tx, action, 0);
  }

  async function askFrom(tx: Tx, action: ActionView, from: number) {
    const { id, digest } = action;
    const asking = askingOf(action);
    const now = clock.now();
    const expiresAt = action.expiresAt ?? now;
    const incident = action.incidentId === null ? undefined : await incidentRows.byId(tx, action.incidentId);
    const about = { level: incident?.level ?? 'high', services: incident?.services ?? [] };
    const { whom, next } = await askOnCall(
      desk,
      tx,
      about,
      await messageFor(tx, action),
      action.incidentId,
      from,
    );
    const nextAt = next && nextAskAt(now, next.afterMs, expiresAt);
    if (next && nextAt !== null) {
      const payload = { actionId: id, digest, step: next.step };
      const key = `ask:${id}:${digest.slice(0, 16)}:${next.step}`;
      await jobs.enqueue(tx, { kind: 'ask-further', key, payload, runAt: nextAt });
    }
    const asked = whom.length === 0 ? asking.asked : [...asking.asked, { at: now, whom }];
    await mustMove(tx, action, action.state, { approval: { ...asking, asked, nextAt } });
    if (whom.length > 0) await record(tx, action, 'action.asked', 'upkeep', { whom, step: from });
  }

  async function messageFor(tx: Tx, action: ActionView) {
    const incident = action.incidentId === null ? undefined : await incidentRows.byId(tx, action.incidentId);
    const key = `${action.id}:approval:${action.digest.slice(0, 16)}`;
    const own = {
      ...({ version: 1, event: 'approval.requested', key, at: timestamp(clock.now()) } as const),
      ...{ source: desk.configuration().name, url: '' },
    };
    return {
      ...(incident ? await desk.compose(tx, incident, 'approval.requested', key) : own),
      url: `${desk.baseUrl()}/actions/${action.id}`,
      approval: {
        actionId: action.id,
        digest: action.digest,
        summary: action.plan.summary,
        reason: action.judgement.reason,
        open: openChecks(action.judgement.checks ?? []),
        expiresAt: timestamp(action.expiresAt ?? clock.now()),
      },
    };
  }

  async function mustWait(tx: Tx, action: ActionView) {
    if (action.state !== 'awaiting-approval') {
      const why = action.state === 'withdrawn' ? ` (${action.result})` : '';
      throw new UpkeepError('conflict', `this action is ${action.state}${why}, not waiting for approval`);
    }
    if (action.expiresAt !== null && action.expiresAt <= clock.now())
      throw new UpkeepError('expired', 'the time to approve this action is over');
    const over = await whyOver(actions, tx, action);
    if (over !== null) throw new UpkeepError('conflict', `${over}; propose it anew if it is needed`);
  }

  async function decide(
    actionId: string,
    work: (tx: Tx, action: ActionView) => Promise<void>,
  ): Promise<ActionView> {
    const view = await store.transaction(async (tx) => {
      const action = await requireAction(tx, actionId);
      await mustWait(tx, action);
      await work(tx, action);
      return requireAction(tx, actionId);
    });
    desk.changed();
    return view;
  }

  const approve: Approvals['approve'] = (actionId, digest, by) =>
    decide(actionId, async (tx, action) => {
      if (digest !== action.digest) throw new UpkeepError('conflict', notItsDigest(action));
      const configuration = desk.configuration();
      const { fourEyes } = configuration.guard;
      const before = askingOf(action);
      // A policy that was tightened meanwhile holds for what still waits.
      const asking = {
        ...before,
        needed: Math.max(before.needed, peopleNeeded(action.plan, configuration.guard)),
      };
      const person = await personBehind(tx, by, configuration);
      const author = await personBehind(tx, asking.author, configuration);
      const against = objection(asking, { by, person, author }, fourEyes);
      if (against) throw new UpkeepError(against.code, against.reason);
      const approval = { ...asking, given: [...asking.given, { by, person, at: clock.now() }] };
      if (approval.given.length < approval.needed) {
        await mustMove(tx, action, 'awaiting-approval', { approval });
        await record(tx, action, 'action.approved-in-part', by, { digest, needed: approval.needed });
        return;
      }
      await mustMove(tx, action, 'permitted', {
        approval: { ...approval, nextAt: null },
        approvedBy: approval.given.map((yes) => yes.by).join(' and '),
        approvedAt: clock.now(),
      });
      await record(tx, action, 'action.approved', by, { digest });
      await enqueueApply(tx, actionId);
    });

  const deny: Approvals['deny'] = (actionId, by, reason) =>
    decide(actionId, async (tx, action) => {
      await mustMove(tx, action, 'denied', { endedAt: clock.now(), result: `denied by ${by}: ${reason}` });
      await record(tx, action, 'action.denied', by, { reason });
    });

  /** @throws UpkeepError where the input is not the action's, changes nothing, or makes no plan */
  async function replanned(action: ActionView, input: Readonly<Record<string, unknown>>): Promise<Plan> {
    const { plan } = action;
    if (plan.undoes !== undefined)
      throw new UpkeepError('bad-input', 'what takes a change back has no input; deny it instead');
    const known = Object.keys(find(plan.action, plan.target).action.input.shape);
    for (const name of Object.keys(input)) {
      if (known.includes(name)) continue;
      const hint = hintFor(name, known);
      throw new UpkeepError('bad-input', `${plan.action} has no input ${name}${hint ? ` (${hint})` : ''}`);
    }
    const request = {
      action: plan.action,
      target: plan.target,
      input: { ...plan.input, ...input },
      why: action.why,
    };
    const made = await planOrWhy(request, action.incidentId);
    if ('refused' in made) throw new UpkeepError('refused', `no plan: ${made.refused}`);
    if (canonical(made.input) === canonical(plan.input))
      throw new UpkeepError('bad-input', 'that is what is planned already; nothing would change');
    return made;
  }

  async function edit(actionId: string, input: Readonly<Record<string, unknown>>, by: string) {
    const seen = await requireAction(store.db, actionId);
    await mustWait(store.db, seen);
    const plan = await replanned(seen, input);
    return decide(actionId, async (tx, action) => {
      if (action.version !== seen.version)
        throw new UpkeepError('conflict', 'somebody else decided on this action at the same moment');
      const about = { incidentId: action.incidentId, isByPerson: isPerson(by) };
      const judgement = await considered(tx, plan, about);
      if (judgement.kind === 'deny') throw new UpkeepError('refused', judgement.reason);
      const { guard } = desk.configuration();
      const old = askingOf(action);
      const now = clock.now();
      const changed = {
        ...{ plan, judgement, digest: digestOf(plan) },
        expiresAt: judgement.kind === 'ask' ? now + guard.approvalTtlMs : null,
        approval: {
          ...askingFor(plan, guard, by),
          edits: [...old.edits, { by, at: now, digest: action.digest, input: action.plan.input }],
        },
      };
      const to = judgement.kind === 'ask' ? 'awaiting-approval' : 'permitted';
      await mustMove(tx, action, to, changed);
      const edited = await requireAction(tx, actionId);
      const voided = old.given.map((yes) => yes.by);
      await record(tx, edited, 'action.edited', by, {
        ...{ from: action.digest, input: plan.input, summary: plan.summary, steps: plan.steps, voided },
      });
      if (judgement.kind === 'ask') await ask(tx, edited);
      else await enqueueApply(tx, actionId);
    });
  }

  return {
    ask,
    approve,
    deny,
    edit,
    async askFurther(actionId, digest, step) {
      await store.transaction(async (tx) => {
        const action = await requireAction(tx, actionId);
        if (action.state !== 'awaiting-approval' || action.digest !== digest) return;
        if ((action.expiresAt ?? 0) <= clock.now()) return;
        await askFrom(tx, action, step);
      });
      desk.changed();
    },
    async expire(actionId) {
      const action = await requireAction(store.db, actionId);
      if (action.state !== 'awaiting-approval' || (action.expiresAt ?? 0) > clock.now()) return;
      const { incidentId, plan, proposedBy } = action;
      const earlier =
        incidentId === null || proposedBy !== 'upkeep'
          ? []
          : await actionRows.list(store.db, { incidentId, states: ['expired'], limit: 100 });
      const result = unansweredWords(unanswered(earlier, plan) + 1);
      await executor.finish(action, ['awaiting-approval'], 'expired', result, null);
    },
  };
}

/** One from before approvals were kept needs one yes, of anybody but its proposer. */
function askingOf({ approval, plan, proposedBy }: ActionView): Asking {
  return approval ?? askingFor(plan, { fourEyes: false }, proposedBy);
}

function notItsDigest({ id, approval }: ActionView): string {
  const edit = approval?.edits.at(-1);
  const why =
    edit === undefined
      ? 'the plan has not changed since it was made, so the digest is mistyped or cut'
      : `the plan has changed since it was shown (edited by ${edit.by}), or the digest is mistyped`;
  return `this is not the digest of the plan: ${why}. Nothing was approved; read it again: upkeep action show ${id}`;
}
