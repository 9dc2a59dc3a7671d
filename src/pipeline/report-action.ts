/** The completion report of an action with what surrounds it now: its target, its rules, its backups, its page. */
import { completionReport, type KnownBackups } from '../core/completion.ts';
import { backedUpAs } from '../core/failover.ts';
import { wallText } from '../core/oncall/wall-time.ts';
import type { Unit } from '../core/sample.ts';
import type { ActionView } from '../core/view.ts';
import * as backupRows from '../store/backups.ts';
import type { Tx } from '../store/index.ts';
import type { Desk } from './desk.ts';

type Surroundings = Pick<Desk, 'baseUrl' | 'clock' | 'configuration'>;

export async function reportOf(
  { baseUrl, clock, configuration }: Surroundings,
  tx: Tx,
  action: ActionView,
  unitOf: (metric: string) => Unit | undefined,
): Promise<string> {
  const { targets, environment, backups, timezone } = configuration();
  const holder = backedUpAs(configuration(), action.plan.target);
  const target = targets.find(({ name }) => name === action.plan.target);
  const declared = backups.filter((one) => one.target === holder).map(({ name }) => name);
  return completionReport(action, {
    timestamp: (at) => `${wallText(at, timezone)} (${timezone})`,
    environment: target?.environment ?? environment,
    system: target?.system ?? null,
    rules: target?.rules ?? [],
    unitOf,
    backups: { ...(await backupsBefore(tx, action, holder, clock.now())), declared },
    dashboard: `${baseUrl()}/targets/${encodeURIComponent(action.plan.target)}`,
  });
}

const lookedAt = 100;

async function backupsBefore(
  tx: Tx,
  { appliedAt, proposedAt }: ActionView,
  target: string,
  now: number,
): Promise<Omit<KnownBackups, 'declared'>> {
  const before = appliedAt ?? proposedAt;
  const all = await backupRows.list(tx, { target, limit: lookedAt, now });
  // What is gone by now was there then.
  const last = all.find(
    ({ state, endedAt }) =>
      ['good', 'removing', 'removed'].includes(state) && (endedAt ?? before + 1) <= before,
  );
  return {
    last: last
      ? {
          ...{ plan: last.plan, engine: last.engine, bytes: last.bytes },
          at: last.endedAt ?? last.startedAt,
          place: [last.repository, last.folder].find((text) => text.startsWith('/')) ?? last.folder,
        }
      : null,
    proven: await backupRows.provenRestore(tx, target, now),
  };
}
