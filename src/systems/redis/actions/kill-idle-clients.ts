import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { count } from '../../../core/count.ts';
import { demandPermit, demandSteps } from '../../../core/demand.ts';
import { formatDuration } from '../../../core/time.ts';
import type { RedisConnection } from '../client.ts';
import { clientsOf, hostOf, isOrdinary, type ListedClient, nameOf } from '../client-list.ts';
import { readInfo } from '../info.ts';
import type { Ask } from '../session.ts';

const input = z.strictObject({
  idleSeconds: z.int().min(10).describe('Only clients that have asked nothing for so long'),
  name: z
    .string()
    .max(60)
    .optional()
    .describe('Only clients that call themselves so, digits as #: worker-#. Empty for those without a name'),
  user: z.string().max(100).optional().describe('Only clients of this ACL user'),
  host: z.string().max(100).optional().describe('Only clients from this address'),
  atMost: z.int().min(1).max(100).default(20).describe('At most so many, the longest idle first'),
});

/** Below this share of maxclients new clients get in. */
const eased = 0.9;

type Wanted = z.output<typeof input>;

export const killIdleClients = defineAction<RedisConnection, typeof input>({
  id: 'redis.kill-idle-clients',
  summary:
    'Closes connections that have been idle for long, so that others get in; never replicas, subscribers or waiting workers',
  risk: 'risky',
  input,
  privileges: 'ACL SETUSER upkeep +client|list +client|kill +client|id +info +config|get',

  plan: (conn, wanted, ctx) =>
    conn.session.use(ctx.signal, async (ask) => {
      const all = clientsOf(await ask('CLIENT', 'LIST'));
      const own = Number(await ask('CLIENT', 'ID'));
      const idle = all
        .filter((client) => mayGo(client, wanted, own))
        .toSorted((a, b) => b.idleSeconds - a.idleSeconds || a.id - b.id)
        .slice(0, wanted.atMost);
      const [longest] = idle;
      if (longest === undefined)
        return {
          refused: `no ordinary client${ownersOf(wanted)} has been idle for ${formatDuration(wanted.idleSeconds * 1_000)}`,
        };
      const hosts = new Set(idle.map(hostOf));
      return {
        summary: `Close ${count(idle.length, 'connection')} of ${all.length}${ownersOf(wanted)} from ${[...hosts].slice(0, 3).join(', ')}, idle for up to ${formatDuration(longest.idleSeconds * 1_000)}`,
        steps: idle.map(({ id }) => stepOf(id)),
        before: {
          clients: all.length,
          maxclients: await maxclients(ask),
          planned: idle.map(({ id, address }) => `${id}@${address}`).join(' '),
        },
        expect: 'these connections are gone and less than 90 % of maxclients are taken',
        undo: {
          possible: false,
          how: 'A connection cannot be brought back; these had nothing under way, and their clients connect anew when they need to.',
        },
        verifyWithinMs: 15_000,
        holdMs: 20_000,
      };
    }),

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const wanted = input.parse(plan.input);
    const planned = plannedOf(plan.before.planned);
    demandSteps(
      plan,
      planned.map(({ id }) => stepOf(id)),
    );
    return conn.session.use(ctx.signal, async (ask) => {
      const own = Number(await ask('CLIENT', 'ID'));
      let closed = 0;
      for (const { id, address } of planned) {
        // Looked at one by one: a client that has asked something since is left alone.
        const [client] = clientsOf(await ask('CLIENT', 'LIST', 'ID', id));
        if (client?.address !== address || !mayGo(client, wanted, own)) continue;
        closed += Number(await ask('CLIENT', 'KILL', 'ID', id));
      }
      return `${count(closed, 'connection')} closed; ${planned.length - closed} were gone or at work again`;
    });
  },

  verify: (conn, plan, ctx) =>
    conn.session.use(ctx.signal, async (ask) => {
      const wanted = input.parse(plan.input);
      const own = Number(await ask('CLIENT', 'ID'));
      const all = clientsOf(await ask('CLIENT', 'LIST'));
      const planned = new Set(plannedOf(plan.before.planned).map(({ id }) => id));
      const left = all.filter((client) => planned.has(client.id) && mayGo(client, wanted, own)).length;
      const most = await maxclients(ask);
      const isRoomy = most === null || all.length < most * eased;
      const taken = most === null ? `${all.length} clients` : `${all.length} of ${most} clients`;
      return {
        good: left === 0 && isRoomy,
        detail: left === 0 ? `all of them are gone; ${taken}` : `${left} of them are still there; ${taken}`,
        after: { clients: all.length, left },
      };
    }),
});

const stepOf = (id: number) => `CLIENT KILL ID ${id}`;

function mayGo(client: ListedClient, { idleSeconds, name, user, host }: Wanted, own: number): boolean {
  return (
    client.id !== own &&
    client.name !== 'upkeep' &&
    isOrdinary(client) &&
    client.idleSeconds >= idleSeconds &&
    (name === undefined || nameOf(client) === name) &&
    (user === undefined || client.user === user) &&
    (host === undefined || hostOf(client) === host)
  );
}

function ownersOf({ name, user }: Wanted): string {
  const called = name === undefined ? '' : name === '' ? ' without a name' : ` named ${name}`;
  return `${called}${user === undefined ? '' : ` of user ${user}`}`;
}

function plannedOf(text: unknown): { id: number; address: string }[] {
  return String(text ?? '')
    .split(' ')
    .filter(Boolean)
    .map((one) => ({ id: Number(one.slice(0, one.indexOf('@'))), address: one.slice(one.indexOf('@') + 1) }));
}

async function maxclients(ask: Ask): Promise<number | null> {
  return (await readInfo(ask, 'clients')).number('maxclients') ?? null;
}
