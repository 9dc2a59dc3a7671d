import { z } from 'zod';
import { type ActionContext, defineAction } from '../../../core/action.ts';
import { demandPermit } from '../../../core/demand.ts';
import { amount } from '../../../core/rule-words.ts';
import type { RedisConnection } from '../client.ts';
import { type Info, readInfo } from '../info.ts';
import { eased } from '../probes/memory.ts';
import { changeSetting, putBack, readSetting, settingStep } from './setting.ts';

const input = z.strictObject({
  bytes: z.int().min(1_048_576).describe('The new limit in bytes'),
});

/** A snapshot or a rewrite forks: what is written meanwhile is held twice. */
const forkRoom = 1.5;
/** A limit that is reached again at once helps nobody. */
const leastRoom = 1.05;
const mostGrowth = 4;

export const setMaxmemory = defineAction<RedisConnection, typeof input>({
  id: 'redis.set-maxmemory',
  summary: 'Raises the memory limit within what the machine has; the limit of before is put back to undo it',
  risk: 'risky',
  input,
  privileges: 'ACL SETUSER upkeep +config|get +config|set +info',

  plan: (conn, { bytes }, ctx) =>
    conn.session.use(ctx.signal, async (ask) => {
      const info = await readInfo(ask, 'memory');
      const limit = Number(await readSetting(ask, 'maxmemory'));
      const before = await stoodBefore(ctx);
      const refused = objection(info, limit, bytes, { plan: conn.config.memoryLimit, before });
      if (refused !== undefined) return { refused };
      const used = info.number('used_memory') ?? 0;
      return {
        summary: `${bytes === before ? 'Put maxmemory back' : 'Raise maxmemory'} from ${limit === 0 ? 'no limit' : size(limit)} to ${size(bytes)}; ${size(used)} are used`,
        steps: [settingStep('maxmemory', String(bytes))],
        before: { maxmemory: String(limit), used, machine: info.number('total_system_memory') ?? null },
        expect: 'less than 95 % of the limit is used, so that writes are taken and nothing is evicted',
        undo: {
          possible: true,
          how: `${settingStep('maxmemory', String(limit))}, unless more is used by then`,
        },
        verifyWithinMs: 15_000,
        holdMs: 30_000,
      };
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { bytes } = input.parse(plan.input);
    return conn.session.use(ctx.signal, (ask) => changeSetting(ask, plan, 'maxmemory', String(bytes)));
  },

  verify: (conn, plan, ctx) =>
    conn.session.use(ctx.signal, async (ask) => {
      const { bytes } = input.parse(plan.input);
      const limit = Number(await readSetting(ask, 'maxmemory'));
      const used = (await readInfo(ask, 'memory')).number('used_memory') ?? Number.NaN;
      const good = limit === bytes && used < bytes * eased;
      const detail = `${size(used)} of ${size(limit)} are used`;
      return { good, detail, after: { maxmemory: String(limit), used } };
    }),

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { bytes } = input.parse(plan.input);
    return conn.session.use(ctx.signal, async (ask) => {
      const used = (await readInfo(ask, 'memory')).number('used_memory') ?? 0;
      const before = Number(plan.before.maxmemory);
      if (before > 0 && used > before)
        throw new Error(
          `${size(used)} are used by now, more than the ${size(before)} of before: going back would refuse writes or evict keys`,
        );
      return putBack(ask, plan, 'maxmemory', String(bytes));
    });
  },
});

/** The highest limit that the ledger saw in the last day; 0 where it saw none. */
async function stoodBefore({ changes }: ActionContext): Promise<number> {
  const seen = (await changes?.()) ?? [];
  const limits = seen.flatMap(({ source, differences }) =>
    source === 'redis.settings'
      ? differences.filter(({ name }) => name === 'maxmemory').map(({ before }) => Number(before ?? 0))
      : [],
  );
  return Math.max(0, ...limits.filter((limit) => Number.isSafeInteger(limit)));
}

const size = (bytes: number): string => amount(bytes, 'bytes');

/** Why the limit is not set to this; undefined where it may. */
function objection(
  info: Info,
  limit: number,
  bytes: number,
  { plan, before }: { readonly plan: number | undefined; readonly before: number },
): string | undefined {
  const used = info.number('used_memory') ?? 0;
  const machine = info.number('total_system_memory') ?? 0;
  const resident = info.number('used_memory_rss') ?? used;
  if (limit === bytes) return `maxmemory is ${size(bytes)} already`;
  if (limit > 0 && bytes < limit)
    return 'a lower limit would evict keys or refuse writes; this action only raises it';
  if (bytes < used * leastRoom) return `${size(used)} are used: ${size(bytes)} would be full at once`;
  if (limit > 0 && bytes > Math.max(limit * mostGrowth, before))
    return `more than ${mostGrowth} times the limit of ${size(limit)}, and more than stood there in the last day, is a decision of people`;
  if (plan !== undefined && bytes > plan) return `the plan allows ${size(plan)} (memoryLimit)`;
  if (machine === 0) return 'how much memory the machine has is not known';
  const room = Math.floor(machine / forkRoom);
  if (bytes > room || resident > machine)
    return `the machine has ${size(machine)}: with room for the fork of a snapshot at most ${size(room)} (${room} bytes) may be given`;
  return undefined;
}
