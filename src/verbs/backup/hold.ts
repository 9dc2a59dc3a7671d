import { z } from 'zod';
import { defineVerb } from '../context.ts';

const input = z.object({
  id: z.string().min(4).describe('id of the backup, or how it begins'),
  why: z.string().max(500).default('asked for by hand').describe('the reason; goes into the journal'),
});

export const backupPin = defineVerb({
  name: 'backup.pin',
  summary: 'Keeps a backup whatever its age, until it is unpinned',
  ...{
    scope: 'operate',
    changes: true,
    repeatable: true,
    route: 'POST /backups/:id/pin',
    positional: ['id'],
  },
  examples: ['upkeep backup pin 0199f2c1 --why "before the migration"'],
  input,
  run: ({ ctx, input: { id, why }, actor }) => ctx.recovery.pin(id, true, actor.name, why),
});

export const backupUnpin = defineVerb({
  name: 'backup.unpin',
  summary: 'Lets a pinned backup go its way again, by age and need',
  ...{
    scope: 'operate',
    changes: true,
    repeatable: true,
    route: 'POST /backups/:id/unpin',
    positional: ['id'],
  },
  examples: ['upkeep backup unpin 0199f2c1'],
  input,
  run: ({ ctx, input: { id, why }, actor }) => ctx.recovery.pin(id, false, actor.name, why),
});

export const backupUnmark = defineVerb({
  name: 'backup.unmark',
  summary:
    'Takes the mark from a backup that was to be removed; the next run may mark it again for a week, so pin what must stay',
  ...{
    scope: 'operate',
    changes: true,
    repeatable: true,
    route: 'POST /backups/:id/unmark',
    positional: ['id'],
  },
  examples: ['upkeep backup unmark 0199f2c1'],
  input,
  run: ({ ctx, input: { id, why }, actor }) => ctx.recovery.unmark(id, actor.name, why),
});

export const backupForget = defineVerb({
  name: 'backup.forget',
  summary:
    'Says that a backup which is missing from its repository is gone for good; nothing is deleted by it',
  ...{ scope: 'operate', changes: true, route: 'POST /backups/:id/forget', positional: ['id'] },
  examples: ['upkeep backup forget 0199f2c1 --why "the disk broke"'],
  input,
  run: ({ ctx, input: { id, why }, actor }) => ctx.recovery.forget(id, actor.name, why),
});

export const backupAdopt = defineVerb({
  name: 'backup.adopt',
  summary:
    'Takes over backups that somebody else put into the repository: they count, pinned and not proven; deletions go on',
  ...{ scope: 'operate', changes: true, route: 'POST /backups/adopt', positional: ['name'] },
  examples: ['upkeep backup adopt shop --why "taken by hand before the migration"'],
  input: input.pick({ why: true }).extend({ name: z.string().describe('name under backups:') }),
  run: ({ ctx, input: { name, why }, actor }) => ctx.recovery.adopt(name, actor.name, why),
});

export const backupTrustClock = defineVerb({
  name: 'backup.trust-clock',
  summary:
    'Says that the clock of this machine is right, after a jump that held back every removal of backups',
  ...{ scope: 'admin', changes: true, repeatable: true, route: 'POST /backups/trust-clock', positional: [] },
  examples: ['upkeep backup trust-clock --why "Upkeep was off for a week"'],
  input: input.pick({ why: true }),
  async run({ ctx, input: { why }, actor }) {
    await ctx.recovery.trustClock(actor.name, why);
    return { at: ctx.clock.now() };
  },
});
