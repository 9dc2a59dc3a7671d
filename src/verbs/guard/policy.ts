import { z } from 'zod';
import { type Outlook, type PolicyView, policyView } from '../../core/guard/outlook.ts';
import { hintFor } from '../../core/suggest.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { Prospect } from '../../pipeline/outlook.ts';
import { defineVerb } from '../context.ts';

export interface GuardPolicyView extends PolicyView {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly timezone: string;
  /** Targets that something can be done to. */
  readonly targets: readonly { readonly name: string; readonly system: string; readonly actions: number }[];
  /** Of the target that was asked about; empty without one. */
  readonly outlook: readonly Outlook[];
}

export const guardPolicy = defineVerb({
  name: 'guard.policy',
  summary:
    'Shows the policy in force, and of a target what Upkeep may do to it now: by itself, after a yes, or not at all',
  scope: 'read',
  changes: false,
  route: 'GET /guard/policy',
  positional: ['target'],
  examples: ['upkeep guard policy', 'upkeep guard policy api-process'],
  input: z.object({ target: z.string().optional().describe('name of the target') }),
  async run({ ctx, input }): Promise<GuardPolicyView> {
    const { guard, timezone } = ctx.configuration();
    const { targets } = ctx.estate();
    if (input.target !== undefined && !targets.has(input.target)) {
      const hint = hintFor(input.target, [...targets.keys()]);
      throw new UpkeepError(
        'not-found',
        `no target is called ${input.target}${hint === undefined ? '' : `; ${hint}`}`,
      );
    }
    return {
      ...policyView(guard),
      at: ctx.clock.now(),
      timezone,
      targets: [...targets.values()]
        .filter(({ bound }) => bound.actions.length > 0)
        .map(({ settings, bound }) => ({
          name: settings.name,
          system: settings.system,
          actions: bound.actions.length,
        })),
      outlook: input.target === undefined ? [] : (await ctx.actor.prospects(input.target)).map(outlook),
    };
  },
});

function outlook({ action: { id, summary, risk, input }, judgement }: Prospect): Outlook {
  const { $schema: _, ...schema } = z.toJSONSchema(input, { io: 'input', unrepresentable: 'any' });
  return { action: id, summary, risk, judgement, input: schema, needs: schema.required ?? [] };
}
