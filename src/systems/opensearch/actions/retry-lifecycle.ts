import { z } from 'zod';
import { type ActionContext, defineAction } from '../../../core/action.ts';
import { demandPermit, demandSteps, demandUnchanged } from '../../../core/demand.ts';
import { root } from '../answers.ts';
import { ask, type OpensearchConnection, send } from '../client.ts';
import type { Managed } from '../lifecycle.ts';
import { readManaged } from '../probes/lifecycle.ts';
import { oneIndex } from './indices.ts';

const input = z.strictObject({ index: oneIndex });

/** Of ISM; ILM of Elasticsearch answers `acknowledged`. */
const retried = z.object({
  failures: z.boolean().default(false),
  failed_indices: z.array(z.object({ reason: z.string().default('no reason is told') })).default([]),
});

export const retryLifecycle = defineAction<OpensearchConnection, typeof input>({
  id: 'opensearch.retry-lifecycle',
  summary:
    'Lets the policy of an index go on with the step at which it failed (ISM, or ILM of Elasticsearch)',
  risk: 'risky',
  input,
  privileges:
    'cluster:admin/opendistro/ism/managedindex/retry and …/explain; in Elasticsearch manage_ilm on the index',

  async plan(conn, { index }, ctx) {
    const stuck = await stuckPolicy(conn, index, ctx);
    if (stuck === undefined) return { refused: `the policy of ${index} goes on, or it has none` };
    return {
      summary: `let the policy ${stuck.policy} of ${index} go on with ${stuck.action}`,
      steps: await stepsOf(conn, index, ctx),
      before: {
        policy: stuck.policy,
        action: stuck.action,
        step: stuck.step,
        trouble: stuck.trouble?.slice(0, 300) ?? null,
      },
      expect: `the policy of ${index} goes on; the job runs every 5 minutes`,
      undo: {
        possible: false,
        how: 'the policy only does what it was made for; change the policy, or remove it from the index, to stop it',
      },
      verifyWithinMs: 900_000,
      holdMs: 60_000,
    };
  },

  async apply(conn, plan, permit, ctx) {
    demandPermit(permit);
    const { index } = input.parse(plan.input);
    demandSteps(plan, await stepsOf(conn, index, ctx));
    const stuck = await stuckPolicy(conn, index, ctx);
    if (stuck === undefined) return `the policy of ${index} goes on already`;
    demandUnchanged(plan, { policy: stuck.policy, action: stuck.action }, `the policy of ${index}`);
    const path = await pathOf(conn, index, ctx);
    const answer = retried.parse(await send(conn, { method: 'POST', path }, ctx.signal));
    if (answer.failures) {
      const reason = answer.failed_indices[0]?.reason ?? 'no reason is told';
      throw new Error(`the retry was not taken: ${reason}`);
    }
    return `the policy ${stuck.policy} of ${index} is tried again`;
  },

  async verify(conn, plan, ctx) {
    const { index } = input.parse(plan.input);
    const stuck = await stuckPolicy(conn, index, ctx);
    return {
      good: stuck === undefined,
      detail: stuck === undefined ? `the policy of ${index} goes on` : `it still stands: ${stuck.trouble}`,
      after: { trouble: stuck?.trouble?.slice(0, 300) ?? null },
    };
  },
});

async function stuckPolicy(
  conn: OpensearchConnection,
  index: string,
  { clock, signal }: ActionContext,
): Promise<Managed | undefined> {
  const managed = await readManaged(conn, clock.now(), signal);
  return managed.find((one) => one.index === index && one.trouble !== undefined);
}

async function pathOf(conn: OpensearchConnection, index: string, { signal }: ActionContext): Promise<string> {
  const { version } = await ask(conn, '', root, signal);
  const name = encodeURIComponent(index);
  return version.distribution === 'opensearch' ? `_plugins/_ism/retry/${name}` : `${name}/_ilm/retry`;
}

async function stepsOf(conn: OpensearchConnection, index: string, ctx: ActionContext): Promise<string[]> {
  return [`POST /${await pathOf(conn, index, ctx)}`];
}
