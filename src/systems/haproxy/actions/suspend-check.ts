import { z } from 'zod';
import { type ActionContext, defineAction } from '../../../core/action.ts';
import { demandPermit } from '../../../core/demand.ts';
import { networkFailure } from '../../../machine/network/failure.ts';
import { fetchText } from '../../../machine/network/fetch-text.ts';
import { commandOf, tcpOf } from '../../../protocols/haproxy/runtime.ts';
import type { StatRow } from '../../../protocols/haproxy/stat.ts';
import type { HaproxyConnection } from '../client.ts';
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

const steps = (given: Input) => [
  ['disable', 'health', serverPath(given)],
  ['set', 'server', serverPath(given), 'health', 'up'],
];
const backSteps = (given: Input) => [['enable', 'health', serverPath(given)]];

export const suspendCheck = defineAction<HaproxyConnection, typeof input>({
  id: 'haproxy.suspend-check',
  summary:
    'Takes a server as up without its health check, where the check asks a wrong path and the server answers well',
  risk: 'risky',
  input,
  privileges: adminPrivileges,

  async plan(conn, given, ctx) {
    const found = await findServer(conn, ctx, given);
    if (typeof found === 'string') return { refused: found };
    const { refused, row } = await looked(conn, given, found, ctx);
    if (refused !== undefined) return { refused };
    return {
      summary: `Take ${given.server} of backend ${given.backend} as up without its health check until the check is mended`,
      steps: steps(given).map(commandOf),
      before: {
        status: row.text('status'),
        check: row.text('check_status'),
        code: row.number('check_code') ?? null,
        address: row.text('addr'),
      },
      expect: `${given.server} serves. Nobody notices any more when it fails: mend the check soon, then undo this`,
      undo: { possible: true, how: backSteps(given).map(commandOf).join('; ') },
      verifyWithinMs: 15_000,
      holdMs: 30_000,
      touches: ['production-change'],
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    const found = await demandServer(conn, ctx, given);
    if (found.state === 'up') return `${given.server} is up already`;
    const { refused } = await looked(conn, given, found, ctx);
    if (refused !== undefined) throw new Error(refused);
    await order(conn, ctx.signal, steps(given));
    return `${given.server} of ${given.backend} is taken as up; its check is off`;
  },

  async verify(conn, plan, ctx) {
    const { row, state } = await demandServer(conn, ctx, input.parse(plan.input));
    const errors = errorsSinceChange(conn, ctx, row);
    const after = { status: row.text('status'), backendErrorRatio: errors };
    const serves = state === 'up' || state === 'unchecked';
    return {
      good: serves && (errors ?? 0) <= 0.1,
      detail: `${row.name} is ${row.text('status')}; errors of the backend since: ${inPercent(errors)}`,
      after,
    };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    await order(conn, ctx.signal, backSteps(given));
    return `${given.server} is checked again`;
  },
});

/** While a check is under way HAProxy shows no code of it, so its end is waited for. */
const checkEndsWithinMs = 5_000;

async function looked(
  conn: HaproxyConnection,
  given: Input,
  first: Found,
  ctx: ActionContext,
): Promise<{ readonly refused: string | undefined; readonly row: StatRow }> {
  const until = ctx.clock.monotonic() + checkEndsWithinMs;
  let found = first;
  while (found.state === 'down' && isUnderWay(found.row) && ctx.clock.monotonic() < until) {
    await ctx.clock.sleep(50, ctx.signal);
    found = await demandServer(conn, ctx, given);
  }
  return { refused: await refusalOf(conn, found, ctx), row: found.row };
}

function isUnderWay(row: StatRow): boolean {
  return row.text('check_status').startsWith('* ');
}

async function refusalOf(
  conn: HaproxyConnection,
  { row, state }: Found,
  ctx: ActionContext,
): Promise<string | undefined> {
  if (state !== 'down') return `${row.name} is ${row.text('status')}: there is nothing to mend`;
  if (isUnderWay(row))
    return `its health check does not end within ${checkEndsWithinMs / 1_000} s: the server itself may be ill`;
  const [check, code] = [row.text('check_status'), row.number('check_code') ?? 0];
  if (check !== 'L7STS' || code < 300 || code >= 500)
    return `its check does not fail for a wrong path (${check} ${code}): the server itself may be ill`;
  const to = tcpOf(row.text('addr'));
  if (to === undefined) return 'its address is not known, so it cannot be asked directly';
  try {
    const url = new URL(`http://${row.text('addr')}${conn.config.healthyPath}`);
    const { status } = await fetchText({ url, signal: ctx.signal, maxBytes: 1_000_000 });
    return status < 400 ? undefined : `asked directly it answers ${conn.config.healthyPath} with ${status}`;
  } catch (error) {
    return `asked directly it does not answer: ${networkFailure(error, to, 0).detail}`;
  }
}
