import { z } from 'zod';
import { type ActionContext, defineAction, type Plan } from '../../../core/action.ts';
import { demandPermit } from '../../../core/demand.ts';
import { commandOf } from '../../../protocols/haproxy/runtime.ts';
import { type HaproxyConnection, pairedAs } from '../client.ts';
import {
  adminPrivileges,
  backendInput,
  demandServer,
  errorsSinceChange,
  type Found,
  findServer,
  inPercent,
  inputOf,
  order,
  serverInput,
  serverPath,
} from './server.ts';

const input = z.strictObject({ backend: backendInput, server: serverInput });
type Input = z.output<typeof input>;

const steps = (given: Input) => [['set', 'server', serverPath(given), 'state', 'ready']];
const backSteps = (given: Input, was: string) => [['set', 'server', serverPath(given), 'state', was]];

/** More of its requests may not fail once it is back (J). */
const mostErrors = 0.1;

export const readyServer = defineAction<HaproxyConnection, typeof input>({
  id: 'haproxy.ready-server',
  summary: 'Gives a server that was drained or put into maintenance its requests back',
  risk: 'safe',
  mends: true,
  input,
  privileges: adminPrivileges,

  async plan(conn, given, ctx) {
    const found = await findServer(conn, ctx, given);
    if (typeof found === 'string') return { refused: found };
    const { row, state } = found;
    if (state !== 'drain' && state !== 'maint')
      return { refused: `${given.server} is not taken out (${row.text('status')})` };
    const kept = keptOut(conn, ctx, given, found);
    if (kept !== undefined) return { refused: kept };
    const check = row.text('check_status');
    // In maintenance nothing is checked; while drained the check goes on.
    if (state === 'drain' && check !== '' && !/OK/.test(check))
      return { refused: `its health check fails (${check} ${row.text('last_chk')})` };
    return {
      summary: `Give ${given.server} of backend ${given.backend}, now ${row.text('status')}, its requests back`,
      steps: steps(given).map(commandOf),
      before: { status: row.text('status'), was: state, address: row.text('addr') },
      expect: `${given.server} passes its check and serves, with less than ${inPercent(mostErrors)} of the requests of the backend failing`,
      undo: { possible: true, how: backSteps(given, state).map(commandOf).join('; ') },
      verifyWithinMs: 30_000,
      holdMs: 30_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    const found = await demandServer(conn, ctx, given);
    const { row, state } = found;
    if (state !== 'drain' && state !== 'maint') return `${given.server} was given its requests back already`;
    const kept = keptOut(conn, ctx, given, found);
    if (kept !== undefined) throw new Error(`${kept}; nothing was done`);
    if (row.text('addr') !== plan.before.address)
      throw new Error(`${given.server} has another address now; nothing was done`);
    await order(conn, ctx.signal, steps(given));
    return `${given.server} of ${given.backend} gets requests again`;
  },

  async verify(conn, plan, ctx) {
    const { row, state } = await demandServer(conn, ctx, input.parse(plan.input));
    const errors = errorsSinceChange(conn, ctx, row);
    const after = { status: row.text('status'), backendErrorRatio: errors };
    if (state !== 'up' && state !== 'unchecked')
      return {
        good: false,
        detail: `${row.name} is ${row.text('status')} (${row.text('last_chk') || 'no check yet'})`,
        after,
      };
    return {
      good: (errors ?? 0) <= mostErrors,
      detail: `serves; errors of the backend since: ${inPercent(errors)}`,
      after,
    };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    await order(conn, ctx.signal, backSteps(given, wasOf(plan)));
    return `${given.server} is taken out again`;
  },
});

/** Why requests must not be led to it by this: clients would write to a standby, or to two servers. */
function keptOut(
  conn: HaproxyConnection,
  ctx: ActionContext,
  given: Input,
  { row, others }: Found,
): string | undefined {
  const pair = pairedAs(conn, given);
  if (pair?.side === 'replica')
    return `${given.server} is the replica of failover ${pair.pair}: requests are led to it by postgres.promote of ${pair.target} alone, which fences the primary first`;
  if (pair !== undefined)
    return `${given.server} is the primary of failover ${pair.pair}: a promotion takes it out, and two primaries would write. Where nothing was promoted, give it back yourself: ${steps(given).map(commandOf).join('; ')}`;
  const standby = standbyAt(ctx, row.text('addr'));
  const isOfStandbys = others.every((other) => standbyAt(ctx, other.text('addr')) !== undefined);
  if (standby === undefined || isOfStandbys) return undefined;
  return `${given.server} is ${standby}, a standby in recovery, and backend ${given.backend} is not one of standbys only: what writes there would fail. Promote it first (postgres.promote, with failover: in upkeep.yaml)`;
}

/** Any database that tells whether it is one. */
function standbyAt(ctx: ActionContext, place: string): string | undefined {
  return ctx
    .targetsAt?.(place)
    .find((target) => ctx.latest(target, 'postgres.standby').some(({ value }) => value === 1));
}

function wasOf({ before }: Plan): 'drain' | 'maint' {
  return before.was === 'maint' ? 'maint' : 'drain';
}
