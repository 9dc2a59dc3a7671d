import { z } from 'zod';
import { prepareBackups } from '../../core/backup/actions.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { Proposed } from '../../pipeline/act.ts';
import { defineVerb } from '../context.ts';

export const backupPrepare = defineVerb({
  name: 'backup.prepare',
  summary:
    'Proposes to the guard the settings that a backup needs in its database, each with its value of now; what needs a restart waits for yours',
  scope: 'operate',
  changes: true,
  proposes: true,
  route: 'POST /backups/:name/prepare',
  positional: ['name'],
  examples: ['upkeep backup prepare shop'],
  input: z.object({
    name: z.string().describe('name under backups:'),
    why: z.string().max(2_000).default('backups need it').describe('the reason; goes into the journal'),
  }),
  async run({ ctx, input: { name, why }, actor }): Promise<Proposed> {
    const plan = ctx.configuration().backups.find((one) => one.name === name);
    if (!plan)
      throw new UpkeepError('not-found', `nothing under backups: is called ${name}: upkeep backup list`);
    const request = { action: prepareBackups.id, target: plan.target, input: { plan: name }, why };
    return ctx.actor.propose(request, actor.name, null, actor.through);
  },
});
