/** Actions with their plans, from proposal to report, and the counts that the guard judges by. */
import type { Selectable } from 'kysely';
import type { ActionState, ActionView } from '../core/view.ts';
import { onlyOne, prefixLimit, prefixPattern } from './by-prefix.ts';
import type { Tx } from './index.ts';
import type { Schema } from './schema.ts';

export async function insert(tx: Tx, action: ActionView): Promise<void> {
  await tx.insertInto('actions').values(toRow(action)).execute();
}

/** What may change after the proposal; plan and digest only together, by an edit while it waits for approval. */
export type ActionChanges = Partial<
  Pick<
    ActionView,
    | 'plan'
    | 'digest'
    | 'approval'
    | 'judgement'
    | 'approvedBy'
    | 'approvedAt'
    | 'expiresAt'
    | 'appliedAt'
    | 'endedAt'
    | 'result'
    | 'after'
    | 'report'
  >
>;

/**
 * Moves an action on if it is in one of the states `from`. Of several that try at once exactly one gets true;
 * only that one may have the effect.
 * @param seen what the mover had read of it: its version, or the digest of its plan
 */
export async function transition(
  tx: Tx,
  id: string,
  from: readonly ActionState[],
  to: ActionState,
  changes: ActionChanges = {},
  seen: { readonly version?: number | undefined; readonly digest?: string } = {},
): Promise<boolean> {
  const { version, digest } = seen;
  const { numUpdatedRows } = await tx
    .updateTable('actions')
    .set((eb) => ({ state: to, version: eb('version', '+', 1), ...changedColumns(changes) }))
    .where('id', '=', id)
    .where('state', 'in', from)
    .$if(version !== undefined, (query) => query.where('version', '=', version ?? 0))
    .$if(digest !== undefined, (query) => query.where('digest', '=', digest ?? ''))
    .executeTakeFirst();
  return numUpdatedRows === 1n;
}

/** The clock was set back by so much: whoever is asked has no longer to answer. */
export async function bringExpiryForward(tx: Tx, byMs: number): Promise<void> {
  await tx
    .updateTable('actions')
    .set((eb) => ({ expires_at: eb('expires_at', '-', byMs) }))
    .where('state', '=', 'awaiting-approval')
    .where('expires_at', 'is not', null)
    .execute();
}

export async function byId(tx: Tx, id: string): Promise<ActionView | undefined> {
  const row = await tx.selectFrom('actions').selectAll().where('id', '=', id).executeTakeFirst();
  return row && fromRow(row);
}

/** By its id or the beginning of it. @throws UpkeepError not-found, or bad-input when several begin so */
export async function find(tx: Tx, id: string): Promise<ActionView> {
  const rows = await tx
    .selectFrom('actions')
    .selectAll()
    .where('id', 'like', prefixPattern('action', id))
    .orderBy('id', 'desc')
    .limit(prefixLimit)
    .execute();
  return fromRow(onlyOne('action', id, rows));
}

export interface ActionFilter {
  /** Proposed at or after. */
  readonly since?: number | undefined;
  readonly states?: readonly ActionState[] | undefined;
  readonly incidentId?: string | undefined;
  readonly action?: string | undefined;
  /** The last word of the action, of any system: `promote`. */
  readonly deed?: string | undefined;
  readonly limit: number;
}

/** Newest first. */
export async function list(
  tx: Tx,
  { states, incidentId, action, deed, since, limit }: ActionFilter,
): Promise<ActionView[]> {
  const rows = await tx
    .selectFrom('actions')
    .selectAll()
    .$if(states !== undefined, (query) => query.where('state', 'in', states ?? []))
    .$if(since !== undefined, (query) => query.where('proposed_at', '>=', since ?? 0))
    .$if(incidentId !== undefined, (query) => query.where('incident_id', '=', incidentId ?? ''))
    .$if(action !== undefined, (query) => query.where('action', '=', action ?? ''))
    .$if(deed !== undefined, (query) => query.where('action', 'like', `%.${deed}`))
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
  return rows.map(fromRow);
}

/** What takes, or took, the change of an action back. */
export async function undoing(tx: Tx, id: string): Promise<ActionView[]> {
  const rows = await tx.selectFrom('actions').selectAll().where('undoes', '=', id).execute();
  return rows.map(fromRow);
}

/** How many Upkeep applied by itself on the target at or after `since`, whatever came of them. */
export function appliedOnTarget(tx: Tx, target: string, since: number): Promise<number> {
  return count(byItself(tx).where('target', '=', target).where('applied_at', '>=', since));
}

