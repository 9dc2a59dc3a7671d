import { z } from 'zod';
import { type ActionContext, defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import type { Facts } from '../../../core/plan.ts';
import { type ClusterSettings, health } from '../answers.ts';
import { ask, type OpensearchConnection, send } from '../client.ts';
import { allocation, allocationOf, readSettings } from '../settings.ts';

const input = z.strictObject({});
const layers = ['persistent', 'transient'] as const;
const path = '_cluster/settings';

export const enableAllocation = defineAction<OpensearchConnection, typeof input>({
  id: 'opensearch.enable-allocation',
  summary: 'Takes away the setting that forbids that shards are given to nodes',
  risk: 'risky',
  mends: true,
  input,
  privileges: 'cluster:admin/settings/update, cluster:monitor/state',

  async plan(conn, _input, ctx) {
    const settings = await readSettings(conn, ctx.signal);
    const value = allocationOf(settings);
    if (value === 'all') return { refused: 'all shards may be allocated already' };
    const set = madeIn(settings);
    if (set.persistent === null && set.transient === null)
      return {
        refused: `${allocation} is ${value} in the file opensearch.yml of the nodes, and is changed there`,
      };
    const { unassigned_shards: unassigned } = await ask(conn, '_cluster/health', health, ctx.signal);
    return {
      summary: `take away ${allocation}: ${value}, so that shards are allocated again`,
      steps: [`PUT /${path} ${JSON.stringify(bodyOf(set, null))}`],
      before: { ...set, unassigned },
      expect: 'all shards may be allocated, and fewer lie nowhere',
      undo: { possible: true, how: `${allocation} is set to ${value} again` },
      verifyWithinMs: 120_000,
      holdMs: 15_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    demandSteps(plan, [`PUT /${path} ${JSON.stringify(bodyOf(plan.before, null))}`]);
    const settings = await readSettings(conn, ctx.signal);
    if (allocationOf(settings) === 'all') return 'all shards may be allocated already';
    demandUnchanged(plan, madeIn(settings), allocation);
    await send(conn, { method: 'PUT', path, body: bodyOf(plan.before, null) }, ctx.signal);
    return 'all shards may be allocated again';
  },

  async verify(conn, plan, ctx) {
    const value = allocationOf(await readSettings(conn, ctx.signal));
    const { unassigned_shards: now, initializing_shards: built } = await ask(
      conn,
      '_cluster/health',
      health,
      ctx.signal,
    );
    const before = Number(plan.before.unassigned);
    return {
      good: value === 'all' && (before === 0 || now < before || built > 0),
      detail: `${allocation} is ${value}; ${now} shards lie nowhere, ${before} before, ${built} are built`,
      after: { allocation: value, unassigned: now },
    };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    if (allocationOf(await readSettings(conn, ctx.signal)) !== 'all')
      throw new Error('somebody has set it again; it is left as it is');
    await put(conn, plan.before, ctx);
    return `${allocation} is set as it was`;
  },
});

/** What each layer says; null where it says nothing. */
function madeIn(settings: ClusterSettings): { persistent: string | null; transient: string | null } {
  const of = (layer: (typeof layers)[number]) => {
    const value = settings[layer][allocation];
    return typeof value === 'string' ? value : null;
  };
  return { persistent: of('persistent'), transient: of('transient') };
}

/** In the flat form, as Amazon's service takes no other. */
function bodyOf(set: Facts, value: null | 'as before'): Record<string, Record<string, string | null>> {
  return Object.fromEntries(
    layers
      .filter((layer) => typeof set[layer] === 'string')
      .map((layer) => [layer, { [allocation]: value === null ? null : String(set[layer]) }]),
  );
}

async function put(conn: OpensearchConnection, before: Facts, { signal }: ActionContext): Promise<void> {
  await send(conn, { method: 'PUT', path, body: bodyOf(before, 'as before') }, signal);
}
