import type { Evidence } from '../../../core/evidence.ts';
import { tableOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import type { RedisConnection } from '../client.ts';
import { type ClientGroup, clientsOf, groupsOf } from '../client-list.ts';
import { readInfo } from '../info.ts';
import type { Ask } from '../session.ts';
import { conclude } from './clients-exhausted-findings.ts';
import { changesOf, lastAnswer, look } from './evidence.ts';

/** CLIENT LIST costs the server time for each client; a few thousand take it milliseconds. */
const mostListed = 10_000;
const groupsShown = 20;

export const clientColumns = [
  'name',
  'user',
  'host',
  'clients',
  'idle',
  'fresh',
  'longestIdleSeconds',
  'commands',
] as const satisfies readonly (keyof ClientGroup)[];

export const clientsExhausted: Diagnosis<RedisConnection> = {
  id: 'redis.clients-exhausted',
  title: 'no room for another client',
  summary: 'No room for another client: who holds the connections, and whether they are used',
  explains: ['redis.clients', 'redis.clients-full', 'redis.rejected', 'redis.down'],
  async gather(conn, target, ctx) {
    // The kept connection can look while new ones are turned away.
    const live = await look(
      conn,
      target,
      ctx,
      {
        id: 'clients-by-owner',
        title: 'Clients by name, user and host',
        how: 'INFO clients; INFO stats; CLIENT LIST',
      },
      (ask) => readGroups(ask, target, ctx),
    );
    return [
      live,
      ...lastSeen(target, ctx),
      ...lastAnswer(target, ctx),
      ...changesOf(target, ctx, /^(maxclients|timeout|tcp-keepalive)$/),
    ];
  },
  conclude,
};

async function readGroups(ask: Ask, target: string, ctx: DiagnosisContext) {
  const info = await readInfo(ask, 'clients', 'stats');
  const connected = info.number('connected_clients') ?? 0;
  const rejected = info.number('rejected_connections') ?? 0;
  const earlier = ctx.latest(target, 'redis.clients.rejected').at(0);
  const facts = {
    used: connected,
    limit: info.number('maxclients') ?? null,
    rejected,
    rejectedSinceLastSample: earlier ? Math.max(0, rejected - earlier.value) : null,
  };
  if (connected > mostListed)
    return { facts, unseen: `${connected} clients are too many to list without a cost to the server` };
  const groups = groupsOf(clientsOf(await ask('CLIENT', 'LIST')));
  return {
    facts,
    table: tableOf(
      clientColumns,
      groups.slice(0, groupsShown).map((group) => ({ ...group })),
    ),
  };
}

/** What was measured last, for the time when no place is left for us either. */
function lastSeen(target: string, ctx: DiagnosisContext): Evidence[] {
  const groups = ctx.latest(target, 'redis.clients.by');
  const newest = Math.max(0, ...groups.map(({ at }) => at));
  const current = groups.filter(({ at }) => at === newest);
  if (current.length === 0) return [];
  const used = ctx.latest(target, 'redis.clients.connected').at(0)?.value ?? null;
  const share = ctx.latest(target, 'redis.clients.used_ratio').at(0)?.value;
  return [
    {
      id: `${target}.clients-last-seen`,
      target,
      title: 'Clients as last measured',
      at: newest,
      how: 'latest samples of redis.clients.by',
      facts: { used, limit: used !== null && share ? Math.round(used / share) : null },
      table: tableOf(
        clientColumns,
        current
          .map(({ labels, value }) => ({ ...labels, clients: value }))
          .toSorted((a, b) => b.clients - a.clients),
      ),
    },
  ];
}
