import { z } from 'zod';
import { UpkeepError } from '../../core/verb.ts';
import * as backupRows from '../../store/backups.ts';
import { defineVerb, type VerbContext } from '../context.ts';
import { yesOrNo } from '../incident/fields.ts';

export const backupVerify = defineVerb({
  name: 'backup.verify',
  summary:
    'Proves a backup by restoring it into a scratch instance and comparing what is there with what was backed up',
  scope: 'operate',
  changes: true,
  adds: true,
  route: 'POST /backups/:id/verify',
  positional: ['id'],
  examples: [
    'upkeep backup verify 0199f2c1',
    'upkeep backup verify shop',
    'upkeep backup verify 0199f2c1 --by files',
    'upkeep backup verify shop --at-random yes',
  ],
  input: z.object({
    id: z
      .string()
      .min(1)
      .describe('id of the backup, or how it begins; or a name under backups:, for its newest good one'),
    by: z
      .enum(['restore', 'files'])
      .default('restore')
      .describe('files: look only at what lies there, which proves no restore'),
    atRandom: yesOrNo.describe(
      'yes: a random moment of the last day from a random backup, held against heartbeats; of engines that keep the log',
    ),
  }),
  async run({ ctx, input, actor }) {
    if (input.atRandom) return ctx.recovery.drill(input.id, actor.name);
    const withoutRestore = input.by === 'files';
    return ctx.recovery.prove(await idOf(ctx, input.id), actor.name, { withoutRestore });
  },
});

/** The newest good one here of a name under `backups:`; what is no such name is an id. */
export async function idOf(ctx: VerbContext, given: string): Promise<string> {
  if (!ctx.configuration().backups.some(({ name }) => name === given)) return given;
  const known = await backupRows.list(ctx.store.db, {
    now: ctx.clock.now(),
    plan: given,
    states: ['good'],
    limit: 200,
  });
  const newest = known.find(({ copyOf }) => copyOf === null);
  if (newest) return newest.id;
  const gone = await backupRows.list(ctx.store.db, {
    now: ctx.clock.now(),
    plan: given,
    states: ['missing'],
    limit: 1,
  });
  if (gone[0]) return gone[0].id;
  throw new UpkeepError('not-found', `there is no good backup of ${given} yet: upkeep backup take ${given}`);
}
