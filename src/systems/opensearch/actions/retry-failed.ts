import { z } from 'zod';
import { type ActionContext, defineAction } from '../../../core/action.ts';
import { count } from '../../../core/count.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { catShards, explanation } from '../answers.ts';
import { ask, type OpensearchConnection, send } from '../client.ts';
import { type Shard, shardsOf, shardsPath, unassignedOf } from '../shards.ts';

const input = z.strictObject({});
const path = '_cluster/reroute?retry_failed=true&metric=none';
const steps = [`POST /${path}`];
const mostExplained = 5;

export const retryFailed = defineAction<OpensearchConnection, typeof input>({
  id: 'opensearch.retry-failed',
  summary: 'Lets the cluster try again to allocate shards that it gave up after too many failures',
  risk: 'risky',
  input,
  privileges: 'cluster:admin/reroute, cluster:monitor/state, cluster:monitor/allocation/explain',

  async plan(conn, _input, ctx) {
    const failed = await givenUp(conn, ctx);
    if (failed.length === 0) return { refused: 'no shard is given up now' };
    const damaged = await damageOf(conn, failed, ctx);
    if (damaged !== undefined)
      return {
        refused: `${damaged}: a damaged file fails again each time; restore the index, or let the copy be built anew from its primary`,
      };
    return {
      summary: `try again to allocate ${count(failed.length, 'shard')}: ${namesOf(failed)}`,
      steps,
      before: { givenUp: failed.length, shards: namesOf(failed) },
      expect: 'no shard is given up any more',
      undo: { possible: false, how: 'nothing is changed: the cluster only tries what it had stopped trying' },
      verifyWithinMs: 120_000,
      holdMs: 30_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    demandSteps(plan, steps);
    if ((await givenUp(conn, ctx)).length === 0) return 'no shard is given up any more; nothing was done';
    await send(conn, { method: 'POST', path }, ctx.signal);
    return `the cluster tries again to allocate ${plan.before.shards}`;
  },

  async verify(conn, _plan, ctx) {
    const left = await givenUp(conn, ctx);
    return {
      good: left.length === 0,
      detail:
        left.length === 0
          ? 'no shard is given up'
          : `${count(left.length, 'shard is', 'shards are')} given up again: ${namesOf(left)}`,
      after: { givenUp: left.length },
    };
  },
});

async function givenUp(conn: OpensearchConnection, { signal }: ActionContext): Promise<Shard[]> {
  const table = shardsOf(await ask(conn, shardsPath, catShards, signal));
  return unassignedOf(table).filter(({ reason }) => reason === 'ALLOCATION_FAILED');
}

/** What is damaged, when every shard that was looked at is; the others are worth another try. */
async function damageOf(
  conn: OpensearchConnection,
  failed: readonly Shard[],
  { signal }: ActionContext,
): Promise<string | undefined> {
  const damaged: string[] = [];
  const asked = failed.slice(0, mostExplained);
  for (const { index, shard, isPrimary: primary } of asked) {
    const body = { index, shard, primary };
    const said = explanation.parse(
      await send(conn, { method: 'POST', path: '_cluster/allocation/explain', body }, signal),
    );
    const isDamaged =
      /corrupt/i.test(said.unassigned_info?.details ?? '') ||
      said.node_allocation_decisions.some(({ store }) => /corrupt/.test(store?.store_exception?.type ?? ''));
    if (isDamaged) damaged.push(`${index}[${shard}] is damaged`);
  }
  return damaged.length === asked.length ? damaged.join(', ') : undefined;
}

function namesOf(shards: readonly Shard[]): string {
  const told = shards.slice(0, 10).map((one) => `${one.index}[${one.shard}]${one.isPrimary ? 'p' : 'r'}`);
  return shards.length > told.length ? `${told.join(', ')} and more` : told.join(', ');
}
