import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit } from '../../../core/demand.ts';
import { commandOf } from '../../../protocols/haproxy/runtime.ts';
import type { HaproxyConnection } from '../client.ts';
import {
  adminPrivileges,
  backendInput,
  demandServer,
  errorsNow,
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
  // 0 is a drain in disguise, without its safeguard.
  weight: z.int().min(1).max(256).describe('Its share of the requests beside the weights of the others'),
});
type Input = z.output<typeof input>;

const steps = (given: Input) => [['set', 'server', serverPath(given), 'weight', String(given.weight)]];
const back = (given: Input, weight: number) => [
  ['set', 'server', serverPath(given), 'weight', String(weight)],
];

export const setWeight = defineAction<HaproxyConnection, typeof input>({
  id: 'haproxy.set-weight',
  summary: 'Gives one server a larger or smaller share of the requests of its backend',
  risk: 'safe',
  input,
  privileges: adminPrivileges,

  async plan(conn, given, ctx) {
    const found = await findServer(conn, ctx, given);
    if (typeof found === 'string') return { refused: found };
    const { row, others, backend } = found;
    const weight = row.number('uweight') ?? row.number('weight') ?? 0;
    if (weight === given.weight) return { refused: `${given.server} has weight ${weight} already` };
    if (others.length === 0)
      return {
        refused: `${given.server} is the only server of backend ${given.backend}: its weight changes nothing`,
      };
    if (/^(static-rr|hash-type map-based)/.test(backend?.text('algo') ?? ''))
      return {
        refused: `the balance of ${given.backend} (${backend?.text('algo')}) takes no weights at run time`,
      };
    const errors = errorsNow(conn, row);
    return {
      summary: `Set the weight of ${given.server} in backend ${given.backend} from ${weight} to ${given.weight}`,
      steps: steps(given).map(commandOf),
      before: { weight, address: row.text('addr'), backendErrorRatio: errors },
      expect: `${given.server} has weight ${given.weight}, and no more requests of the backend fail than before (${inPercent(errors)})`,
      undo: { possible: true, how: back(given, weight).map(commandOf).join('; ') },
      verifyWithinMs: 15_000,
      holdMs: 60_000,
      touches: ['production-change'],
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    const { row } = await demandServer(conn, ctx, given);
    const weight = row.number('uweight') ?? row.number('weight');
    if (weight === given.weight) return `${given.server} has weight ${weight} already`;
    if (weight !== plan.before.weight)
      throw new Error(`the weight is ${weight} now, not ${plan.before.weight}; nothing was done`);
    await order(conn, ctx.signal, steps(given));
    return `${given.server} of ${given.backend} has weight ${given.weight}`;
  },

  async verify(conn, plan, ctx) {
    const given = input.parse(plan.input);
    const { row } = await demandServer(conn, ctx, given);
    const weight = row.number('uweight') ?? row.number('weight') ?? 0;
    const errors = errorsNow(conn, row);
    const before = typeof plan.before.backendErrorRatio === 'number' ? plan.before.backendErrorRatio : 0;
    const isWorse = errors !== null && errors > before + 0.05;
    const good = weight === given.weight && !isWorse;
    return {
      good,
      detail: `weight ${weight}; errors of the backend: ${inPercent(errors)}`,
      after: { weight, backendErrorRatio: errors },
    };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const given = inputOf(plan, input, steps);
    const weight = z.int().min(0).max(256).parse(plan.before.weight);
    await order(conn, ctx.signal, back(given, weight));
    return `${given.server} has weight ${weight} again`;
  },
});
