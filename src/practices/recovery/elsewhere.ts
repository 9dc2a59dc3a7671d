/** Further repositories of an engine, as the second of pgBackRest: each has backups of its own, is proven in turn and stands for itself. */
import { existsSync } from 'node:fs';
import {
  isSecondDue,
  isSecondRestoreDue,
  type SecondStanding,
  secondStandingOf,
} from '../../core/backup/second-standing.ts';
import type { BackupSettings } from '../../core/backup/settings.ts';
import type { BackupView } from '../../core/backup/view.ts';
import { nearest } from '../../core/suggest.ts';
import { UpkeepError } from '../../core/verb.ts';
import * as rows from '../../store/backups.ts';
import { type Ground, localRepository, repositoryOf } from './ground.ts';
import type { ProofWish } from './prove.ts';
import type { Sync } from './sync.ts';

export interface Elsewhere {
  /** How each stands. @param known newest first; of this plan */
  standings(plan: BackupSettings, known: readonly BackupView[]): readonly SecondStanding[];
  /** Whether its engine was asked and names that repository no more. */
  isGone(plan: BackupSettings, repository: string): boolean;
  /** Those in which a backup is due, and that can be reached; none while the plan is busy. */
  due(plan: BackupSettings): Promise<readonly string[]>;
  /** How a backup that was just taken into one is looked at: restored in turn. */
  wish(backup: BackupView, prove: boolean): Promise<ProofWish>;
  /** @throws UpkeepError where the engine keeps one repository alone, or none of that name */
  demand(plan: BackupSettings, repository: string | undefined): Promise<void>;
}

const judgedBy = 200;

export function createElsewhere(ground: Ground, { last }: Pick<Sync, 'last'>): Elsewhere {
  const { clock, store } = ground.desk;
  const knownOf = (plan: string) => rows.list(store.db, { now: clock.now(), plan, limit: judgedBy });
  const secondsOf = ({ name }: BackupSettings) => last(name)?.seconds ?? [];

  return {
    standings: (plan, known) =>
      secondsOf(plan).map(({ repository, trouble }) =>
        secondStandingOf(repository, known, clock.now(), trouble),
      ),
    isGone(plan, repository) {
      const found = last(plan.name);
      if (found?.unseen !== null || !existsSync(repositoryOf(plan))) return false;
      return !found.seconds.some((one) => one.repository === repository);
    },
    async due(plan) {
      const there = secondsOf(plan).filter(({ trouble }) => trouble === null);
      if (there.length === 0 || ground.underWay.has(plan.name)) return [];
      const known = await knownOf(plan.name);
      return there
        .map(({ repository }) => repository)
        .filter((repository) => isSecondDue(repository, known, clock.now()));
    },
    async wish({ plan, repository }, prove) {
      return { withoutRestore: !prove && !isSecondRestoreDue(repository, await knownOf(plan)) };
    },
    async demand(plan, repository) {
      if (repository === undefined) return;
      const { repositories } = ground.engineOf(plan);
      if (!repositories)
        throw new UpkeepError('bad-input', `${plan.engine} keeps one repository alone: leave repository out`);
      const folder = repositoryOf(plan);
      const states = existsSync(folder) ? await repositories({ folder }, ground.quietly()) : [];
      const names = [localRepository, ...states.flatMap(({ name }) => name ?? [])];
      if (names.includes(repository)) return;
      const meant = nearest(repository, names);
      throw new UpkeepError(
        'bad-input',
        `repository: ${plan.name} has no ${repository}; there is ${names.join(', ')} (${localRepository} is the first)${meant === undefined ? '' : `; did you mean ${meant}?`}`,
      );
    },
  };
}
