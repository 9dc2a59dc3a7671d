import { exposureOf } from '../../../src/core/backup/exposure.ts';
import type { PlanView } from '../../../src/core/backup/view.ts';
import type { Health } from '../../../src/core/view.ts';
import { serverNow } from '../api/connection.ts';
import { formatTook } from '../format/time.ts';
import { Age } from '../parts/age.tsx';
import { HealthMark } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import styles from './services.module.css';

/** What is backed up; a backup that no restore proved is none, so the restore stands first. */
export function Backups({ plans }: { plans: readonly PlanView[] }) {
  return (
    <Panel title="Backups" count={plans.length} flush>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Backup</th>
            <th scope="col">State</th>
            <th scope="col">Last proven restore</th>
            <th scope="col">Took</th>
            <th scope="col">Newest backup</th>
          </tr>
        </thead>
        <tbody>
          {plans.map((plan) => (
            <Plan key={plan.name} plan={plan} />
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Plan({ plan }: { plan: PlanView }) {
  const { name, target, at, proven, lapsed, newestAt, wrong, underWay } = plan;
  const shown = proven ?? lapsed ?? null;
  return (
    <tr>
      <th scope="row" className={styles.name}>
        {name}
        <span className={styles.sub}>
          {target}, daily at {at}
          {underWay === null ? '' : ` · ${underWay}`}
        </span>
        {wrong.map((text) => (
          <span key={text} className={styles.sub} role="alert">
            {text}
          </span>
        ))}
      </th>
      <td>
        <HealthMark health={healthOf(plan)} />
      </td>
      <td data-label="Proven">
        <span className={styles.value}>{shown === null ? 'never' : <Age at={shown.at} />}</span>
        {shown === null ? null : <span className={styles.sub}>level {shown.level} of 6</span>}
        {lapsed === undefined ? null : (
          <span className={styles.sub}>
            red since <Age at={lapsed.redSince} />
          </span>
        )}
      </td>
      <td data-label="Took">
        <span className={styles.value}>
          {shown?.restoredInMs == null ? '–' : formatTook(shown.restoredInMs)}
        </span>
      </td>
      <td data-label="Newest">
        <span className={styles.value}>{newestAt === null ? 'none' : <Age at={newestAt} />}</span>
      </td>
    </tr>
  );
}

/** What nobody knows is not well: no restore, or a log of which nobody knows how far it goes. */
function healthOf(plan: PlanView): Health {
  if (plan.wrong.length > 0) return 'critical';
  return plan.proven === null || exposureOf(plan, serverNow()) === null ? 'unknown' : 'ok';
}
