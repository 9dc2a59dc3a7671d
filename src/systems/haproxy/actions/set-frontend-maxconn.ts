import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit } from '../../../core/demand.ts';
import { commandOf } from '../../../protocols/haproxy/runtime.ts';
import type { StatRow } from '../../../protocols/haproxy/stat.ts';
import { type HaproxyConnection, readInfo, readStat } from '../client.ts';
import { haproxyName } from '../config.ts';
import { failureOf } from '../failure.ts';
import { mayChangeFrontends } from '../frontend-limit.ts';
import { failureRatio } from '../window.ts';
import { adminPrivileges, inPercent, inputOf, order } from './server.ts';

const input = z.strictObject({
  frontend: haproxyName.describe('Frontend, as `show stat` names it'),
  maxconn: z
    .int()
    .min(1)
    .max(1_000_000)
    .describe('Sessions it takes at a time; at most twice and at least half of what it is'),
});
type Input = z.output<typeof input>;

const stepsTo = ({ frontend }: Input, limit: number) => [
  ['set', 'maxconn', 'frontend', frontend, String(limit)],
];
const steps = (given: Input) => stepsTo(given, given.maxconn);

/** Failing by so much more than before is harm (J). */
const moreErrors = 0.05;

export const setFrontendMaxconn = defineAction<HaproxyConnection, typeof input>({
  id: 'haproxy.set-frontend-maxconn',
  summary: 'Lets one frontend take more or fewer sessions at a time, within twice and half of its limit',
  risk: 'risky',
  input,
  privileges: adminPrivileges,

  async plan(conn, given, ctx) {
    let found: StatRow | undefined;
    try {
      found = await findFrontend(conn, given, ctx);
    } catch (error) {
      return { refused: `HAProxy cannot be asked: ${failureOf(error, conn.config.socket, 0).detail}` };
    }
    if (found === undefined) return { refused: `there is no frontend ${given.frontend}` };
    const limit = found.number('slim') ?? 0;
    if (limit === 0)
      return {
        refused: `${given.frontend} has no maxconn of its own: the limit of the whole process counts`,
      };
    if (limit === given.maxconn) return { refused: `the limit of ${given.frontend} is ${limit} already` };
    const [least, most] = [Math.ceil(limit / 2), limit * 2];
    if (given.maxconn < least || given.maxconn > most)
      return {
        refused: `${given.maxconn} is not between ${least} and ${most}: at most twice and at least half of ${limit} at a time`,
      };
    const info = await readInfo(conn, ctx.signal);
    const version = info.get('Version') ?? 'of an unknown version';
    if (!mayChangeFrontends(version))
      return {
        refused: `HAProxy ${version} may lock itself up and end when the limit of a frontend is changed while connections wait (its issue 2726; mended in 2.4.28, 2.6.20, 2.8.12, 2.9.12, 3.0.6 and from 3.1 on): change maxconn in haproxy.cfg and reload`,
      };
    const total = Number(info.get('Maxconn'));
    if (given.maxconn > total)
      return { refused: `HAProxy itself takes ${total} connections (global maxconn): more is of no use` };
    const isRaised = given.maxconn > limit;
    return {
      summary: `Let frontend ${given.frontend} take ${given.maxconn} sessions at a time instead of ${limit}`,
      steps: steps(given).map(commandOf),
      before: { limit, sessions: sessionsOf(found), errorRatio: errorsOf(conn, found) },
      expect: isRaised
        ? 'connections that wait are accepted, a place is free, and no more requests fail than before'
        : 'it takes no more than that, and no more requests fail than before',
      undo: { possible: true, how: stepsTo(given, limit).map(commandOf).join('; ') },
      verifyWithinMs: 30_000,
      holdMs: 60_000,
      touches: ['production-change'],
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    const limit = (await demandFrontend(conn, given, ctx)).number('slim');
    if (limit === given.maxconn) return `the limit of ${given.frontend} is ${limit} already`;
    if (limit !== plan.before.limit)
      throw new Error(`the limit is ${limit} now, not ${plan.before.limit}; nothing was done`);
    await order(conn, ctx.signal, steps(given));
    return `frontend ${given.frontend} takes ${given.maxconn} sessions at a time`;
  },

  async verify(conn, plan, ctx) {
    const given = input.parse(plan.input);
    const row = await demandFrontend(conn, given, ctx);
    const [limit, sessions, errors] = [row.number('slim') ?? 0, sessionsOf(row), errorsOf(conn, row)];
    const after = { limit, sessions, errorRatio: errors };
    if (limit !== given.maxconn)
      return { good: false, detail: `its limit is ${limit}, not ${given.maxconn}`, after };
    if (limit > Number(plan.before.limit) && sessions >= limit)
      return { good: false, detail: `it is full again: ${sessions} of ${limit} sessions`, after };
    if ((errors ?? 0) > Number(plan.before.errorRatio ?? 0) + moreErrors)
      return { good: false, detail: `errors of the frontend rose to ${inPercent(errors)}`, after };
    return { good: true, detail: `${sessions} of ${limit} sessions`, after };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    const limit = z.int().min(1).parse(plan.before.limit);
    await order(conn, ctx.signal, stepsTo(given, limit));
    return `the limit of ${given.frontend} is ${limit} again`;
  },
});

type Asking = Parameters<typeof readStat>[1];

async function findFrontend(
  conn: HaproxyConnection,
  { frontend }: Input,
  ctx: Asking,
): Promise<StatRow | undefined> {
  const rows = await readStat(conn, ctx);
  return rows.find((row) => row.kind === 'frontend' && row.proxy === frontend);
}

async function demandFrontend(conn: HaproxyConnection, given: Input, ctx: Asking): Promise<StatRow> {
  const found = await findFrontend(conn, given, ctx);
  if (found === undefined) throw new Error(`there is no frontend ${given.frontend}`);
  return found;
}

function sessionsOf(row: StatRow): number {
  return row.number('scur') ?? 0;
}

function errorsOf(conn: HaproxyConnection, row: StatRow): number | null {
  return failureRatio(conn.window.growth(row.proxy, row.name)) ?? null;
}
