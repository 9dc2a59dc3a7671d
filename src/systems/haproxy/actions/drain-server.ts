import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { count } from '../../../core/count.ts';
import { demandPermit } from '../../../core/demand.ts';
import { commandOf } from '../../../protocols/haproxy/runtime.ts';
import type { HaproxyConnection } from '../client.ts';
import {
  adminPrivileges,
  backendInput,
  demandServer,
  errorsLately,
  errorsNow,
  errorsSinceChange,
  findServer,
  inPercent,
  inputOf,
  order,
  serverInput,
  serverPath,
} from './server.ts';

const input = z.strictObject({ backend: backendInput, server: serverInput });
type Input = z.output<typeof input>;

/** A server that failed so much was to be drained for it; one that fails less is well again. */
const ill = 0.05;
const well = 0.01;

const steps = (given: Input) => [['set', 'server', serverPath(given), 'state', 'drain']];
const backSteps = (given: Input) => [['set', 'server', serverPath(given), 'state', 'ready']];

export const drainServer = defineAction<HaproxyConnection, typeof input>({
  id: 'haproxy.drain-server',
  summary: 'Gives one server no new requests, while at least one healthy server of its backend stays',
  risk: 'safe',
  input,
  privileges: adminPrivileges,

  async plan(conn, given, ctx) {
    const found = await findServer(conn, ctx, given);
    if (typeof found === 'string') return { refused: found };
    const { row, state, healthyOthers } = found;
    if (state === 'drain' || state === 'maint')
      return { refused: `${given.server} is taken out already (${row.text('status')})` };
    if (healthyOthers.length === 0)
      return {
        refused: `no healthy server of backend ${given.backend} would stay: users would get 503 instead`,
      };
    const errors = errorsNow(conn, row);
    return {
      summary: `Give ${given.server} of backend ${given.backend} no new requests; ${count(healthyOthers.length, 'healthy server')} ${healthyOthers.length === 1 ? 'stays' : 'stay'}`,
      steps: steps(given).map(commandOf),
      before: {
        status: row.text('status'),
        address: row.text('addr'),
        sessions: row.number('scur') ?? 0,
        healthyOthers: healthyOthers.map(({ name }) => name).join(' '),
        backendErrorRatio: errors,
        serverErrorRatio: errorsLately(conn, ctx, row),
      },
      expect: `${given.server} gets no new requests, and fewer requests of the backend fail than before (${inPercent(errors)})`,
      undo: { possible: true, how: backSteps(given).map(commandOf).join('; ') },
      verifyWithinMs: 30_000,
      holdMs: 30_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    const { row, state, healthyOthers } = await demandServer(conn, ctx, given);
    if (state === 'drain' || state === 'maint') return `${given.server} was taken out already`;
    if (row.text('addr') !== plan.before.address)
      throw new Error(`${given.server} has another address now; nothing was done`);
    const [then, now] = [plan.before.serverErrorRatio, errorsLately(conn, ctx, row)];
    if (typeof then === 'number' && then >= ill && now !== null && now < well)
      throw new Error(
        `${given.server} failed ${inPercent(then)} of its requests when this was planned and ${inPercent(now)} of late; nothing was done`,
      );
    if (healthyOthers.length === 0)
      throw new Error('no healthy server would stay any more; nothing was done');
    await order(conn, ctx.signal, steps(given));
    return `${given.server} of ${given.backend} gets no new requests`;
  },

  async verify(conn, plan, ctx) {
    const { row, state, healthyOthers } = await demandServer(conn, ctx, input.parse(plan.input));
    const errors = errorsSinceChange(conn, ctx, row);
    const before = typeof plan.before.backendErrorRatio === 'number' ? plan.before.backendErrorRatio : null;
    const after = {
      status: row.text('status'),
      sessions: row.number('scur') ?? 0,
      backendErrorRatio: errors,
    };
    if (state !== 'drain')
      return { good: false, detail: `${row.name} is ${row.text('status')}, not drained`, after };
    if (healthyOthers.length === 0)
      return { good: false, detail: 'no healthy server is left in the backend', after };
    const isBetter = errors === null || errors < Math.max(0.01, before ?? 0.01);
    return {
      good: isBetter,
      detail: `drained; errors of the backend since: ${inPercent(errors)}, before: ${inPercent(before)}`,
      after,
    };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    const { state } = await demandServer(conn, ctx, given);
    if (state !== 'drain') return `${given.server} is not drained any more`;
    await order(conn, ctx.signal, backSteps(given));
    return `${given.server} gets requests again`;
  },
});
