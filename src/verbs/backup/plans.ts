import { restoredFrom } from '../../core/backup/choice.ts';
import { exposureOf, lostWords } from '../../core/backup/exposure.ts';
import { troubleWords } from '../../core/backup/log-trouble.ts';
import { isCopy, type OffsiteStanding } from '../../core/backup/offsite-standing.ts';
import { firstRepository, type SecondStanding } from '../../core/backup/second-standing.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import { lapsedProof, standingOf } from '../../core/backup/standing.ts';
import { strangersWords } from '../../core/backup/strangers.ts';
import type { BackupView, LogView, PlanView, SecondView } from '../../core/backup/view.ts';
import { formatDuration } from '../../core/time.ts';
import * as backupRows from '../../store/backups.ts';
import type { VerbContext } from '../context.ts';
import { trendOf } from './trend.ts';

const judgedBy = 200;

/** How everything that is backed up stands, in the order of upkeep.yaml. */
export function planViews(ctx: VerbContext): Promise<PlanView[]> {
  return Promise.all(ctx.configuration().backups.map((plan) => planView(ctx, plan)));
}

async function planView(ctx: VerbContext, plan: BackupSettings): Promise<PlanView> {
  const { name, target, engine, folder, at, rpoMs, rtoMs, keepMs } = plan;
  const known = await backupRows.list(ctx.store.db, { now: ctx.clock.now(), plan: name, limit: judgedBy });
  const { newest, proven, failed, late, notProven, missing, notRun, ahead, heldByClock } = standingOf(
    plan,
    known,
    ctx.clock.now(),
    await ctx.recovery.clockTrust(),
  );
  const there = ctx.recovery.found(name);
  const unseen = there?.unseen ?? null;
  const strangers = strangersWords(there?.foreign ?? []);
  const standing = ctx.recovery.offsite.standing(plan, known);
  const wrongElsewhere = [
    ...[standing.failed, standing.late, standing.notProven, standing.notRun, standing.notLocked],
    ctx.recovery.offsite.unopened(name),
  ];
  const seconds = ctx.recovery.elsewhere.standings(plan, known);
  const wrongInSeconds = seconds.flatMap((one) => [
    one.unreachable,
    one.failed,
    one.late,
    one.notProven,
    one.notRun,
  ]);
  const stopped = ctx.recovery.logTroubleOf(name);
  const keepsLog = plan.keepsLog === true;
  const restores = restoredFrom(known);
  // A log restores nothing without a backup to begin with, and a dump cannot use one.
  const lapsed = lapsedProof(known);
  const away = offsiteOf(
    plan,
    standing,
    known.some((one) => isCopy(one) && one.state === 'good'),
  );
  const log = keepsLog && newest !== null ? logOf(ctx, plan, seconds) : [];
  return {
    ...(!holdsIn(firstRepository, known) && {
      none: failed ?? missing ?? unseenWords(unseen) ?? noneIn(firstRepository, known),
    }),
    into: placesOf(ctx, plan),
    ...{ name, target, engine, folder, at, restores, keepsLog, log, objectives: { rpoMs, rtoMs, keepMs } },
    underWay: ctx.recovery.underWay().get(name) ?? null,
    newestAt: newest?.startedAt ?? null,
    proven: proven && { at: proven.at, level: proven.level ?? 0, restoredInMs: proven.restoredInMs },
    ...(notRun !== null && { notRun }),
    ...(lapsed && { lapsed }),
    ...trendOf(ctx, plan, known),
    ...(seconds.length > 0 && { seconds: seconds.map((one) => secondView(one, known)) }),
    offsite: away,
    wrong: [
      failed,
      late,
      notProven,
      notRun,
      missing,
      ahead && `${ahead}: upkeep backup trust-clock`,
      heldByClock && `${heldByClock}: upkeep backup trust-clock`,
      lossWords(exposureOf({ keepsLog, log, restores, offsite: away }, ctx.clock.now()), {
        restores,
        keepsLog,
        rpoMs,
      }),
      stopped && troubleWords(stopped, ctx.clock.now()),
      unseenWords(unseen),
      strangers && `${strangers}; nothing is deleted meanwhile: upkeep backup adopt ${name}`,
      ...wrongElsewhere,
      ...wrongInSeconds,
    ].filter((text) => text !== null),
  };
}

