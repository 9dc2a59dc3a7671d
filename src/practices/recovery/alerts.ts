/** What is wrong with backups, as alerts of the target that is backed up. */
import type { Control } from '../../core/backup/drill-schedule.ts';
import type { OffsiteStanding } from '../../core/backup/offsite-standing.ts';
import type { SecondStanding } from '../../core/backup/second-standing.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { Standing } from '../../core/backup/standing.ts';
import type { Rule } from '../../core/rule.ts';
import type { Level } from '../../core/severity.ts';
import type { Detected } from '../../pipeline/detect.ts';

interface Kind<Of> {
  readonly id: string;
  readonly of: (standing: Of) => string | null;
  readonly means: string;
  readonly todo: string;
  /** `high` where left out. */
  readonly level?: Level;
}

const proofNotRun = {
  means:
    'A restore that proves the backups could not be tried, for want of something here: a program, room, or the right passphrase. Nothing is known against the backups; nothing new is proven.',
  level: 'medium',
} as const;

const kinds: readonly Kind<Standing>[] = [
  {
    id: 'upkeep.backup-failed',
    of: ({ failed }: Standing) => failed,
    means: 'The last backup could not be taken. What is written from now on is in no backup.',
    todo: 'When the cause that is named above is gone take one by hand: `upkeep backup take NAME`.',
  },
  {
    id: 'upkeep.backup-late',
    of: ({ late }: Standing) => late,
    means: 'The newest good backup is older than may be lost.',
    todo: 'See `upkeep backup list` for what failed or was missed; take one by hand: `upkeep backup take NAME`.',
  },
  {
    id: 'upkeep.backup-not-proven',
    of: ({ notProven }: Standing) => notProven,
    means: 'No restore shows that the newest backups can be used. Treat them as if they were not there.',
    todo: 'What is said above names what was wrong. Where the backup is damaged take and prove a new one: `upkeep backup take NAME --prove yes`; where the cause lay elsewhere mend it and prove the same again: `upkeep backup verify NAME`. Nothing is deleted meanwhile.',
  },
  {
    id: 'upkeep.backup-proof-not-run',
    of: ({ notRun }: Standing) => notRun,
    ...proofNotRun,
    todo: 'Mend what is named above, then prove it again: `upkeep backup verify NAME`.',
  },
  {
    id: 'upkeep.backup-missing',
    of: ({ missing }: Standing) => missing,
    means:
      'A backup that Upkeep took does not lie where it was put. Somebody or something else deleted or moved it.',
    todo: 'Is the disk mounted? Put it back and it is found again; or say that it is gone for good: `upkeep backup list` names it, `upkeep backup forget` takes its id.',
  },
  {
    id: 'upkeep.backup-clock-ahead',
    of: ({ ahead }: Standing) => ahead,
    means:
      'The clock of this machine was ahead when backups were taken. Nobody can say how old what is in them is, so none of them is the newest, and no proof of then counts.',
    todo: 'Is the clock right now (`timedatectl`)? Then take one that counts: `upkeep backup take NAME --prove yes`, and say that it is right: `upkeep backup trust-clock`.',
    level: 'medium',
  },
  {
    id: 'upkeep.backup-clock-doubted',
    of: ({ heldByClock }: Standing) => heldByClock,
    means:
      'Backups that are old enough to go stay until somebody says that the clock is right. Disks fill meanwhile.',
    todo: 'Look at the clock (`timedatectl`); where it is right: `upkeep backup trust-clock`. `upkeep backup plan-deletion NAME` shows what waits.',
    level: 'low',
  },
];

const offsiteKinds: readonly Kind<OffsiteStanding>[] = [
  {
    id: 'upkeep.offsite-failed',
    of: ({ failed }) => failed,
    means: 'No copy leaves this place. What happens to this machine or its site happens to the backups too.',
    todo: '`upkeep doctor` tries the bucket; when the cause is gone: `upkeep backup copy NAME`. It goes on where it ended.',
  },
  {
    id: 'upkeep.offsite-late',
    of: ({ late }) => late,
    means: 'The newest copy elsewhere is older than it should be.',
    todo: 'See `upkeep backup list` for what failed; copy one by hand: `upkeep backup copy NAME`.',
  },
  {
    id: 'upkeep.offsite-not-proven',
    of: ({ notProven }) => notProven,
    means:
      'What was read back from the bucket is not what was written. Treat the copies there as if they were not.',
    todo: 'Prove one again: `upkeep backup list` names the copies, `upkeep backup verify` takes the id of one; copy the next backup where it is damaged.',
  },
  {
    id: 'upkeep.offsite-proof-not-run',
    of: ({ notRun }) => notRun,
    ...proofNotRun,
    todo: 'Mend what is named above, then prove it again: `upkeep backup list` names the copies, `upkeep backup verify` takes the id of one.',
  },
  {
    id: 'upkeep.offsite-not-locked',
    of: ({ notLocked }) => notLocked,
    means: 'The copies were to be undeletable for some time, and they are not.',
    todo: 'Make the bucket with Object Lock on a server that has it, or leave `lock:` out and say so.',
  },
];

const controlKinds: readonly Kind<Control | null>[] = [
  {
    id: 'upkeep.backup-control-missed',
    of: (control) => (control?.isSeen === false ? control.detail : null),
    means:
      'A damaged copy of a backup and a sound one look the same to the proofs, so what they say of any backup is worth nothing.',
    todo: 'Trust no backup of it until this is understood: restore one by hand with `upkeep backup restore NAME --into folder:/srv/look` and compare. It is tried again each day.',
  },
];

/** Of the control of proofs. */
export function controlAlertsOf(plan: BackupSettings, control: Control | null, at: number): Detected[] {
  return alertsBy(controlKinds, plan, control, at);
}

