import { z } from 'zod';
import * as backupRows from '../../store/backups.ts';
import { defineVerb } from '../context.ts';

/** Whoever asks is answered by then, with the copy as it stands; the work goes on. */
const answerWithinMs = 240_000;
const lookedAt = 50;

export const backupCopy = defineVerb({
  name: 'backup.copy',
  summary: 'Copies a backup to its off-site bucket now, sealed, and reads it back',
  scope: 'operate',
  changes: true,
  adds: true,
  repeatable: true,
  route: 'POST /backups/:of/copy',
  positional: ['of'],
  examples: ['upkeep backup copy shop', 'upkeep backup copy 0199f2c1'],
  input: z.object({
    of: z.string().describe('id of the backup or how it begins; or a name under backups:, for the newest'),
  }),
  async run({ ctx, input, actor }) {
    const stop = new AbortController();
    const copying = ctx.recovery.offsite.copy(input.of, actor.name).finally(() => stop.abort());
    await Promise.race([copying, ctx.clock.sleep(answerWithinMs, stop.signal).catch(() => {})]);
    if (stop.signal.aborted) return copying;
    copying.catch(() => {});
    const known = await backupRows.list(ctx.store.db, { now: ctx.clock.now(), limit: lookedAt });
    return known.find(({ state, copyOf }) => state === 'taking' && copyOf !== null) ?? copying;
  },
});
