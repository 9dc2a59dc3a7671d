/**
 * Backups: taken when they are due, proven by a restore, written down whatever came of them. What fails or is late is an
 * alert of the target that is backed up. The engines do the work; this says when, keeps them apart and remembers.
 */

import type { Alert } from '../../core/alert.ts';
import type { Buckets } from '../../core/backup/bucket.ts';
import type { DeletionView } from '../../core/backup/deletion.ts';
import type { Evidence } from '../../core/backup/evidence.ts';
import type { LogTrouble } from '../../core/backup/log-trouble.ts';
import type { NeedView } from '../../core/backup/needs.ts';
import { offsiteRepository } from '../../core/backup/offsite-standing.ts';
import { isInSecond } from '../../core/backup/second-standing.ts';
import { type BackupSettings, proveEveryMs } from '../../core/backup/settings.ts';
import { type ClockTrust, isDue, standingOf } from '../../core/backup/standing.ts';
import { strangersWords } from '../../core/backup/strangers.ts';
import type { BackupView, CopiedView, ProofView } from '../../core/backup/view.ts';
import type { BoundAction } from '../../core/system.ts';
import { UpkeepError } from '../../core/verb.ts';
import type { Estate } from '../../pipeline/bound.ts';
import type { Desk } from '../../pipeline/desk.ts';
import type { Detected } from '../../pipeline/detect.ts';
import { endOf } from '../../pipeline/ended-alert.ts';
import * as alertRows from '../../store/alerts.ts';
import * as rows from '../../store/backups.ts';
import type { Tx } from '../../store/index.ts';
import { type Adopted, adoptAsked } from './adopt-asked.ts';
import {
  alertsOf,
  controlAlertsOf,
  foreignAlertsOf,
  isOfBackups,
  logAlertsOf,
  offsiteAlertsOf,
  secondAlertsOf,
} from './alerts.ts';
import { createBeforeRemoval } from './before-removal.ts';
import { createControls } from './control.ts';
import { createDeletion, type DeletionSources, type Expiry } from './deletion.ts';
import { createElsewhere, type Elsewhere } from './elsewhere.ts';
import { createEvidences, type EvidenceCheck, type EvidenceSources } from './evidence.ts';
import { createLogs, type LogSources } from './follow.ts';
import { createGround, messageOf } from './ground.ts';
import { createLeftovers, type Sweeping } from './leftovers.ts';
import { flawedSince } from './log-look.ts';
import { createMonthly, type Monthly } from './monthly.ts';
import { needsOf } from './needs.ts';
import { createOffsite, type Offsite } from './offsite/index.ts';
import { createPreparing } from './preparing.ts';
import { type ProofWish, proveNow } from './prove.ts';
import { createRemoval } from './removal.ts';
import { createRestoring, type RestoredView, type RestorePlanView, type RestoreWish } from './restore.ts';
import { clockTrust, trustClock } from './retention-facts.ts';
import { createSync, type Found } from './sync.ts';
import { takeNow } from './take.ts';

export interface RecoveryOptions {
  readonly estate: () => Estate;
  readonly range?: LogSources['range'];
  readonly random: LogSources['random'];
  readonly alert: (detected: readonly Detected[]) => void;
  readonly propose: DeletionSources['propose'];
  /** What proofs are signed with. */
  readonly evidence: EvidenceSources;
  /** Passwords of repositories that are begun. */
  readonly newSecret: () => string;
  /** Where copies go. */
  readonly buckets: Buckets;
  readonly sweeping: Sweeping;
}

export interface TakeWish {
  /** Restores it too, whether that is due or not. */
  readonly prove?: boolean;
  /** Into that one, of engines that keep several: `repo2`. */
  readonly repository?: string | undefined;
}

