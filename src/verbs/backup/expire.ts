import { z } from 'zod';
import { defineVerb } from '../context.ts';

export const backupExpire = defineVerb({
  name: 'backup.expire',
  summary:
    'Does now what happens daily at 10:00: marks backups that may go, and proposes to the guard to remove those marked for a week',
  scope: 'operate',
  changes: true,
  route: 'POST /backups/expire',
  positional: ['name'],
  examples: ['upkeep backup expire', 'upkeep backup expire shop'],
  input: z.object({
    name: z.string().optional().describe('name under backups:; all when left out'),
  }),
  run: ({ ctx, input, actor }) => ctx.recovery.expire(actor.name, input.name),
});
