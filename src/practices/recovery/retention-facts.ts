/** What the planner of deletions must know beside the catalogue: whether the clock can be believed, what is in trouble. */

import { clockAfterRun, type RetentionFacts } from '../../core/backup/retention.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import { type ClockTrust, type Standing, standingOf } from '../../core/backup/standing.ts';
import * as alertRows from '../../store/alerts.ts';
import * as rows from '../../store/backups.ts';
import type { Tx } from '../../store/index.ts';
import * as meta from '../../store/meta.ts';
import type { Ground } from './ground.ts';

export type Witness = RetentionFacts['witnesses'][number];
/** Asks the repositories of a plan what time it is; what does not answer is no witness. */
export type AskWitnesses = (plan: BackupSettings) => Promise<readonly Witness[]>;

const lastRunKey = 'backups.last-run';
const doubtKey = 'backups.clock-doubted-since';
const acceptedKey = 'backups.ahead-accepted';
const judgedBy = 200;
const everything = 100_000;

/** Alerts of the target while which nothing of its backups goes: its data is damaged, or its backups are. */
const damage =
  /(\.checksum-failures|\.corruption|^upkeep\.backup-(not-proven|proof-not-run|missing|failed|foreign))$/;

export async function retentionFacts(
  { desk }: Ground,
  plans: readonly BackupSettings[],
  askWitnesses: AskWitnesses,
): Promise<RetentionFacts> {
  const { db } = desk.store;
  const now = desk.clock.now();
  const witnesses = (await Promise.all(plans.map((plan) => askWitnesses(plan).catch(() => [])))).flat();
  const open = (await alertRows.open(db)).filter(
    ({ rule, state }) => state === 'firing' && damage.test(rule),
  );
  const troubled = new Map<string, string>();
  for (const plan of plans) {
    const alert = open.find(({ target }) => target === plan.target);
    const known = await rows.list(db, { now, plan: plan.name, limit: judgedBy });
    const standing = standingOf(plan, known, now);
    const why = troubleOf(standing) ?? (alert && `${alert.rule} is open on ${plan.target}`);
    if (why) troubled.set(plan.name, why);
  }
  return {
    ...{ now, witnesses, troubled },
    lastRunAt: numberOf(await meta.read(db, lastRunKey)),
    clockDoubtedSince: numberOf(await meta.read(db, doubtKey)),
  };
}

export async function noteRun(tx: Tx, facts: RetentionFacts): Promise<void> {
  const { lastRunAt, clockDoubtedSince } = clockAfterRun(facts);
  await meta.write(tx, lastRunKey, String(lastRunAt ?? ''));
  await meta.write(tx, doubtKey, String(clockDoubtedSince ?? ''));
}

/** Somebody looked: the clock is right, and what lies ahead of it was taken by one that was not. */
export async function trustClock(tx: Tx, now: number): Promise<void> {
  await meta.write(tx, lastRunKey, String(now));
  await meta.write(tx, doubtKey, '');
  const known = await rows.list(tx, { now, limit: everything });
  const ahead = known.flatMap(({ id, isAhead }) => (isAhead ? [id] : []));
  await meta.write(tx, acceptedKey, JSON.stringify(ahead));
}

export async function clockTrust(db: Tx): Promise<ClockTrust> {
  const accepted = await meta.read(db, acceptedKey);
  return {
    acceptedAhead: new Set<string>(accepted === undefined ? [] : JSON.parse(accepted)),
    doubtedSince: numberOf(await meta.read(db, doubtKey)),
  };
}

/** Said beside each backup of the plan, so it names the one that it is about. */
function troubleOf({ notProven, failedProofOf, notRun, missing }: Standing): string | null {
  if (notProven === null || failedProofOf === null) return notProven ?? notRun ?? missing;
  return `${notProven} (that was backup ${failedProofOf.slice(0, 13)})`;
}

function numberOf(text: string | undefined): number | null {
  return text === undefined || text === '' ? null : Number(text);
}