export interface Recovery {
  /** Takes one now, and proves it where that is due. @throws UpkeepError where it cannot begin */
  take(plan: string, by: string, wish?: TakeWish): Promise<BackupView>;
  /** Further repositories of an engine. */
  readonly elsewhere: Pick<Elsewhere, 'standings' | 'due'>;
  /** Restores it into a scratch instance and looks; `withoutRestore` looks only at what lies there. */
  prove(id: string, by: string, wish?: ProofWish): Promise<ProofView>;
  readonly offsite: Offsite;
  /** What would go and what stays, with the reason of each; changes nothing. All plans where none is named. */
  planDeletion(plan?: string): Promise<DeletionView[]>;
  /** Marks what may go, proposes to the guard what was marked for a week. */
  expire(by: string, plan?: string): Promise<Expiry>;
  /** Holds one back from deletion, whatever its age, or lets it go its way again. */
  pin(id: string, isPinned: boolean, by: string, why: string): Promise<BackupView>;
  unmark(id: string, by: string, why: string): Promise<BackupView>;
  /** Looks at what the repository of a plan holds: lost ones become `missing`, foreign ones are kept to be shown. */
  look(plan: BackupSettings): Promise<void>;
  /** As it was found last. */
  found(plan: string): Found | undefined;
  /** What its proofs found, signed; newest first. @throws UpkeepError where what was signed does not hold any more */
  evidenceOf(id: string): Promise<Evidence[]>;
  /** Whether every signed evidence still says what the store says. */
  checkEvidence(): Promise<EvidenceCheck>;
  /** One that is missing is gone for good. */
  forget(id: string, by: string, why: string): Promise<BackupView>;
  /** Takes over what somebody else put into the repository of a plan, or notes that it was looked at. @throws UpkeepError */
  adopt(plan: string, by: string, why: string): Promise<Adopted>;
  /** What stands between each plan and its promise, or one plan; changes nothing. */
  needs(plan?: string): Promise<NeedView[]>;
  /** What a restore would do and what would be lost; changes nothing. */
  planRestore(wish: RestoreWish): Promise<RestorePlanView>;
  /** Into a folder or a new database; over what lives is an action of the guard's. */
  restore(wish: RestoreWish, by: string): Promise<RestoredView>;
  /** Whether somebody has to look at the clock. */
  clockTrust(): Promise<ClockTrust>;
  /** Somebody looked at the clock: it is right. */
  trustClock(by: string, why: string): Promise<void>;
  /** What can be done with the backups of a target by the guard's road. */
  actionsOf(target: string): readonly BoundAction[];
  /** What is under way, by plan, with how far it is. */
  underWay(): ReadonlyMap<string, string>;
  /** Says what is wrong with the backups of a plan, and that it is not any more. */
  judge(plan: BackupSettings): Promise<void>;
  /** Whether an alert is of backups: fired and ended here alone. */
  judges(alert: Alert): boolean;
  /** Ends alerts of plans and of further repositories that are no longer configured. */
  endGone(): Promise<void>;
  /** Restores a random moment of the last day from a random backup, and holds it against heartbeats. @throws UpkeepError */
  drill(plan: string, by: string): Promise<ProofView>;
  /** What a plan drills by itself each month: a random moment, and that a damaged copy is told from a sound one. */
  readonly monthly: Monthly;
  /** Keeps logs coming; after a start, and after a new configuration. */
  follow(): void;
  /** Why the log of a plan does not come; null where it does, or Upkeep does not read it. */
  logTroubleOf(plan: string): LogTrouble | null;
  /** After a start, before anything else: what was under way when Upkeep ended has failed, and nothing of it stays behind. */
  clean(): Promise<void>;
  /** Aborted as soon as it stops. */
  readonly stopping: AbortSignal;
  stop(): Promise<void>;
}

