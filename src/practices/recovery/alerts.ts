/** What is wrong with backups, as alerts of the target that is backed up. */
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { Standing } from '../../core/backup/standing.ts';
import type { Rule } from '../../core/rule.ts';
import type { Detected } from '../../pipeline/detect.ts';

const kinds = [
  {
    id: 'upkeep.backup-failed',
    of: ({ failed }: Standing) => failed,
    means: 'The last backup could not be taken. What is written from now on is in no backup.',
    todo: 'Read why below; take one by hand when the cause is gone: `upkeep backup take NAME`.',
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
    todo: 'Prove the newest again: `upkeep backup prove ID`; take a new one where it is damaged. Nothing is deleted meanwhile.',
  },
] as const;

/** One of each kind, fired or resolved; what did not change is no news to whoever takes them. */
export function alertsOf(plan: BackupSettings, standing: Standing, at: number): Detected[] {
  return kinds.map(({ id, of, means, todo }): Detected => {
    const detail = of(standing);
    const rule: Rule = {
      ...{ kind: 'state', id, metric: 'upkeep.backups', forMs: 0, clearForMs: 0, enabled: true },
      ...{ summary: `backups of ${plan.name}`, levels: { warning: 'high', critical: 'high' } },
      runbook: [`**What it means** ${means}`, `**What to do** ${todo}`].join('\n\n'),
    };
    return {
      ...{ fingerprint: `${id}|${plan.target}|${plan.name}`, rule, target: plan.target },
      ...{ labels: { backup: plan.name }, transition: detail === null ? 'resolved' : 'fired' },
      state: { phase: 'firing', level: 'critical', since: at, wellSince: null, lastAt: at },
      ...{ value: 0, threshold: null, detail: detail ?? 'well again', reason: detail ?? 'well again', at },
    };
  });
}
