import { z } from 'zod';
import { type ActionContext, defineAction, type NoPlan } from '../../../core/action.ts';
import { count } from '../../../core/count.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import type { Facts } from '../../../core/plan.ts';
import { catShards, health, indexSettings } from '../answers.ts';
import { ask, type OpensearchConnection, send } from '../client.ts';
import { shardsOf, shardsPath, unassignedOf } from '../shards.ts';
import { settingsPath, someIndices } from './indices.ts';

const input = z.strictObject({ indices: someIndices });
const setting = 'index.number_of_replicas';

export const zeroReplicas = defineAction<OpensearchConnection, typeof input>({
  id: 'opensearch.zero-replicas',
  summary: 'Asks for no replica on a cluster of one node, which could not hold any',
  risk: 'risky',
  input,
  privileges:
    'indices:admin/settings/update, indices:monitor/settings/get on these indices; cluster:monitor/health',

  async plan(conn, { indices }, ctx) {
    const unfit = await refusal(conn, ctx);
    if (unfit !== undefined) return unfit;
    const now = await replicasOf(conn, indices, ctx);
    const wanted = indices.filter((index) => now[index] !== '0');
    if (wanted.length === 0) return { refused: 'none of these indices asks for a replica' };
    const before = Object.fromEntries(wanted.map((index) => [index, now[index] ?? null]));
    return {
      summary: `ask for no replica of ${count(wanted.length, 'index', 'indices')} on the only node: ${wanted.slice(0, 5).join(', ')}`,
      steps: stepsOf(before),
      before,
      expect: 'no replica of these indices lies nowhere',
      undo: { possible: true, how: 'number_of_replicas of each index is set to what it was' },
      verifyWithinMs: 60_000,
      holdMs: 15_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    demandSteps(plan, stepsOf(plan.before));
    const unfit = await refusal(conn, ctx);
    if (unfit !== undefined) throw new Error(`${unfit.refused}; nothing was done`);
    const now = await replicasOf(conn, Object.keys(plan.before), ctx);
    for (const [index, was] of Object.entries(plan.before))
      if (now[index] !== was && now[index] !== '0')
        throw new Error(`${index} asks for ${now[index]} replicas now, ${was} when it was planned`);
    const left = Object.keys(plan.before).filter((index) => now[index] !== '0');
    for (const index of left) await put(conn, index, 0, ctx);
    return left.length === 0
      ? 'no replica is asked for already'
      : `no replica is asked for any more: ${left.join(', ')}`;
  },

  async verify(conn, plan, ctx) {
    const table = shardsOf(await ask(conn, shardsPath, catShards, ctx.signal));
    const left = unassignedOf(table).filter((one) => !one.isPrimary && one.index in plan.before);
    return {
      good: left.length === 0,
      detail:
        left.length === 0
          ? 'no replica of these indices lies nowhere'
          : `${count(left.length, 'replica lies', 'replicas lie')} nowhere`,
      after: { unassigned: left.length },
    };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const now = await replicasOf(conn, Object.keys(plan.before), ctx);
    const back = Object.entries(plan.before).filter(([index]) => now[index] === '0');
    for (const [index, was] of back) await put(conn, index, Number(was), ctx);
    return back.length === 0
      ? 'somebody has set the replicas since; they are left as they are'
      : `the replicas are asked for again: ${back.map(([index, was]) => `${index} ${was}`).join(', ')}`;
  },
});

/** A second node, here or declared, could hold them: then they are worth waiting for. */
async function refusal(conn: OpensearchConnection, { signal }: ActionContext): Promise<NoPlan | undefined> {
  const { number_of_data_nodes: nodes } = await ask(conn, '_cluster/health', health, signal);
  if (nodes !== 1) return { refused: `the cluster has ${nodes} data nodes, which can hold replicas` };
  const declared = conn.config.dataNodes ?? 1;
  if (declared > 1)
    return {
      refused: `${declared} data nodes are declared: bring the others back instead of losing the copies`,
    };
  return undefined;
}

async function replicasOf(
  conn: OpensearchConnection,
  indices: readonly string[],
  { signal }: ActionContext,
): Promise<Record<string, string>> {
  const list = indices.map(encodeURIComponent).join(',');
  const found = await ask(conn, `${list}/_settings/${setting}?flat_settings=true`, indexSettings, signal);
  return Object.fromEntries(
    Object.entries(found).map(([index, { settings }]) => [index, String(settings[setting] ?? '1')]),
  );
}

function stepsOf(before: Facts): string[] {
  return Object.keys(before).map((index) => `PUT /${settingsPath(index)} {"${setting}":0}`);
}

async function put(
  conn: OpensearchConnection,
  index: string,
  replicas: number,
  { signal }: ActionContext,
): Promise<void> {
  await send(conn, { method: 'PUT', path: settingsPath(index), body: { [setting]: replicas } }, signal);
}
