import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import { plain } from '../../../core/plain.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { RedisConnection } from '../client.ts';
import { clientsOf, hostOf, type ListedClient, nameOf } from '../client-list.ts';
import { bytesInWords } from '../in-words.ts';
import { readInfo } from '../info.ts';
import type { Ask } from '../session.ts';
import { readSettings } from '../settings.ts';
import { changesOf, look } from './evidence.ts';

/** CLIENT LIST costs the server time for each client. */
const mostClients = 10_000;
/** A buffer of this size is no answer that is on its way (J); a third of what the rule redis.output-buffer warns at. */
const large = 32 * 2 ** 20;

export const clientNotReading: Diagnosis<RedisConnection> = {
  id: 'redis.client-not-reading',
  title: 'a client does not fetch its answers',
  summary: 'A client that does not fetch its answers, which then take memory from the data: which, and why',
  explains: ['redis.output-buffer', 'redis.memory', 'redis.memory-full', 'redis.out-of-memory'],
  async gather(conn, target, ctx) {
    const buffers = await look(
      conn,
      target,
      ctx,
      {
        id: 'output-buffers',
        title: 'Largest output buffers',
        how: 'CLIENT LIST; INFO memory; CONFIG GET client-output-buffer-limit',
      },
      readBuffers,
    );
    return [buffers, ...changesOf(target, ctx, /^client-output-buffer-limit$/)];
  },
  conclude,
};

async function readBuffers(ask: Ask): Promise<Pick<Evidence, 'facts' | 'table' | 'unseen'>> {
  const info = await readInfo(ask, 'clients', 'memory');
  const connected = info.number('connected_clients') ?? 0;
  if (connected > mostClients)
    return { unseen: `${connected} clients are too many to list without a cost to the server` };
  const limits = await readSettings(ask, 'client-output-buffer-limit').catch(() => new Map<string, string>());
  const worst = clientsOf(await ask('CLIENT', 'LIST'))
    .filter(({ outputBytes }) => outputBytes > 0)
    .toSorted((a, b) => b.outputBytes - a.outputBytes)
    .slice(0, 10);
  return {
    facts: {
      used: info.number('used_memory') ?? 0,
      limit: info.number('maxmemory') ?? 0,
      limits: limits.get('client-output-buffer-limit') ?? null,
    },
    table: tableOf(
      ['id', 'name', 'user', 'host', 'kind', 'bytes', 'ageSeconds', 'idleSeconds', 'command'],
      worst.map((client) => ({
        id: client.id,
        name: nameOf(client),
        user: plain(client.user, 60),
        host: hostOf(client),
        kind: kindOf(client),
        bytes: client.outputBytes,
        ageSeconds: client.ageSeconds,
        idleSeconds: client.idleSeconds,
        command: plain(client.command, 40),
      })),
    ),
  };
}

function kindOf({ flags }: ListedClient): string {
  if (flags.includes('O')) return 'monitor';
  if (flags.includes('S')) return 'replica';
  return flags.includes('P') ? 'subscriber' : 'client';
}

const reasons: Readonly<Record<string, string>> = {
  monitor:
    'MONITOR copies every command of everybody to it: somebody left it running. End it (CLIENT KILL ID).',
  replica:
    'It cannot take the writes as fast as they come: the network, or the disk and the load of the replica. Past its limit it is cut off and starts over with a full copy.',
  subscriber:
    'It takes messages more slowly than they are published: too much work in its handler, or a process that hangs. Past its limit it is cut off.',
  client:
    'It asks for more than it reads: a command with a huge answer, a pipeline nobody reads, or a process that hangs. For ordinary clients there is no limit unless one is set: CONFIG SET client-output-buffer-limit "normal 256mb 64mb 60".',
};

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const piece = find(evidence, target, 'output-buffers');
  const [worst] = rowsOf(piece);
  if (worst === undefined || numberOf(worst.bytes) < large) return [];
  const limit = numberOf(piece?.facts?.limit);
  const share = limit > 0 ? numberOf(worst.bytes) / limit : 0;
  return [
    {
      id: 'redis.client-not-reading',
      target,
      summary: `${nameInWords(worst)} does not fetch its answers: ${bytesInWords(numberOf(worst.bytes))} wait for it${share >= 0.1 ? `, ${Math.round(share * 100)} % of maxmemory` : ''}`,
      explanation: `Its last command was ${textOf(worst.command)}. ${reasons[textOf(worst.kind)] ?? ''} What waits counts as used memory, so that writes are refused or keys evicted for it.`,
      confidence: share >= 0.1 ? 0.9 : 0.8,
      evidence: evidence.filter((one) => one.target === target).map((one) => one.id),
      unseen: unseenOf(evidence),
      recommendations: [],
    },
  ];
}

function nameInWords(row: Row): string {
  const name = textOf(row.name);
  const kind = row.kind === 'client' ? 'Client' : `The ${textOf(row.kind)}`;
  return `${kind} ${name === '' ? 'without a name' : name} at ${textOf(row.host)}`;
}
