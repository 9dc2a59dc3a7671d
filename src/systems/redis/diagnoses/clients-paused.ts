import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import { plain } from '../../../core/plain.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { RedisConnection } from '../client.ts';
import { clientsOf, hostOf, nameOf } from '../client-list.ts';
import { readInfo } from '../info.ts';
import { look } from './evidence.ts';

const id = 'redis.clients-paused';
const mostListed = 10_000;
/** Commands that wait because they were asked to. */
const waits = /^(bl|brpop|bz|xread|wait|subscribe|psubscribe|ssubscribe|module|debug)/;

/** Clients wait in commands that never wait by themselves: somebody paused them. */
export const clientsPaused: Diagnosis<RedisConnection> = {
  id,
  title: 'writes are held back by a pause',
  summary: 'Writes are held back by CLIENT PAUSE, or by a failover that goes on',
  explains: ['redis.held-up'],
  gather: async (conn, target, ctx) => [
    await look(
      conn,
      target,
      ctx,
      { id: 'held-clients', title: 'Clients that are held in a command', how: 'INFO clients; CLIENT LIST' },
      async (ask) => {
        const info = await readInfo(ask, 'clients');
        const blocked = info.number('blocked_clients') ?? 0;
        const connected = info.number('connected_clients') ?? 0;
        if (blocked === 0) return { facts: { held: 0 } };
        if (connected > mostListed) return { unseen: `${connected} clients are too many to list` };
        const held = clientsOf(await ask('CLIENT', 'LIST')).filter(
          ({ flags, command }) => flags.includes('b') && !waits.test(command),
        );
        return {
          facts: { held: held.length },
          table: tableOf(
            ['command', 'name', 'host', 'heldSeconds'],
            held.slice(0, 20).map((client) => ({
              command: plain(client.command, 40),
              name: nameOf(client),
              host: hostOf(client),
              heldSeconds: client.idleSeconds,
            })),
          ),
        };
      },
    ),
  ],
  conclude,
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const seen = find(evidence, target, 'held-clients');
  const held = numberOf(seen?.facts?.held);
  if (seen === undefined || held === 0) return [];
  const rows = rowsOf(seen);
  const commands = [...new Set(rows.map((row) => textOf(row.command)))].slice(0, 3).join(', ');
  const longest = Math.max(0, ...rows.map((row) => numberOf(row.heldSeconds)));
  return [
    {
      id,
      target,
      summary: `${count(held, 'client')} ${held === 1 ? 'is' : 'are'} held in ${commands}, which ${commands.includes(',') ? 'wait' : 'waits'} for nothing by itself: writes are paused`,
      explanation: `Redis answers reads and holds the rest back, as CLIENT PAUSE and a failover on purpose do; the longest is held for ${longest} s. A pause ends by itself at its time, or at once by CLIENT UNPAUSE, where nobody is switching over. Restarting Redis or the application loses what waits.`,
      confidence: 0.93,
      onset: seen.at - longest * 1_000,
      evidence: [seen.id],
      unseen: ['who paused it, and for how long', ...unseenOf(evidence)],
      recommendations: [],
    },
  ];
}
