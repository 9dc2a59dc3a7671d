import { z } from 'zod';
import { defineVerb } from '../context.ts';

export const backupPlanDeletion = defineVerb({
  name: 'backup.plan-deletion',
  summary:
    'Every backup with whether it stays or goes and why, compared with what the engine says would go; changes nothing',
  scope: 'read',
  changes: false,
  route: 'GET /backups/deletion',
  positional: ['name'],
  examples: ['upkeep backup plan-deletion', 'upkeep backup plan-deletion shop'],
  input: z.object({
    name: z.string().optional().describe('name under backups:; all when left out'),
  }),
  run: ({ ctx, input }) => ctx.recovery.planDeletion(input.name),
});
