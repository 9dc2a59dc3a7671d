import type { Evidence } from '../../../core/evidence.ts';
import { tableOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import type { RedisConnection } from '../client.ts';
import { clientsOf, groupsOf } from '../client-list.ts';
import { fieldsOf, type Info, readInfo } from '../info.ts';
import type { Ask } from '../session.ts';
import { readSlowlog, readStalls, type SlowCommand } from '../slowlog.ts';
import { changesOf, lastAnswer, look } from './evidence.ts';
import { conclude } from './slow-command-findings.ts';

const lookBackMs = 10 * 60_000;
const mostEntries = 128;
const watchMs = 500;
/** CLIENT LIST costs the server time for each client. */
const mostClients = 2_000;

export const slowCommand: Diagnosis<RedisConnection> = {
  id: 'redis.slow-command',
  title: 'a slow command keeps others waiting',
  summary: 'What keeps all others waiting: a slow command and its key, a script, a hot command, a fork',
  explains: ['redis.slow-command', 'redis.held-up', 'redis.stall', 'redis.down'],
  async gather(conn, target, ctx) {
    const slow = await look(
      conn,
      target,
      ctx,
      {
        id: 'slow-commands',
        title: 'Commands logged as slow in the last ten minutes, by kind and client',
        how: `SLOWLOG GET ${mostEntries}; MEMORY USAGE of the key of the worst`,
      },
      (ask) => readSlow(ask, ctx),
    );
    // A server that answers BUSY answers nothing else.
    if (String(slow.facts?.answer ?? '').startsWith('BUSY')) return [slow, ...lastAnswer(target, ctx)];
    const stalls = await look(
      conn,
      target,
      ctx,
      { id: 'stalls', title: 'Newest stall of each kind', how: 'LATENCY LATEST' },
      async (ask) => ({
        table: tableOf(
          ['event', 'at', 'seconds'],
          (await readStalls(ask)).map((stall) => ({ ...stall })),
        ),
      }),
    );
    const hot = await look(
      conn,
      target,
      ctx,
      {
        id: 'hot-commands',
        title: `Where its time goes, over ${watchMs} ms`,
        how: 'INFO commandstats; INFO cpu, twice; CLIENT LIST',
      },
      (ask) => readHot(ask, ctx),
    );
    return [
      slow,
      stalls,
      hot,
      ...changesOf(target, ctx, /^(slowlog-|latency-|appendfsync|active|hz|lua-|busy-)/),
    ];
  },
  conclude,
};

async function readSlow(ask: Ask, ctx: DiagnosisContext): Promise<Pick<Evidence, 'facts' | 'table'>> {
  const from = ctx.clock.now() - lookBackMs;
  const entries = (await readSlowlog(ask, mostEntries)).filter(({ at }) => at >= from);
  const groups = Map.groupBy(entries, ({ shape, client, host }) => JSON.stringify([shape, client, host]));
  const rows = [...groups.values()]
    .flatMap((members) => {
      const [worst] = members.toSorted((a, b) => b.seconds - a.seconds);
      return worst === undefined ? [] : [{ worst, members }];
    })
    .toSorted((a, b) => total(b.members) - total(a.members))
    .slice(0, 10);
  return {
    facts: { entries: entries.length, keyBytes: await sizeOf(ask, rows[0]?.worst) },
    table: tableOf(
      ['shape', 'command', 'times', 'worstSeconds', 'totalSeconds', 'client', 'host', 'lastAt'],
      rows.map(({ worst, members }) => ({
        shape: worst.shape,
        command: worst.command,
        times: members.length,
        worstSeconds: worst.seconds,
        totalSeconds: total(members),
        client: worst.client,
        host: worst.host,
        lastAt: Math.max(...members.map(({ at }) => at)),
      })),
    ),
  };
}

const total = (entries: readonly SlowCommand[]) => entries.reduce((sum, { seconds }) => sum + seconds, 0);

/** Null where the key is gone or may not be looked at; its size only helps to say why the command takes long. */
async function sizeOf(ask: Ask, worst: SlowCommand | undefined): Promise<number | null> {
  if (worst?.key === undefined) return null;
  const bytes = await ask('MEMORY', 'USAGE', worst.key).catch(() => null);
  return typeof bytes === 'number' ? bytes : null;
}

async function readHot(ask: Ask, ctx: DiagnosisContext): Promise<Pick<Evidence, 'facts' | 'table'>> {
  const before = await readInfo(ask, 'commandstats', 'cpu');
  const began = ctx.clock.monotonic();
  await ctx.clock.sleep(watchMs, ctx.signal);
  const after = await readInfo(ask, 'commandstats', 'cpu', 'clients');
  const micros = (ctx.clock.monotonic() - began) * 1_000;
  const rows = after
    .names('cmdstat_')
    .flatMap((name) => {
      const [old, now] = [fieldsOf(before.text(name)), fieldsOf(after.text(name))];
      const calls = (now.calls ?? 0) - (old.calls ?? 0);
      const share = ((now.usec ?? 0) - (old.usec ?? 0)) / micros;
      return calls <= 0 ? [] : [{ command: name.slice('cmdstat_'.length), calls, share }];
    })
    .toSorted((a, b) => b.share - a.share)
    .slice(0, 10);
  const cpu = (info: Info) =>
    (info.number('used_cpu_user_main_thread') ?? info.number('used_cpu_user') ?? 0) +
    (info.number('used_cpu_sys_main_thread') ?? info.number('used_cpu_sys') ?? 0);
  const isListed = (after.number('connected_clients') ?? 0) <= mostClients;
  const clients = isListed ? clientsOf(await ask('CLIENT', 'LIST').catch(() => '')) : [];
  const [hottest] = groupsOf(
    clients.filter(({ command, idleSeconds }) => idleSeconds === 0 && command === rows[0]?.command),
  );
  return {
    facts: {
      cpuShare: ((cpu(after) - cpu(before)) * 1_000_000) / micros,
      hotClient: hottest?.name ?? null,
      hotHost: hottest?.host ?? null,
    },
    table: tableOf(['command', 'calls', 'share'], rows),
  };
}
