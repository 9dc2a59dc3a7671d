/** What silences and maintenance windows hold back at this moment; what they held is looked at when they end. */
import type { Alert } from '../core/alert.ts';
import type { Configuration } from '../core/configuration.ts';
import { type MaintenanceWindow, running } from '../core/maintenance.ts';
import { type Hold, holdOf, type Subject } from '../core/mute.ts';
import type { Topology } from '../core/topology.ts';
import type { Tx } from '../store/index.ts';
import * as jobs from '../store/jobs.ts';
import * as silences from '../store/silences.ts';
import * as windowRows from '../store/windows.ts';
import type { Desk } from './desk.ts';

export type Holding = (alert: Pick<Alert, 'rule' | 'target' | 'level' | 'labels'>) => Hold | null;

/** Everything planned, in the configuration and by hand, that is not over for good by `since`. */
export async function allWindows(
  desk: { configuration: Desk['configuration']; clock: Pick<Desk['clock'], 'now'> },
  tx: Tx,
  since: number = desk.clock.now(),
): Promise<MaintenanceWindow[]> {
  return [...desk.configuration().maintenance, ...(await windowRows.list(tx, since))];
}

/** Read once for everything that is judged in one transaction. */
export async function holdingNow(desk: Desk, tx: Tx, topology: Topology): Promise<Holding> {
  const now = desk.clock.now();
  const active = await silences.active(tx, now);
  const occurrences = running(await allWindows(desk, tx), now, topology);
  if (active.length === 0 && occurrences.length === 0) return () => null;
  const subjectOf = subjects(desk.configuration(), topology);
  return (alert) => holdOf(subjectOf(alert), now, active, occurrences);
}

/** What conditions of silences are asked about an alert. */
export function subjects(
  configuration: Pick<Configuration, 'targets'>,
  topology: Topology,
): (alert: Pick<Alert, 'rule' | 'target' | 'level' | 'labels'>) => Subject {
  const targets = new Map(configuration.targets.map((target) => [target.name, target]));
  return ({ rule, target, level, labels }) => {
    const settings = targets.get(target);
    return {
      rule,
      target,
      level,
      labels: { ...settings?.labels, ...labels },
      system: settings?.system ?? '',
      environment: settings?.environment ?? null,
      services: topology.servicesOf.get(target) ?? [],
    };
  };
}

/** Has what is held looked at again at that time. */
export async function releaseAt(tx: Tx, runAt: number): Promise<void> {
  await jobs.enqueue(tx, { kind: 'release', key: `release:${runAt}`, payload: {}, runAt });
}