/** Of one action on one target. */
export function appliedOfAction(tx: Tx, action: string, target: string, since: number): Promise<number> {
  return count(
    tx
      .selectFrom('actions')
      .where('action', '=', action)
      .where('target', '=', target)
      .where('applied_at', '>=', since),
  );
}

/** By Upkeep itself. */
export function appliedSince(tx: Tx, since: number): Promise<number> {
  return count(byItself(tx).where('applied_at', '>=', since));
}

/** As `isByItself` of `core/guard/spent.ts` tells them. */
function byItself(tx: Tx): ActionQuery {
  return tx
    .selectFrom('actions')
    .where('approved_by', 'is', null)
    .where((eb) =>
      eb.or([
        eb('proposed_by', '=', 'upkeep'),
        eb('proposed_by', 'like', 'token:%'),
        eb('proposed_by', 'like', 'mcp:%'),
      ]),
    );
}

/**
 * How often this action on this target was applied without doing its good since it last did: verification failed, or
 * it was taken back.
 */
export async function failedInARow(tx: Tx, action: string, target: string): Promise<number> {
  const ended = tx
    .selectFrom('actions')
    .where('action', '=', action)
    .where('target', '=', target)
    .where('undoes', 'is', null);
  const good = await ended
    .select((eb) => eb.fn.max('ended_at').as('at'))
    .where('state', '=', 'done')
    .executeTakeFirst();
  return count(
    ended
      .where('state', 'in', ['failed', 'undone'])
      .where('applied_at', 'is not', null)
      .where('ended_at', '>', good?.at ?? 0),
  );
}

type ActionQuery = ReturnType<typeof selectActions>;

function selectActions(tx: Tx) {
  return tx.selectFrom('actions');
}

async function count(query: ActionQuery): Promise<number> {
  const { n } = await query.select((eb) => eb.fn.countAll<number>().as('n')).executeTakeFirstOrThrow();
  return n;
}

function changedColumns(changes: ActionChanges): Partial<Schema['actions']> {
  const { judgement, after, plan, approval, ...rest } = changes;
  return {
    ...(plan === undefined ? {} : { plan: JSON.stringify(plan) }),
    ...(rest.digest === undefined ? {} : { digest: rest.digest }),
    ...(approval === undefined ? {} : { approval: jsonOrNull(approval) }),
    ...(judgement === undefined ? {} : { judgement: JSON.stringify(judgement) }),
    ...(after === undefined ? {} : { after: jsonOrNull(after) }),
    ...(rest.approvedBy === undefined ? {} : { approved_by: rest.approvedBy }),
    ...(rest.approvedAt === undefined ? {} : { approved_at: rest.approvedAt }),
    ...(rest.expiresAt === undefined ? {} : { expires_at: rest.expiresAt }),
    ...(rest.appliedAt === undefined ? {} : { applied_at: rest.appliedAt }),
    ...(rest.endedAt === undefined ? {} : { ended_at: rest.endedAt }),
    ...(rest.result === undefined ? {} : { result: rest.result }),
    ...(rest.report === undefined ? {} : { report: rest.report }),
  };
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}

function fromRow(row: Selectable<Schema['actions']>): ActionView {
  return {
    id: row.id,
    incidentId: row.incident_id,
    plan: JSON.parse(row.plan),
    digest: row.digest,
    state: row.state,
    judgement: JSON.parse(row.judgement),
    why: row.why,
    proposedBy: row.proposed_by,
    proposedAt: row.proposed_at,
    approvedBy: row.approved_by,
    approvedAt: row.approved_at,
    expiresAt: row.expires_at,
    appliedAt: row.applied_at,
    endedAt: row.ended_at,
    result: row.result,
    after: row.after === null ? null : JSON.parse(row.after),
    report: row.report,
    ...(row.approval === null ? {} : { approval: JSON.parse(row.approval) }),
    version: row.version,
  };
}

function toRow(action: ActionView): Schema['actions'] {
  return {
    id: action.id,
    incident_id: action.incidentId,
    action: action.plan.action,
    target: action.plan.target,
    plan: JSON.stringify(action.plan),
    digest: action.digest,
    state: action.state,
    judgement: JSON.stringify(action.judgement),
    why: action.why,
    proposed_by: action.proposedBy,
    proposed_at: action.proposedAt,
    approved_by: action.approvedBy,
    approved_at: action.approvedAt,
    expires_at: action.expiresAt,
    applied_at: action.appliedAt,
    ended_at: action.endedAt,
    result: action.result,
    after: jsonOrNull(action.after),
    report: action.report,
    approval: jsonOrNull(action.approval ?? null),
    undoes: action.plan.undoes ?? null,
    version: action.version ?? 1,
  };
}
