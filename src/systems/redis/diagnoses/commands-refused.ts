import { count } from '../../../core/count.ts';
import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import { plain } from '../../../core/plain.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { RedisConnection } from '../client.ts';
import { errorsOf, fieldsOf, type Info, readInfo } from '../info.ts';
import { look } from './evidence.ts';

const id = 'redis.commands-refused';
/** Long enough for a client that retries, and not felt by who waits for the diagnosis. */
const watchedMs = 1_500;
/** Checks for open doors, Upkeep's own too, knock once without a password; a client that cannot work knocks again (J). */
const leastKnocks = 3;
const errors = ['NOPERM', 'WRONGPASS', 'NOAUTH'] as const;
/** What Upkeep may ask itself in the same moment and may not be granted. */
const ofUpkeep = /^(acl|client|config|memory|latency|slowlog|info|cluster|scan|randomkey|debug|function)\b/;

/** Redis is well, and answers to others that they may not. */
export const commandsRefused: Diagnosis<RedisConnection> = {
  id,
  summary: 'Clients are refused commands by an ACL, or log in with what is not accepted, while Upkeep may',
  explains: ['redis.writes-refused'],
  gather: async (conn, target, ctx) => [
    await look(
      conn,
      target,
      ctx,
      {
        id: 'refusals',
        title: `What was refused within ${watchedMs / 1_000} s`,
        how: 'INFO errorstats; INFO commandstats, twice',
      },
      async (ask) => {
        const before = await readInfo(ask, 'errorstats', 'commandstats');
        if (errors.every((error) => errorsOf(before, error) === 0)) return { facts: { refused: 0 } };
        await ctx.clock.sleep(watchedMs, ctx.signal);
        const after = await readInfo(ask, 'errorstats', 'commandstats');
        const rows = errors.flatMap((error): Record<string, Scalar>[] => {
          const times = errorsOf(after, error) - errorsOf(before, error);
          if (times < (error === 'NOPERM' ? 1 : leastKnocks)) return [];
          const commands = error === 'NOPERM' ? rejected(before, after) : [];
          return error === 'NOPERM' && commands.length === 0
            ? []
            : [{ error, times, commands: commands.join(', ') }];
        });
        return { table: tableOf(['error', 'times', 'commands'], rows) };
      },
    ),
  ],
  conclude,
};

/** Commands that were turned away in between, most often first (Redis 6.2 and newer). */
function rejected(before: Info, after: Info): string[] {
  const of = (info: Info, name: string) => fieldsOf(info.text(name)).rejected_calls ?? 0;
  return after
    .names('cmdstat_')
    .map((name) => ({
      command: name.slice('cmdstat_'.length),
      times: of(after, name) - of(before, name),
    }))
    .filter(({ command, times }) => times > 0 && !ofUpkeep.test(command))
    .toSorted((a, b) => b.times - a.times)
    .slice(0, 5)
    .map(({ command }) => plain(command, 40));
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const refusals = find(evidence, target, 'refusals');
  return rowsOf(refusals).map((row): Finding => {
    const times = count(numberOf(row.times), 'time');
    const commands = textOf(row.commands);
    const isRight = row.error === 'NOPERM';
    return {
      id,
      target,
      summary: isRight
        ? `clients are refused ${commands} (NOPERM, ${times} while it was watched): their user may not run it`
        : `clients log in with what Redis does not accept (${textOf(row.error)}, ${times} while it was watched)`,
      explanation: isRight
        ? `Redis is alive and answers Upkeep; it turns others away by its ACL. ACL LOG names who was refused what, ACL LIST what users may. Where nobody meant it, give it back: ACL SETUSER <user> ${commands
            .split(', ')
            .map((one) => `+${one}`)
            .join(
              ' ',
            )}, and ACL SAVE or the configuration, so that it outlives a restart. Restarting either side changes nothing.`
        : 'Redis is alive and accepts the login of Upkeep; somebody else comes with another password or with none. Compare the secret of the applications with requirepass or ACL LIST, and set the same on both sides. Restarting either side changes nothing.',
      // It may be a stranger who tries passwords while something else is wrong.
      confidence: isRight ? 0.93 : 0.7,
      evidence: [refusals?.id ?? ''],
      unseen: ['who is refused, and what was changed'],
      recommendations: [],
    };
  });
}