const logKinds: readonly Kind<string | null>[] = [
  {
    id: 'upkeep.backup-log-stopped',
    of: (stopped) => stopped,
    means:
      'The log that follows these backups does not come any more: what is written from now on can be restored from nothing. A slot keeps it on the disk of the server meanwhile, which fills; `max_slot_wal_keep_size` bounds that, and what it cuts off is a gap.',
    todo: 'Mend what is named above. It is tried again every 10 s and goes on where it ended; `upkeep backup needs NAME` tells how it stands.',
  },
];

/** @param stopped why the log that Upkeep reads does not come; null where it does */
export function logAlertsOf(plan: BackupSettings, stopped: string | null, at: number): Detected[] {
  return alertsBy(logKinds, plan, stopped, at);
}

const foreignKinds: readonly Kind<string | null>[] = [
  {
    id: 'upkeep.backup-foreign',
    of: (strangers) => strangers,
    means:
      'A person or another Upkeep takes backups into the same repository. This one does not know what they need, so it deletes nothing meanwhile; what the other deletes becomes `missing` here.',
    todo: 'Made by hand, or by an Upkeep that is gone? `upkeep backup adopt NAME` takes it over: it counts, is pinned, and deletions go on. Does a second Upkeep run? Give each a folder of its own (`to:`).',
    level: 'medium',
  },
];

/** @param strangers what others took and nobody has looked at; null where there is none */
export function foreignAlertsOf(plan: BackupSettings, strangers: string | null, at: number): Detected[] {
  return alertsBy(foreignKinds, plan, strangers, at);
}

const secondKinds: readonly Kind<SecondStanding>[] = [
  {
    id: 'upkeep.repository-unreachable',
    of: ({ unreachable }) => unreachable,
    means:
      'One of several repositories of these backups does not answer. Neither backups nor the log go there; what lies there cannot be counted on.',
    todo: 'Mend what is named above; `upkeep backup list` tells when it is read again. The other repositories go on.',
  },
  {
    id: 'upkeep.backup-failed',
    of: ({ failed }) => failed,
    means: 'The last backup into a further repository could not be taken.',
    todo: 'Take one by hand when the cause is gone: `upkeep backup take NAME --repository REPOSITORY`.',
  },
  {
    id: 'upkeep.backup-late',
    of: ({ late }) => late,
    means: 'The newest good backup in a further repository is older than a week.',
    todo: 'See `upkeep backup list` for what failed; take one by hand: `upkeep backup take NAME --repository REPOSITORY`.',
  },
  {
    id: 'upkeep.backup-not-proven',
    of: ({ notProven }) => notProven,
    means: 'Nothing shows that what lies in a further repository can be used.',
    todo: 'Prove the newest again: `upkeep backup verify NAME`; take a new one where it is damaged: `upkeep backup take NAME --repository REPOSITORY`.',
  },
  {
    id: 'upkeep.backup-proof-not-run',
    of: ({ notRun }) => notRun,
    ...proofNotRun,
    todo: 'Mend what is named above; `upkeep backup list NAME` names the backup, `upkeep backup verify` takes its id.',
  },
];

const own: ReadonlySet<string> = new Set(
  [kinds, offsiteKinds, controlKinds, logKinds, foreignKinds, secondKinds].flatMap((all) =>
    all.map(({ id }) => id),
  ),
);

/** Whether it is of backups: known by what the store keeps, so that it outlives a restart. */
export function isOfBackups({ rule }: { readonly rule: string }): boolean {
  return own.has(rule);
}

/** One of each kind, fired or resolved; what did not change is no news to whoever takes them. */
export function alertsOf(plan: BackupSettings, standing: Standing, at: number): Detected[] {
  return alertsBy(kinds, plan, standing, at);
}

export function offsiteAlertsOf(plan: BackupSettings, standing: OffsiteStanding, at: number): Detected[] {
  return alertsBy(offsiteKinds, plan, standing, at);
}

/** Of a further repository, told apart by its name. */
export function secondAlertsOf(plan: BackupSettings, standing: SecondStanding, at: number): Detected[] {
  return alertsBy(secondKinds, plan, standing, at, standing.repository);
}

function alertsBy<Of>(
  all: readonly Kind<Of>[],
  plan: BackupSettings,
  standing: Of,
  at: number,
  repository?: string,
): Detected[] {
  return all.map(({ id, of, means, todo, level = 'high' }): Detected => {
    const wrong = of(standing);
    const remedies = todo.replaceAll('NAME', plan.name).replaceAll('REPOSITORY', repository ?? '');
    // Messages carry the detail alone: whoever reads it on a phone needs the name and the remedy.
    const detail = wrong === null ? null : `backup ${plan.name}: ${wrong}. ${remedies}`;
    const rule: Rule = {
      ...{ kind: 'state', id, metric: 'upkeep.backups', forMs: 0, clearForMs: 0, enabled: true },
      ...{ summary: `backups of ${plan.name}`, levels: { warning: level, critical: level } },
      runbook: [`**What it means** ${means}`, `**What to do** ${remedies}`].join('\n\n'),
    };
    return {
      ...{
        fingerprint: [id, plan.target, plan.name, ...(repository === undefined ? [] : [repository])].join(
          '|',
        ),
        rule,
        target: plan.target,
      },
      ...{
        labels: { backup: plan.name, ...(repository !== undefined && { repository }) },
        transition: detail === null ? 'resolved' : 'fired',
      },
      state: { phase: 'firing', level: 'critical', since: at, wellSince: null, lastAt: at },
      ...{ value: 0, threshold: null, detail: detail ?? 'well again', reason: wrong ?? 'well again', at },
    };
  });
}
