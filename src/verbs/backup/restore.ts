import { z } from 'zod';
import { restoreOver } from '../../core/backup/actions.ts';
import type { RestoreInto } from '../../core/backup/engine.ts';
import { momentText, parseInstant } from '../../core/oncall/wall-time.ts';
import { formatDuration } from '../../core/time.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { Proposed } from '../../pipeline/act.ts';
import type { RestoredView, RestorePlanView } from '../../practices/recovery/restore.ts';
import { defineVerb } from '../context.ts';
import { yesOrNo } from '../incident/fields.ts';

export type RestoreOutcome =
  | { readonly kind: 'plan'; readonly plan: RestorePlanView }
  | { readonly kind: 'restored'; readonly restored: RestoredView }
  | { readonly kind: 'under-way'; readonly plan: RestorePlanView }
  | { readonly kind: 'proposed'; readonly plan: RestorePlanView; readonly proposed: Proposed };

/** Whoever asks is answered by then; the work goes on. */
const answerWithinMs = 240_000;

export const backupRestore = defineVerb({
  name: 'backup.restore',
  summary:
    'Restores a backup into a folder or a new database, or proposes to the guard to restore it over what lives; says what would be lost',
  scope: 'operate',
  changes: true,
  proposes: true,
  route: 'POST /backups/:of/restore',
  positional: ['of'],
  examples: [
    'upkeep backup restore shop --into over --dry-run yes',
    'upkeep backup restore shop --until "2026-11-22 14:00" --into folder:/srv/restored',
    'upkeep backup restore 0199f2c1 --into database:shop_yesterday',
    'upkeep backup restore shop --from offsite --into database:shop_again',
  ],
  input: z.object({
    of: z
      .string()
      .describe('id of the backup or how it begins; or a name under backups:, for the newest that fits'),
    until: z
      .string()
      .optional()
      .describe('bring back this moment: 2026-11-22 14:00, in the time zone of the team'),
    into: z
      .string()
      .default('over')
      .describe('folder:/srv/x (empty), database:name (new), or over what lives'),
    from: z
      .string()
      .optional()
      .describe(
        'with a name: out of that repository, offsite or repo2; the own one of the plan where left out',
      ),
    dryRun: yesOrNo.describe('yes: say what would be done and lost, and do nothing'),
    why: z.string().max(2_000).default('asked for by hand').describe('the reason; goes into the journal'),
  }),
  async run({ ctx, input, actor }): Promise<RestoreOutcome> {
    const { timezone } = ctx.configuration();
    const { of, from } = input;
    const wish = {
      of,
      from,
      until: untilOf(input.until, timezone, ctx.clock.now()),
      into: intoOf(input.into),
    };
    const plan = await ctx.recovery.planRestore(wish);
    if (input.dryRun) return { kind: 'plan', plan };
    if (plan.impossible !== null) throw new UpkeepError('conflict', plan.impossible);
    if (plan.byHand !== undefined) throw new UpkeepError('conflict', plan.byHand.why);
    if (wish.into.kind === 'over') {
      const request = { action: restoreOver.id, target: plan.target, why: input.why };
      const asked = { ...request, input: { backup: plan.backup, until: wish.until } };
      return {
        kind: 'proposed',
        plan,
        proposed: await ctx.actor.propose(asked, actor.name, null, actor.through),
      };
    }
    if (actor.through === 'model')
      throw new UpkeepError(
        'not-allowed',
        'a model may only plan a restore: a person does it, or add --dry-run yes',
      );
    const stop = new AbortController();
    const restoring = ctx.recovery
      .restore({ ...wish, of: plan.backup }, actor.name)
      .finally(() => stop.abort());
    await Promise.race([restoring, ctx.clock.sleep(answerWithinMs, stop.signal).catch(() => {})]);
    if (stop.signal.aborted) return { kind: 'restored', restored: await restoring };
    restoring.catch(() => {});
    return { kind: 'under-way', plan };
  },
});

function intoOf(text: string): RestoreInto {
  if (text === 'over') return { kind: 'over' };
  const [, kind, rest] = /^(folder|database):(.+)$/.exec(text) ?? [];
  if (kind === 'folder' && rest) return { kind, folder: rest };
  if (kind === 'database' && rest) return { kind, name: rest };
  throw new UpkeepError(
    'bad-input',
    `into: ${JSON.stringify(text)} is no place; write folder:/srv/x, database:name or over`,
  );
}

function untilOf(text: string | undefined, timezone: string, now: number): number | null {
  if (text === undefined || text === '') return null;
  const at = parseInstant(text, timezone);
  if (at !== undefined && at > now)
    throw new UpkeepError(
      'bad-input',
      `until: ${momentText(at, timezone)} lies in the future, by ${formatDuration(at - now)}; leave it out for as late as possible`,
    );
  if (at !== undefined) return at;
  throw new UpkeepError('bad-input', `until: ${JSON.stringify(text)} is no time; write 2026-11-22 14:00`);
}
