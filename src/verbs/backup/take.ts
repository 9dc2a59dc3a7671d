import { z } from 'zod';
import * as backupRows from '../../store/backups.ts';
import { defineVerb } from '../context.ts';
import { yesOrNo } from '../incident/fields.ts';

/** Whoever asks is answered by then, with the backup as it stands; the work goes on. */
const answerWithinMs = 240_000;

export const backupTake = defineVerb({
  name: 'backup.take',
  summary: 'Takes a backup now, and proves it by a restore where that is due or asked for',
  scope: 'operate',
  changes: true,
  adds: true,
  route: 'POST /backups',
  positional: ['name'],
  examples: [
    'upkeep backup take shop',
    'upkeep backup take shop --prove yes',
    'upkeep backup take shop --repository repo2',
  ],
  input: z.object({
    name: z.string().describe('name under backups: in upkeep.yaml'),
    repository: z
      .string()
      .optional()
      .describe('into that one, of engines that keep several: repo2; the first where left out'),
    prove: yesOrNo.describe('yes: restore it into a scratch instance at once, whether that is due or not'),
  }),
  async run({ ctx, input, actor }) {
    const stop = new AbortController();
    const taking = ctx.recovery
      .take(input.name, actor.name, { prove: input.prove, repository: input.repository })
      .finally(() => stop.abort());
    await Promise.race([taking, ctx.clock.sleep(answerWithinMs, stop.signal).catch(() => {})]);
    if (stop.signal.aborted) return taking;
    taking.catch(() => {});
    const [newest] = await backupRows.list(ctx.store.db, {
      now: ctx.clock.now(),
      plan: input.name,
      limit: 1,
    });
    return newest ?? taking;
  },
});
