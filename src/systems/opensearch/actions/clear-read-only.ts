import { z } from 'zod';
import { type ActionContext, defineAction } from '../../../core/action.ts';
import { count } from '../../../core/count.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { nodesStats } from '../answers.ts';
import { ask, type OpensearchConnection, send } from '../client.ts';
import { blockName, readBlocked } from '../probes/shards.ts';
import { isBeyond, readSettings, watermarksOf } from '../settings.ts';
import { settingsPath, someIndices } from './indices.ts';

const input = z.strictObject({ indices: someIndices });

export const clearReadOnly = defineAction<OpensearchConnection, typeof input>({
  id: 'opensearch.clear-read-only',
  summary: 'Lets indices take writes again that a full disk made read-only, once every disk has room',
  risk: 'risky',
  mends: true,
  input,
  privileges:
    'indices:admin/settings/update, indices:monitor/settings/get on these indices; cluster:monitor/nodes/stats',

  async plan(conn, { indices }, ctx) {
    const full = await fullDisk(conn, ctx);
    if (full !== undefined) return { refused: full };
    const blocked = (await readBlocked(conn, ctx.signal)).filter((index) => indices.includes(index));
    if (blocked.length === 0) return { refused: 'none of these indices has the block' };
    return {
      summary: `let ${count(blocked.length, 'index', 'indices')} take writes again: ${blocked.slice(0, 5).join(', ')}`,
      steps: stepsOf(blocked),
      before: { blocked: blocked.join(',') },
      expect: 'none of these indices is read-only, and none becomes it again',
      undo: { possible: true, how: 'the block is set again' },
      verifyWithinMs: 30_000,
      // With a disk beyond the flood stage the cluster sets the block anew every 30 s.
      holdMs: 60_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const planned = namesIn(plan.before.blocked);
    demandSteps(plan, stepsOf(planned));
    const full = await fullDisk(conn, ctx);
    if (full !== undefined) throw new Error(`${full}; nothing was done`);
    const left = (await readBlocked(conn, ctx.signal)).filter((index) => planned.includes(index));
    for (const index of left) await put(conn, index, null, ctx);
    return left.length === 0
      ? 'the block is gone already'
      : `${left.join(', ')} ${left.length === 1 ? 'takes' : 'take'} writes again`;
  },

  async verify(conn, plan, ctx) {
    const planned = namesIn(plan.before.blocked);
    const left = (await readBlocked(conn, ctx.signal)).filter((index) => planned.includes(index));
    return {
      good: left.length === 0,
      detail:
        left.length === 0
          ? 'all of them take writes'
          : `${count(left.length, 'index is', 'indices are')} read-only: ${left.join(', ')}`,
      after: { blocked: left.length },
    };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const planned = namesIn(plan.before.blocked);
    const blocked = await readBlocked(conn, ctx.signal);
    const free = planned.filter((index) => !blocked.includes(index));
    for (const index of free) await put(conn, index, true, ctx);
    return `read-only again: ${free.join(', ') || 'all of them were'}`;
  },
});

/** Why the block must stay; a disk that cannot be seen is no disk with room. */
async function fullDisk(conn: OpensearchConnection, { signal }: ActionContext): Promise<string | undefined> {
  const { flood } = watermarksOf(await readSettings(conn, signal));
  const nodes = Object.values((await ask(conn, '_nodes/stats/fs', nodesStats, signal)).nodes);
  const disks = nodes.flatMap(({ name, fs }) =>
    fs ? [{ name, total: fs.total.total_in_bytes, free: fs.total.available_in_bytes }] : [],
  );
  if (disks.length === 0) return 'the disks of the nodes cannot be seen';
  const full = disks.find((disk) => isBeyond(flood, disk));
  return full && `the disk of ${full.name} is beyond the flood stage (${flood}): free it first`;
}

function namesIn(value: unknown): string[] {
  return typeof value === 'string' && value !== '' ? value.split(',') : [];
}

function stepsOf(indices: readonly string[]): string[] {
  return indices.map((index) => `PUT /${settingsPath(index)} {"${blockName}":null}`);
}

async function put(
  conn: OpensearchConnection,
  index: string,
  value: true | null,
  { signal }: ActionContext,
): Promise<void> {
  await send(conn, { method: 'PUT', path: settingsPath(index), body: { [blockName]: value } }, signal);
}