/** A backup of any clock: that it is there is known, how old it is may not be. */
function holdsIn(repository: string, known: readonly BackupView[]): boolean {
  return known.some((one) => one.state === 'good' && !isCopy(one) && one.repository === repository);
}

/** One that was removed, or is gone, was there once. */
function noneIn(repository: string, known: readonly BackupView[]): string {
  const isPast = ({ state }: BackupView) => ['missing', 'removing', 'removed'].includes(state);
  return known.some((one) => one.repository === repository && isPast(one))
    ? 'none is left'
    : 'none was taken yet';
}

function secondView(
  { repository, newest, proven, unreachable, failed }: SecondStanding,
  known: readonly BackupView[],
): SecondView {
  return {
    repository,
    newestAt: newest?.startedAt ?? null,
    proven: proven && { at: proven.at, level: proven.level ?? 0, restoredInMs: proven.restoredInMs },
    ...(!holdsIn(repository, known) && { none: failed ?? unreachable ?? noneIn(repository, known) }),
  };
}

function unseenWords(unseen: string | null): string | null {
  return unseen === null ? null : `what its repository holds could not be seen: ${unseen}`;
}

const logAge = 'recovery_point.age';

/** All where its engine does not say: the dry run tells. */
function placesOf({ estate }: VerbContext, { target, engine }: BackupSettings): PlanView['into'] {
  const engines = estate().targets.get(target)?.bound.engines;
  return engines?.find(({ id }) => id === engine)?.restoresInto ?? ['over', 'database', 'folder'];
}

/** Its own alone: what another plan keeps of the same server brings nothing back here. */
function logOf(
  { picture, estate }: VerbContext,
  { name, target }: BackupSettings,
  seconds: readonly SecondStanding[],
): LogView[] {
  const kind = estate().targets.get(target)?.bound.kind;
  return picture.latest(target, `${kind}.${logAge}`).flatMap(({ labels, value, at }): LogView[] => {
    const { plan, repository = '' } = labels;
    if (plan !== name) return [];
    const isFurther = seconds.some((one) => one.repository === repository);
    return [{ repository, ageMs: value * 1_000, measuredAt: at, ...(isFurther && { isFurther }) }];
  });
}

/** Of a plan without a log the age of its newest backup says it already, as long as that can be restored. */
function lossWords(
  lostMs: number | null,
  { restores, keepsLog, rpoMs }: Pick<PlanView, 'restores' | 'keepsLog'> & { readonly rpoMs: number },
): string | null {
  if (lostMs === null || lostMs <= rpoMs) return null;
  if (!Number.isFinite(lostMs))
    return 'everything would be lost now: there is no backup that can be restored';
  return keepsLog || restores?.failed !== undefined
    ? `${lostWords(lostMs)} would be lost now; no more than ${formatDuration(rpoMs)} may be`
    : null;
}

function offsiteOf(
  { offsite }: BackupSettings,
  { newest, newestIs, sound, proven, failed }: OffsiteStanding,
  isThere: boolean,
): PlanView['offsite'] {
  if (!offsite) return null;
  const { bucket, endpoint, every } = offsite;
  return {
    bucket: endpoint === null ? `s3://${bucket}` : `s3://${bucket} at ${endpoint}`,
    every,
    newestAt: newest?.startedAt ?? null,
    ...{ newestIs, soundAt: sound?.startedAt ?? null },
    lockedUntil: newest?.lockedUntil ?? null,
    proven: proven && { at: proven.at, level: proven.level ?? 0, restoredInMs: proven.restoredInMs },
    ...(!isThere && { none: failed ?? 'none was made yet' }),
  };
}
