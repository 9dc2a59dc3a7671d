import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf } from '../../../core/evidence-rows.ts';
import { plain } from '../../../core/plain.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { RedisConnection } from '../client.ts';
import { errorsOf, fieldsOf, type Info, readInfo } from '../info.ts';
import { changeBehind, changesOf, look } from './evidence.ts';

const id = 'redis.commands-refused';
/** Long enough for a client that retries, and not felt by who waits for the diagnosis. */
const watchedMs = 1_500;
/** Checks for open doors, Upkeep's own too, knock once without a password; a client that cannot work knocks again (J). */
const leastKnocks = 3;
/** Named in one line. */
const mostNamed = 5;
const mostLogged = 20;
const errors = ['NOPERM', 'WRONGPASS', 'NOAUTH'] as const;

/** Redis is well, and answers to others that they may not. */
export const commandsRefused: Diagnosis<RedisConnection> = {
  id,
  title: 'clients are refused commands',
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
        const own = conn.session.refusals;
        const from = own.sent();
        const before = await readInfo(ask, 'errorstats', 'commandstats');
        if (errors.every((error) => errorsOf(before, error) === 0)) return { facts: { refused: 0 } };
        await ctx.clock.sleep(watchedMs, ctx.signal);
        const to = own.sent();
        const after = await readInfo(ask, 'errorstats', 'commandstats');
        const rows = refusalsBetween(before, after, own.between(from, to));
        const isUnnamed = rows.some(({ error, commands }) => error === 'NOPERM' && commands === '');
        const logged = isUnnamed ? refusedLately(await ask('ACL', 'LOG', mostLogged).catch(() => [])) : [];
        return {
          table: tableOf(
            ['error', 'times', 'commands'],
            rows.map((row) =>
              row.error === 'NOPERM' && row.commands === '' ? { ...row, commands: logged.join(', ') } : row,
            ),
          ),
        };
      },
    ),
    ...changesOf(target, ctx, /^requirepass$/),
  ],
  conclude,
};

/** A type of its own so that it is a row of a table as well. */
type Refused = { readonly error: string; readonly times: number; readonly commands: string };

/**
 * What others were refused between two looks at the counters. Commands are named only where all that was rejected was
 * rejected by an ACL: each is counted alike for a lacking login, full memory or a pause (Redis 6.2 and newer).
 * @param own commands that Upkeep itself was refused in between
 */
export function refusalsBetween(before: Info, after: Info, own: readonly string[]): readonly Refused[] {
  return errors.flatMap((error): Refused[] => {
    const grown = errorsOf(after, error) - errorsOf(before, error);
    const times = error === 'NOPERM' ? grown - own.length : grown;
    if (times < (error === 'NOPERM' ? 1 : leastKnocks)) return [];
    if (error !== 'NOPERM') return [{ error, times, commands: '' }];
    const rejected = rejectedBetween(before, after, own);
    const all = rejected.reduce((sum, one) => sum + one.times, 0);
    const commands = all > times ? [] : rejected.slice(0, mostNamed).map(({ command }) => plain(command, 40));
    return [{ error, times, commands: commands.join(', ') }];
  });
}

/** Commands that were turned away in between and are not our own, most often first. */
function rejectedBetween(before: Info, after: Info, own: readonly string[]) {
  const of = (info: Info, name: string) => fieldsOf(info.text(name)).rejected_calls ?? 0;
  return after
    .names('cmdstat_')
    .map((name) => {
      const command = name.slice('cmdstat_'.length);
      const ours = own.filter((one) => one === command).length;
      return { command, times: of(after, name) - of(before, name) - ours };
    })
    .filter(({ times }) => times > 0)
    .toSorted((a, b) => b.times - a.times);
}

/** Commands that ACL LOG says others were refused in the last seconds; its entries are names and values in turn. */
function refusedLately(reply: unknown): readonly string[] {
  const named = (Array.isArray(reply) ? reply : []).flatMap((entry) => {
    const words = Array.isArray(entry) ? entry : [];
    const field = (name: string) => String(words[words.indexOf(name) + 1] ?? '');
    const isOthers = !/ name=upkeep /.test(field('client-info'));
    const isNew = Number.parseFloat(field('age-seconds')) <= (2 * watchedMs) / 1_000;
    return field('reason') === 'command' && isOthers && isNew ? [plain(field('object'), 40)] : [];
  });
  return [...new Set(named)].slice(0, mostNamed);
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const refusals = find(evidence, target, 'refusals');
  const password = changeBehind(evidence, target, ({ name }) => name === 'requirepass');
  const asPassword =
    password === undefined ? {} : { change: textOf(password.change), onset: numberOf(password.at) };
  return rowsOf(refusals).map((row): Finding => {
    const times = count(numberOf(row.times), 'time');
    const commands = textOf(row.commands);
    const isRight = row.error === 'NOPERM';
    const isOfPassword = !isRight && password !== undefined;
    return {
      id,
      target,
      summary: isRight
        ? `clients are refused ${commands === '' ? 'commands' : commands} (NOPERM, ${times} while it was watched): their user may not run it`
        : `clients log in with what Redis does not accept (${textOf(row.error)}, ${times} while it was watched)`,
      explanation: isRight
        ? `Redis is alive and answers Upkeep; it turns others away by its ACL. ACL LOG names who was refused what, ACL LIST what users may. Where nobody meant it, give it back: ${grantOf(commands)}, and ACL SAVE or the configuration, so that it outlives a restart. Restarting either side changes nothing.`
        : `${isOfPassword ? 'requirepass was changed right before. ' : ''}Redis is alive and accepts the login of Upkeep; somebody else comes with another password or with none. Compare the secret of the applications with requirepass or ACL LIST, and set the same on both sides. Restarting either side changes nothing.`,
      // It may be a stranger who tries passwords while something else is wrong.
      confidence: isRight ? 0.93 : isOfPassword ? 0.9 : 0.7,
      ...(isOfPassword ? asPassword : {}),
      evidence: evidence
        .filter(({ id: piece }) => piece === refusals?.id || isOfPassword)
        .map(({ id: piece }) => piece),
      unseen: [
        'who is refused, and what was changed',
        ...(isRight && commands === ''
          ? ['which commands: others are rejected for other reasons at the same time']
          : []),
      ],
      recommendations: [],
    };
  });
}

function grantOf(commands: string): string {
  const granted =
    commands === ''
      ? '+<command>'
      : commands
          .split(', ')
          .map((one) => `+${one}`)
          .join(' ');
  return `ACL SETUSER <user> ${granted}`;
}
