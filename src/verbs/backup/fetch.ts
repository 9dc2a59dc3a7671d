import { z } from 'zod';
import { defineVerb } from '../context.ts';

export const backupFetch = defineVerb({
  name: 'backup.fetch',
  summary: 'Downloads an off-site copy into an empty folder, opened and compared: as the backup was here',
  scope: 'operate',
  changes: true,
  adds: true,
  route: 'POST /backups/:id/fetch',
  positional: ['id'],
  examples: ['upkeep backup fetch 0199f2c1 --into /srv/fetched'],
  input: z.object({
    id: z.string().min(4).describe('id of the copy, or how it begins'),
    into: z.string().describe('an empty folder, absolute; it is made where there is none'),
  }),
  run: ({ ctx, input, actor }) => ctx.recovery.offsite.fetch(input.id, input.into, actor.name),
});
