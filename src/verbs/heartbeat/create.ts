import { z } from 'zod';
import { secretPrefix } from '../../pipeline/intake/heartbeats.ts';
import { defineVerb, type VerbContext } from '../context.ts';

export const heartbeatCreate = defineVerb({
  name: 'heartbeat.create',
  summary: 'Makes the secret address that a job reports its runs to; it is shown this once',
  scope: 'operate',
  changes: true,
  credential: true,
  route: 'POST /heartbeats',
  positional: ['target'],
  examples: ['upkeep heartbeat create backup'],
  input: z.object({ target: z.string().describe('name of the heartbeat in upkeep.yaml') }),
  run: ({ ctx, input, actor }) => addressFor(ctx, input.target, actor.name, false),
});

export async function addressFor(ctx: VerbContext, target: string, actor: string, replaces: boolean) {
  const secret = `${secretPrefix}${ctx.newSecret()}`;
  await ctx.intake.heartbeats.address(target, actor, secret, replaces);
  const { listen, publicUrl } = ctx.configuration();
  const url = `${ctx.baseUrl().replace(/\/$/, '')}/ping/${secret}`;
  return {
    target,
    url,
    /** After the job's command in a crontab line. */
    report: `; curl -fsS -m 10 --retry 5 -o /dev/null ${url}/$?`,
    start: `curl -fsS -m 10 --retry 5 -o /dev/null ${url}/start`,
    reachable:
      publicUrl === null && /^(127\.|localhost|::1)/.test(listen.host)
        ? 'from this machine only; set listen and publicUrl in upkeep.yaml for others'
        : 'from wherever this address leads here',
  };
}
