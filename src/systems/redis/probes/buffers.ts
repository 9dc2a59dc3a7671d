import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { observe, type RedisConnection } from '../client.ts';
import { clientsOf, groupsOf, type ListedClient } from '../client-list.ts';
import { readInfo } from '../info.ts';

/** CLIENT LIST costs the server time for each client. */
const mostClients = 1_000;
const mostGroups = 10;

export const buffers: Probe<RedisConnection> = {
  id: 'redis.buffers',
  summary: 'Answers that clients do not fetch, and whose clients they are (CLIENT LIST)',
  atMostEveryMs: 60_000,
  metrics: {
    'redis.clients.output_buffer': {
      summary: 'Largest output buffer of one client',
      unit: 'bytes',
      kind: 'gauge',
    },
    'redis.clients.by': {
      summary: `Clients by name (digits as #), user and host: the ${mostGroups} largest groups`,
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async (ask) => {
      const connected = (await readInfo(ask, 'clients')).number('connected_clients') ?? 0;
      if (connected > mostClients) {
        return {
          readings: [],
          missing: [
            {
              metrics: ['redis.clients.output_buffer', 'redis.clients.by'],
              reason: `${connected} clients are too many to list without a cost to the server`,
              remedy: 'redis-cli CLIENT LIST at a quiet time',
            },
          ],
        };
      }
      const clients = clientsOf(await ask('CLIENT', 'LIST'));
      const [worst] = clients.toSorted((a, b) => b.outputBytes - a.outputBytes);
      return {
        ...(worst && worst.outputBytes > 0
          ? {
              detail: `${worst.address}${worst.name === '' ? '' : ` (${worst.name})`} has the largest, after ${worst.command}`,
            }
          : {}),
        readings: [
          { metric: 'redis.clients.output_buffer', value: worst?.outputBytes ?? 0 },
          ...largestGroups(clients),
        ],
      };
    }),
};

function largestGroups(clients: readonly ListedClient[]): Reading[] {
  return groupsOf(clients)
    .slice(0, mostGroups)
    .map(({ name, user, host, clients: value }) => ({
      metric: 'redis.clients.by',
      value,
      labels: { name, user, host },
    }));
}
