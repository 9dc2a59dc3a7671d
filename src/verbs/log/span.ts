/** Which target and how far back: the same for what is asked of logs. */
import { z } from 'zod';
import type { LogView } from '../../core/log/view.ts';
import { hintFor } from '../../core/suggest.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { VerbContext } from '../context.ts';
import { spanBack } from '../moment.ts';

export const logInput = {
  target: z.string().describe('name of the target'),
  since: z.string().default('1h').describe('how far back: 10m, 6h, or a time such as 2026-12-01T03:00:00Z'),
  limit: z.coerce.number().int().min(1).max(500).default(50).describe('at most this many'),
};

/** @throws UpkeepError `not-found` where there is no such target, or none of its logs is followed */
export function logsOf(
  ctx: VerbContext,
  { target, since }: { readonly target: string; readonly since: string },
): { readonly view: LogView; readonly from: number; readonly to: number } {
  const { targets } = ctx.estate();
  const watched = targets.get(target);
  if (!watched) {
    const hint = hintFor(target, [...targets.keys()]);
    throw new UpkeepError(
      'not-found',
      `no target is called ${target}${hint === undefined ? '' : `; ${hint}`}`,
    );
  }
  const to = ctx.clock.now();
  const from = to - spanBack('since', since, ctx.configuration().timezone, to);
  const view = ctx.logs.view(target, { from, to });
  if (view) return { view, from, to };
  throw new UpkeepError(
    'not-found',
    watched.settings.logs?.length === 0
      ? `the log of ${target} is not followed: its logs are none in upkeep.yaml`
      : `no log of ${target} was found on this machine; name its files in upkeep.yaml: targets.${target}.logs: [/var/log/${target}/*.log]`,
  );
}
