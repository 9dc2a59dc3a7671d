import { z } from 'zod';
import { defineAction, type Plan } from '../../../core/action.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import type { RedisConnection } from '../client.ts';
import { bytesInWords } from '../in-words.ts';
import { type Info, readInfo } from '../info.ts';

const input = z.strictObject({});
const step = 'BGSAVE';
/** Of the data, what a busy server writes anew while the child saves (J). */
const copiedShare = 0.5;

export const bgsave = defineAction<RedisConnection, typeof input>({
  id: 'redis.bgsave',
  summary: 'Writes a snapshot beside the work, after what kept the last one from being written is mended',
  risk: 'safe',
  input,
  privileges: 'ACL SETUSER upkeep +bgsave +info',

  plan: (conn, _, ctx) =>
    conn.session.use(ctx.signal, async (ask) => {
      const info = await readInfo(ask, 'persistence', 'memory');
      const refused = objection(info);
      if (refused !== undefined) return { refused };
      return {
        summary: 'Write a snapshot now',
        steps: [step],
        before: {
          savedAt: savedAt(info),
          saves: saves(info),
          lastStatus: info.text('rdb_last_bgsave_status') ?? null,
          changes: info.number('rdb_changes_since_last_save') ?? null,
        },
        expect: 'a newer snapshot is on the disk',
        undo: { possible: false, how: 'Nothing needs taking back: a snapshot changes no key.' },
        verifyWithinMs: 120_000,
        holdMs: 0,
      };
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    demandSteps(plan, [step]);
    return conn.session.use(ctx.signal, async (ask) => {
      const info = await readInfo(ask, 'persistence', 'memory');
      if (isNewer(info, plan)) return 'a newer snapshot was written meanwhile';
      if (info.number('rdb_bgsave_in_progress') === 1) return 'a snapshot is being written already';
      const refused = objection(info);
      if (refused !== undefined) throw new Error(`${refused}; nothing was done`);
      await ask('BGSAVE');
      return 'a snapshot is being written';
    });
  },

  verify: (conn, plan, ctx) =>
    conn.session.use(ctx.signal, async (ask) => {
      const info = await readInfo(ask, 'persistence');
      const status = info.text('rdb_last_bgsave_status') ?? 'unknown';
      const isWriting = info.number('rdb_bgsave_in_progress') === 1;
      const isThere = isNewer(info, plan);
      return {
        good: isThere && status === 'ok' && !isWriting,
        detail: isWriting
          ? 'the snapshot is still being written'
          : isThere
            ? `a newer snapshot is on the disk, status ${status}`
            : `no newer snapshot; the last attempt: ${status}`,
        after: { savedAt: savedAt(info), lastStatus: status },
      };
    }),
});

const savedAt = (info: Info) => info.number('rdb_last_save_time') ?? 0;

/** Attempts since the start (Redis 7.0); whole seconds do not tell two snapshots of the same second apart. */
const saves = (info: Info) => info.number('rdb_saves') ?? null;

function isNewer(info: Info, plan: Plan): boolean {
  const count = saves(info);
  const isCounted = count !== null && typeof plan.before.saves === 'number' && count > plan.before.saves;
  const isGood = info.text('rdb_last_bgsave_status') === 'ok' && info.number('rdb_bgsave_in_progress') === 0;
  return (isCounted && isGood) || savedAt(info) > Number(plan.before.savedAt);
}

function objection(info: Info): string | undefined {
  if (info.number('loading') === 1) return 'the server still loads its data';
  if (info.number('rdb_bgsave_in_progress') === 1) return 'a snapshot is being written already';
  if (info.number('aof_rewrite_in_progress') === 1)
    return 'the append-only file is being rewritten; one fork at a time';
  const machine = info.number('total_system_memory') ?? 0;
  const resident = info.number('used_memory_rss') ?? 0;
  if (machine > 0 && resident * (1 + copiedShare) > machine)
    return `a fork may need half of ${bytesInWords(resident)} more, and the machine has ${bytesInWords(machine)}`;
  return undefined;
}
