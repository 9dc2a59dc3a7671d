import type { Outcome } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { noteListener } from '../../../machine/last-listener.ts';
import { destination, observe, type RedisConnection, type Seen } from '../client.ts';
import { isNotPermitted, isServerFull, messageOf } from '../failure.ts';
import { type Info, parseInfo, readInfo } from '../info.ts';
import type { Ask } from '../session.ts';

export const liveness: Probe<RedisConnection> = {
  id: 'redis.liveness',
  summary: 'Logs in and sends PING',
  liveness: true,
  metrics: {
    'redis.up': {
      summary: '1 while it serves or loads its data, 0 while a script keeps it busy',
      unit: 'state',
      kind: 'gauge',
    },
    'redis.response_time': {
      summary: 'Round trip of PING',
      unit: 'seconds',
      kind: 'gauge',
      latencyOf: 'check',
    },
    'redis.loading': {
      summary: '1 while the data set is loaded after a start',
      unit: 'state',
      kind: 'gauge',
    },
    'redis.uptime': { summary: 'Time since the server started', unit: 'seconds', kind: 'gauge' },
  },
  async run(conn, ctx) {
    const outcome = await observe(conn, ctx, async (ask) => {
      const started = ctx.clock.monotonic();
      const reply = await ask('PING').then(String, messageOf);
      const seconds = (ctx.clock.monotonic() - started) / 1_000;
      if (/^LOADING\b/.test(reply)) return loading(await readInfo(ask, 'persistence'));
      if (/^BUSY\b/.test(reply)) {
        return { detail: reply, readings: [{ metric: 'redis.up', value: 0 }] };
      }
      if (reply !== 'PONG' && !/^(NOPERM|MASTERDOWN)\b/.test(reply)) throw new Error(reply);
      noteListener(destination(conn.config), ctx.clock);
      const info = await infoIfPermitted(ask);
      const uptime = info.number('uptime_in_seconds');
      return {
        detail: [`Redis ${info.text('redis_version') ?? 'answers'}`, info.text('role')]
          .filter(Boolean)
          .join(', '),
        readings: [
          { metric: 'redis.response_time', value: seconds },
          { metric: 'redis.loading', value: 0 },
          ...(uptime === undefined ? [] : [{ metric: 'redis.uptime', value: uptime }]),
        ],
      };
    });
    return whenTurnedAway(outcome);
  },
};

/** The server is alive: what is wrong is that nobody gets in. */
function whenTurnedAway(outcome: Outcome): Outcome {
  if (outcome.ok || !isServerFull(outcome.detail)) return outcome;
  const about = { summary: 'All connections are taken' };
  return { ...outcome, readings: [{ metric: 'redis.up', value: 0, about }] };
}

/** A server that loads its data is alive and will serve; it is not down. */
function loading(info: Info): Seen {
  const share = info.text('loading_loaded_perc');
  const left = info.text('loading_eta_seconds');
  const progress = share === undefined ? '' : `: ${share} %${left === undefined ? '' : `, ${left} s left`}`;
  return { detail: `loading its data${progress}`, readings: [{ metric: 'redis.loading', value: 1 }] };
}

async function infoIfPermitted(ask: Ask): Promise<Info> {
  try {
    return await readInfo(ask, 'server', 'replication');
  } catch (error) {
    if (isNotPermitted(error)) return parseInfo('');
    throw error;
  }
}
