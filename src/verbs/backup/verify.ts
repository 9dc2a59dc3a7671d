import { z } from 'zod';
import { defineVerb } from '../context.ts';

export const backupVerify = defineVerb({
  name: 'backup.verify',
  summary:
    'Proves a backup by restoring it into a scratch instance and comparing what is there with what was backed up',
  scope: 'operate',
  changes: true,
  adds: true,
  route: 'POST /backups/:id/verify',
  positional: ['id'],
  examples: ['upkeep backup verify 0199f2c1', 'upkeep backup verify 0199f2c1 --by files'],
  input: z.object({
    id: z.string().min(4).describe('id of the backup, or how it begins'),
    by: z
      .enum(['restore', 'files'])
      .default('restore')
      .describe('files: look only at what lies there, which proves no restore'),
  }),
  run: ({ ctx, input, actor }) =>
    ctx.recovery.prove(input.id, actor.name, { withoutRestore: input.by === 'files' }),
});
