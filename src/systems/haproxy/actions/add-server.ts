import { z } from 'zod';
import { type ActionContext, defineAction, type Plan } from '../../../core/action.ts';
import { demandPermit } from '../../../core/demand.ts';
import { dial } from '../../../machine/network/dial.ts';
import { networkFailure } from '../../../machine/network/failure.ts';
import { commandOf, RuntimeRefusal, tcpOf } from '../../../protocols/haproxy/runtime.ts';
import { type HaproxyConnection, readInfo, readStat } from '../client.ts';
import { failureOf } from '../failure.ts';
import {
  adminPrivileges,
  backendInput,
  demandServer,
  errorsSinceChange,
  findServer,
  inPercent,
  inputOf,
  order,
  serverInput,
  serverPath,
} from './server.ts';

const input = z.strictObject({
  backend: backendInput,
  server: serverInput.describe('Name of the new server'),
  address: z
    .string()
    .min(1)
    .max(260)
    .describe('One of the addresses that `spares` of the target declares for the backend'),
});
type Input = z.output<typeof input>;

/** A new server comes in maintenance and without the settings of `default-server`. */
const steps = (given: Input) => [
  ['add', 'server', serverPath(given), given.address, 'check', 'inter', '2s', 'fall', '3', 'rise', '1'],
  ['enable', 'health', serverPath(given)],
  ['enable', 'server', serverPath(given)],
];
const backSteps = (given: Input) => [
  ['set', 'server', serverPath(given), 'state', 'maint'],
  ['del', 'server', serverPath(given)],
];

export const addServer = defineAction<HaproxyConnection, typeof input>({
  id: 'haproxy.add-server',
  summary: 'Adds a declared spare server to a backend, checked before it gets requests',
  risk: 'risky',
  input,
  privileges: `${adminPrivileges}\n# HAProxy 2.5 and newer`,

  async plan(conn, given, ctx) {
    const refused = await refusalOf(conn, given, ctx);
    if (refused !== undefined) return { refused };
    return {
      summary: `Add the spare server ${given.address} to backend ${given.backend} as ${given.server}`,
      steps: steps(given).map(commandOf),
      before: { address: given.address, isThere: false },
      expect: `${given.server} passes its check and serves`,
      undo: { possible: true, how: backSteps(given).map(commandOf).join('; ') },
      verifyWithinMs: 30_000,
      holdMs: 60_000,
      touches: ['production-change'],
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    const there = await findServer(conn, ctx, given);
    if (typeof there !== 'string') {
      if (there.row.text('addr') === given.address) return `${given.server} is there already`;
      throw new Error(`another server is called ${given.server} now; nothing was done`);
    }
    const refused = await refusalOf(conn, given, ctx);
    if (refused !== undefined) throw new Error(refused);
    await order(conn, ctx.signal, steps(given));
    return `${given.server} (${given.address}) was added to ${given.backend}`;
  },

  async verify(conn, plan, ctx) {
    const { row, state } = await demandServer(conn, ctx, input.parse(plan.input));
    const errors = errorsSinceChange(conn, ctx, row);
    const after = { status: row.text('status'), check: row.text('check_status'), backendErrorRatio: errors };
    const good = state === 'up' && /OK/.test(row.text('check_status')) && (errors ?? 0) <= 0.1;
    return {
      good,
      detail: `${row.name} is ${row.text('status')} (${row.text('check_status') || 'not checked yet'}); errors of the backend since: ${inPercent(errors)}`,
      after,
    };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    await removeAdded(conn, plan, given, ctx);
    return `${given.server} was taken out of ${given.backend}`;
  },
});

async function refusalOf(
  conn: HaproxyConnection,
  given: Input,
  ctx: ActionContext,
): Promise<string | undefined> {
  const declared = conn.config.spares[given.backend] ?? [];
  if (!declared.includes(given.address))
    return `${given.address} is not declared for ${given.backend}: name it in \`spares\` of this target`;
  let version: string;
  try {
    version = (await readInfo(conn, ctx.signal)).get('Version') ?? '';
    const rows = await readStat(conn, ctx);
    const own = rows.filter((row) => row.proxy === given.backend);
    if (!own.some((row) => row.kind === 'backend')) return `there is no backend ${given.backend}`;
    const same = own.find((row) => row.name === given.server || row.text('addr') === given.address);
    if (same) return `${same.name} (${same.text('addr')}) is in ${given.backend} already`;
  } catch (error) {
    return `HAProxy cannot be asked: ${failureOf(error, conn.config.socket, 0).detail}`;
  }
  if (Number.parseFloat(version) < 2.5)
    return `HAProxy ${version} cannot add servers at run time: 2.5 and newer can`;
  const to = tcpOf(given.address);
  if (to === undefined) return `${given.address} is no host:port`;
  try {
    const { socket } = await dial(to, { signal: ctx.signal, clock: ctx.clock, timeoutMs: 2_000 });
    socket.destroy();
    return undefined;
  } catch (error) {
    return `nobody serves at ${given.address}: ${networkFailure(error, to, 2_000).detail}`;
  }
}

/** A server with requests under way cannot be removed: it stays in maintenance, where it gets none. */
async function removeAdded(
  conn: HaproxyConnection,
  plan: Plan,
  given: Input,
  ctx: ActionContext,
): Promise<void> {
  const found = await findServer(conn, ctx, given);
  if (typeof found === 'string') return;
  if (found.row.text('addr') !== plan.before.address)
    throw new Error(`${given.server} is another server now; nothing was done`);
  const [maintenance = [], removal = []] = backSteps(given);
  await order(conn, ctx.signal, [maintenance]);
  try {
    await order(conn, ctx.signal, [removal]);
  } catch (error) {
    if (!(error instanceof RuntimeRefusal)) throw error;
  }
}