export function createRecovery(desk: Desk, options: RecoveryOptions): Recovery {
  const { clock, store } = desk;
  const ground = createGround(desk, options.estate, options.newSecret);
  const { alone, planOf } = ground;
  const evidences = createEvidences(ground, options.evidence);
  const offsite = createOffsite(ground, options, evidences);
  const hands = { [offsiteRepository]: offsite.hand };
  const { witnesses } = offsite;
  const deletion = createDeletion(ground, { hands, witnesses, propose: options.propose });
  const repositories = createSync(ground);
  const beforeRemoval = createBeforeRemoval(ground, hands, repositories.sync);
  const removal = createRemoval(ground, deletion, hands, beforeRemoval);
  const leftovers = createLeftovers(ground, removal.settle, options.sweeping);
  const logs = createLogs(ground, {
    ...options,
    logChanged: (plan) =>
      void judge(plan).catch((error: unknown) =>
        desk.log.warn('how the log stands is not told', { plan: plan.name, detail: messageOf(error) }),
      ),
  });
  const restoring = createRestoring(ground, offsite, logs.heartbeats);
  const preparing = createPreparing(ground);
  const elsewhere = createElsewhere(ground, repositories);
  const controls = createControls(ground, evidences);
  const some = (name: string | undefined) => (name === undefined ? ground.plans() : [planOf(name)]);

  async function take(
    name: string,
    by: string,
    { prove = false, repository }: TakeWish = {},
  ): Promise<BackupView> {
    const plan = planOf(name);
    const engine = ground.engineOf(plan);
    const id = desk.newId();
    await elsewhere.demand(plan, repository);
    // One turn for both: no job that is due in between keeps what was just taken from its proof.
    const backup = await alone(name, async (ctx) => {
      const taken = await takeNow(ground, { plan, engine, id, by, repository }, ctx);
      const wish = taken.state === 'good' ? await proofOf(taken, plan, prove) : null;
      if (wish !== null) await proveNow(ground, { backup: taken, plan, by, wish }, ctx);
      return taken;
    });
    if (backup.state === 'good') await seeAgain(plan);
    await judge(plan);
    if (backup.state === 'good' && (await offsite.wants(plan)))
      await copy(plan.name, by).catch((error: unknown) => {
        // Something else of the plan came first; the next look finds that the copy is due.
        if (!ground.underWay.has(plan.name)) throw error;
      });
    return (await rows.byId(store.db, id)) ?? backup;
  }

  /** A repository that could not be read is read now: it was only begun, or mended. */
  async function seeAgain(plan: BackupSettings): Promise<void> {
    if (repositories.last(plan.name)?.unseen) await repositories.sync(plan, ground.quietly());
  }

  /** How it is proven as soon as it is taken; null where its proof is not due. */
  async function proofOf(taken: BackupView, plan: BackupSettings, prove: boolean): Promise<ProofWish | null> {
    if (isInSecond(taken)) return elsewhere.wish(taken, prove);
    return prove || (await isProofDue(plan)) ? {} : null;
  }

  async function prove(given: string, by: string, wish: ProofWish = {}): Promise<ProofView> {
    const backup = await ground.backupOf(given);
    const isMissing = backup.state === 'missing';
    if (backup.state !== 'good' && !isMissing)
      throw new UpkeepError('conflict', `backup ${given} is ${backup.state}: there is nothing to prove`);
    const plan = planOf(backup.plan);
    const proof = await proveAlone(backup, plan, by, await logs.withHeartbeats(plan, wish));
    if (isMissing || proof.looks.at(-1)?.isGone) await repositories.sync(plan, ground.quietly());
    else if (proof.isGood) await seeAgain(plan);
    await judge(plan);
    await shareEvidence(plan, backup);
    return proof;
  }

  /** Also where the store is lost, the copies say what was proven of them. A bucket that does not answer gets it with the next. */
  async function shareEvidence(plan: BackupSettings, { id, copyOf }: BackupView): Promise<void> {
    if (!plan.offsite) return;
    const source = copyOf ?? id;
    const known = await rows.list(store.db, {
      now: clock.now(),
      plan: plan.name,
      states: ['good'],
      limit: 200,
    });
    for (const copied of known.filter((one) => one.copyOf === source))
      await evidences
        .signedOf([copied.id, source])
        .then((signed) => offsite.sendEvidence(copied, signed))
        .catch((error: unknown) => {
          const detail = messageOf(error);
          desk.log.warn('evidence is not laid beside its copy', { plan: plan.name, id: copied.id, detail });
        });
  }

  const proveAlone = (
    backup: BackupView,
    plan: BackupSettings,
    by: string,
    wish: ProofWish = {},
  ): Promise<ProofView> =>
    backup.copyOf === null
      ? alone(plan.name, (ctx) => proveNow(ground, { backup, plan, by, wish }, ctx))
      : offsite.prove(backup, plan, by, wish);

  async function copy(given: string, by: string): Promise<CopiedView> {
    const copied = await offsite.copy(given, by);
    const plan = planOf(copied.plan);
    await judge(plan);
    if (copied.state === 'good') await shareEvidence(plan, copied);
    return copied;
  }

  async function isProofDue({ name, prove: when }: BackupSettings): Promise<boolean> {
    const known = await rows.list(store.db, { now: clock.now(), plan: name, states: ['good'], limit: 200 });
    return isDue(
      known.flatMap((one) => (one.copyOf === null && !isInSecond(one) ? one.proofs : [])),
      clock.now(),
      proveEveryMs[when],
    );
  }

  async function judge(plan: BackupSettings): Promise<void> {
    // Without a key to sign with, what is wrong is told all the same; it is signed with the next look that can.
    await evidences
      .signNew()
      .catch((error: unknown) =>
        desk.log.warn('proofs are not signed', { plan: plan.name, detail: messageOf(error) }),
      );
    const known = await rows.list(store.db, { now: clock.now(), plan: plan.name, limit: 200 });
    const now = clock.now();
    const stopped = logs.toldOf(plan.name);
    const found = [
      ...alertsOf(plan, standingOf(plan, known, now, await clockTrust(store.db)), now),
      ...offsiteAlertsOf(plan, offsite.standing(plan, known), now).filter(
        // Whether the bucket answers is not known before the first look since the start.
        ({ transition, rule }) =>
          transition === 'fired' || rule.id !== 'upkeep.offsite-failed' || offsite.hasLooked(plan),
      ),
      ...(stopped === undefined ? [] : logAlertsOf(plan, stopped, now)),
      ...foreignAlerts(plan, now),
      ...controlAlertsOf(plan, await controls.last(plan.name), now),
      ...elsewhere.standings(plan, known).flatMap((standing) => secondAlertsOf(plan, standing, now)),
    ];
    const news = await Promise.all(
      found.map(async (one) => {
        const alert = await alertRows.byFingerprint(store.db, one.fingerprint);
        const isFiring = alert?.state === 'firing';
        return one.transition === 'fired' ? !isFiring : isFiring;
      }),
    );
    options.alert(found.filter((_, index) => news[index]));
  }

  /** What cannot be seen now is neither there nor gone, so that it ends nothing. */
  function foreignAlerts(plan: BackupSettings, now: number): Detected[] {
    const found = repositories.last(plan.name);
    if (found === undefined) return [];
    const isSeen = found.unseen === null && found.seconds.every(({ trouble }) => trouble === null);
    const all = foreignAlertsOf(plan, strangersWords(found.foreign), now);
    return all.filter(({ transition }) => isSeen || transition === 'fired');
  }

  /** Of plans, or of further repositories, that nobody configures any more. */
  async function endGone(): Promise<void> {
    const gone = (await alertRows.open(store.db)).filter((alert) => {
      if (!isOfBackups(alert)) return false;
      const { backup, repository } = alert.labels;
      const plan = ground.plans().find(({ name, target }) => name === backup && target === alert.target);
      return plan === undefined || (repository !== undefined && elsewhere.isGone(plan, repository));
    });
    options.alert(gone.map((alert) => endOf(alert, 'its backup is no longer configured', clock.now())));
  }

  /** One change of a row, written down; what it is afterwards. */
  async function change(
    given: string,
    by: string,
    kind: string,
    why: string,
    work: (tx: Tx, id: string) => Promise<void>,
  ): Promise<BackupView> {
    const { id, plan, state } = await ground.backupOf(given);
    if (state !== 'good' && state !== 'missing')
      throw new UpkeepError('conflict', `backup ${given} is ${state}`);
    await store.transaction(async (tx) => {
      await work(tx, id);
      await ground.note(tx, by, kind, plan, { id, why });
    });
    desk.changed();
    return ground.backupOf(id);
  }

  async function drill(name: string, by: string): Promise<ProofView> {
    const { backup, until } = await logs.randomMoment(name);
    return prove(backup, by, { until });
  }

  return {
    take,
    elsewhere,
    prove,
    offsite: { ...offsite, copy },
    async planDeletion(name) {
      const found: DeletionView[] = [];
      for (const plan of some(name)) found.push((await deletion.planned(plan, ground.quietly())).view);
      return found;
    },
    async expire(by, name) {
      // What is missing protects nothing any more.
      for (const plan of some(name)) await beforeRemoval(plan, ground.quietly()).catch(() => {});
      return deletion.expire(some(name), by, ground.quietly());
    },
    pin: (id, isPinned, by, why) =>
      change(id, by, isPinned ? 'backup.pinned' : 'backup.unpinned', why, (tx, whole) =>
        rows.pin(tx, whole, isPinned),
      ),
    unmark: (id, by, why) =>
      change(id, by, 'backup.unmarked', why, (tx, whole) => rows.mark(tx, whole, null)),
    async look(plan) {
      await leftovers.look(ground.quietly());
      await repositories.sync(plan, ground.quietly());
      const flawed = await flawedSince(ground, plan);
      // What is under way ends with a look of its own, or the next one sees it.
      if (flawed !== null && !ground.underWay.has(plan.name))
        await prove(flawed, 'upkeep', { withoutRestore: true });
    },
    found: repositories.last,
    evidenceOf: async (given) => evidences.held((await ground.backupOf(given)).id),
    checkEvidence: evidences.check,
    async forget(given, by, why) {
      const { id, plan, state } = await ground.backupOf(given);
      if (state !== 'missing') throw new UpkeepError('conflict', `backup ${given} is ${state}, not missing`);
      await store.transaction(async (tx) => {
        await rows.move(tx, id, ['missing'], 'removed');
        await ground.note(tx, by, 'backup.forgotten', plan, { id, why });
      });
      desk.changed();
      await judge(planOf(plan));
      return ground.backupOf(id);
    },
    async adopt(name, by, why) {
      const plan = planOf(name);
      const adopted = await adoptAsked(ground, repositories, { plan, by, why }, ground.quietly());
      await judge(plan);
      return adopted;
    },
    async needs(name) {
      const found = await Promise.all(
        some(name).map((plan) => needsOf(ground, plan, logs.troubleOf(plan.name))),
      );
      return found.flat();
    },
    planRestore: restoring.planned,
    restore: restoring.restore,
    clockTrust: () => clockTrust(store.db),
    async trustClock(by, why) {
      await store.transaction(async (tx) => {
        await trustClock(tx, clock.now());
        await ground.note(tx, by, 'backup.clock-trusted', '*', { why });
      });
      desk.changed();
      for (const plan of ground.plans()) await judge(plan);
    },
    actionsOf: (target) =>
      ground.plans().some((plan) => plan.target === target)
        ? [removal.action, restoring.action, preparing]
        : [],
    underWay: () => ground.underWay,
    judge,
    judges: isOfBackups,
    endGone,
    drill,
    monthly: createMonthly(ground, controls, { drill, judge }),
    follow: logs.start,
    logTroubleOf: logs.troubleOf,
    clean: leftovers.clean,
    stopping: ground.quietly().signal,
    async stop() {
      await logs.stop();
      await ground.stop();
    },
  };
}
