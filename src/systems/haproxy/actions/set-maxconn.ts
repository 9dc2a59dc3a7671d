import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit } from '../../../core/demand.ts';
import { commandOf } from '../../../protocols/haproxy/runtime.ts';
import { type HaproxyConnection, readInfo } from '../client.ts';
import {
  adminPrivileges,
  backendInput,
  demandServer,
  errorsNow,
  type Found,
  findServer,
  inPercent,
  inputOf,
  order,
  serverInput,
  serverPath,
} from './server.ts';

const input = z.strictObject({
  backend: backendInput,
  server: serverInput,
  maxconn: z
    .int()
    .min(1)
    .max(100_000)
    .describe('Requests it may work on at a time; at most twice and at least half of what it is'),
});
type Input = z.output<typeof input>;

const steps = (given: Input) => [['set', 'maxconn', 'server', serverPath(given), String(given.maxconn)]];
const back = (given: Input, limit: number) => [
  ['set', 'maxconn', 'server', serverPath(given), String(limit)],
];

export const setMaxconn = defineAction<HaproxyConnection, typeof input>({
  id: 'haproxy.set-maxconn',
  summary: 'Lets one server work on more or fewer requests at a time, within twice and half of its limit',
  risk: 'risky',
  input,
  privileges: adminPrivileges,

  async plan(conn, given, ctx) {
    const found = await findServer(conn, ctx, given);
    if (typeof found === 'string') return { refused: found };
    const { row } = found;
    const limit = row.number('slim');
    if (limit === undefined || limit === 0)
      return {
        refused: `${given.server} has no maxconn: nothing waits for it, and a limit is for people to choose`,
      };
    if (limit === given.maxconn) return { refused: `the limit of ${given.server} is ${limit} already` };
    const [least, most] = [Math.ceil(limit / 2), limit * 2];
    if (given.maxconn < least || given.maxconn > most)
      return {
        refused: `${given.maxconn} is not between ${least} and ${most}: at most twice and at least half of ${limit} at a time`,
      };
    const total = Number((await readInfo(conn, ctx.signal)).get('Maxconn'));
    if (given.maxconn > total) return { refused: `HAProxy itself takes ${total} connections` };
    return {
      summary: `Let ${given.server} of backend ${given.backend} work on ${given.maxconn} requests at a time instead of ${limit}`,
      steps: steps(given).map(commandOf),
      before: { limit, ...loadOf(found), backendErrorRatio: errorsNow(conn, row) },
      expect: `fewer requests wait than before (${loadOf(found).waiting}), and the server neither fails nor becomes slow`,
      undo: { possible: true, how: back(given, limit).map(commandOf).join('; ') },
      verifyWithinMs: 30_000,
      holdMs: 60_000,
      touches: ['production-change'],
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    const { row } = await demandServer(conn, ctx, given);
    const limit = row.number('slim');
    if (limit === given.maxconn) return `the limit of ${given.server} is ${limit} already`;
    if (limit !== plan.before.limit)
      throw new Error(`the limit is ${limit} now, not ${plan.before.limit}; nothing was done`);
    await order(conn, ctx.signal, steps(given));
    return `${given.server} of ${given.backend} may work on ${given.maxconn} requests at a time`;
  },

  async verify(conn, plan, ctx) {
    const given = input.parse(plan.input);
    const found = await demandServer(conn, ctx, given);
    const { waiting, responseSeconds } = loadOf(found);
    const errors = errorsNow(conn, found.row);
    const limit = found.row.number('slim') ?? 0;
    const after = { limit, waiting, responseSeconds, backendErrorRatio: errors };
    const [waited, took] = [Number(plan.before.waiting), Number(plan.before.responseSeconds)];
    if (limit !== given.maxconn)
      return { good: false, detail: `its limit is ${limit}, not ${given.maxconn}`, after };
    const isRaised = given.maxconn > Number(plan.before.limit);
    if (isRaised && waited > 0 && waiting >= waited)
      return { good: false, detail: `${waiting} requests wait, ${waited} did before`, after };
    // 0: no request had been answered yet, so there is nothing to compare with.
    if (took > 0 && responseSeconds > 0.2 && responseSeconds > took * 2)
      return { good: false, detail: `it became slow: ${responseSeconds} s instead of ${took} s`, after };
    if ((errors ?? 0) > Number(plan.before.backendErrorRatio ?? 0) + 0.05)
      return { good: false, detail: `errors of the backend rose to ${inPercent(errors)}`, after };
    return { good: true, detail: `${waiting} requests wait, ${waited} did before`, after };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    const limit = z.int().min(1).parse(plan.before.limit);
    await order(conn, ctx.signal, back(given, limit));
    return `the limit of ${given.server} is ${limit} again`;
  },
});

function loadOf({ row, backend }: Found): { waiting: number; responseSeconds: number } {
  return {
    waiting: (row.number('qcur') ?? 0) + (backend?.number('qcur') ?? 0),
    responseSeconds: (row.number('rtime') ?? 0) / 1_000,
  };
}
