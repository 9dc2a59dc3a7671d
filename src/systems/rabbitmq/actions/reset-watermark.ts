import { z } from 'zod';
import { defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { nodes } from '../answers.ts';
import { ask, type RabbitmqConnection } from '../client.ts';
import { isStricter, putInForce, readLimits, resetStep } from '../limits.ts';

const input = z.strictObject({
  resource: z.enum(['memory', 'disk']).describe('Which alarm'),
  node: z
    .string()
    .regex(/^[\w.-]+@[\w.-]+$/)
    .describe('Name of the node: rabbit@host'),
});

export const resetWatermark = defineAction<RabbitmqConnection, typeof input>({
  id: 'rabbitmq.reset-watermark',
  summary:
    'Puts the limit of memory or disk of its own configuration back in force after somebody changed it',
  risk: 'safe',
  mends: true,
  input,
  privileges: 'rabbitmqctl on the same machine: upkeep ALL=(root) NOPASSWD: /usr/sbin/rabbitmqctl',

  async plan(conn, { resource, node }, ctx) {
    const limit = (await readLimits(conn, node, ctx.signal))[resource];
    if (!isStricter(limit, resource))
      return {
        refused: `the limit in force is that of the configuration (${limit.configured}): the ${resource} is really used up, and a looser limit would risk the node`,
      };
    return {
      summary: `put the ${resource} limit of ${node} back to ${limit.configured}, as configured`,
      steps: [resetStep(conn, node, limit)],
      before: { now: limit.now, configured: limit.configured },
      expect: `the ${resource} alarm of ${node} is off and publishers go on`,
      undo: { possible: true, how: `the limit of before is set again: ${limit.now} bytes` },
      verifyWithinMs: 30_000,
      holdMs: 15_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { resource, node } = input.parse(plan.input);
    const limit = (await readLimits(conn, node, ctx.signal))[resource];
    demandSteps(plan, [resetStep(conn, node, limit)]);
    if (!isStricter(limit, resource)) return `the limit is ${limit.configured} already`;
    demandUnchanged(plan, { now: limit.now }, `the ${resource} limit`);
    await putInForce(conn, node, limit.reset, ctx.signal);
    return `the ${resource} limit of ${node} is ${limit.configured} again`;
  },

  async verify(conn, plan, ctx) {
    const { resource, node } = input.parse(plan.input);
    const seen = (await ask(conn, 'nodes', nodes, ctx.signal)).find((one) => one.name === node);
    if (seen?.running !== true) return { good: false, detail: `${node} does not run` };
    const isOn = resource === 'memory' ? seen.mem_alarm : seen.disk_free_alarm;
    return {
      good: !isOn,
      detail: `the ${resource} alarm of ${node} is ${isOn ? 'still on' : 'off'}`,
      after: { alarm: isOn, limit: (resource === 'memory' ? seen.mem_limit : seen.disk_free_limit) ?? null },
    };
  },

  async undo(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { resource, node } = input.parse(plan.input);
    const limit = (await readLimits(conn, node, ctx.signal))[resource];
    if (isStricter(limit, resource))
      throw new Error('somebody has changed the limit again; it is left as it is');
    const before = String(plan.before.now);
    const words =
      resource === 'memory'
        ? ['set_vm_memory_high_watermark', 'absolute', before]
        : ['set_disk_free_limit', before];
    await putInForce(conn, node, words, ctx.signal);
    return `the ${resource} limit of ${node} is ${before} bytes again`;
  },
});
