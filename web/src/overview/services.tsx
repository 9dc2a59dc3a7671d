import { Link } from '@tanstack/react-router';
import type { ServiceView } from '../../../src/core/view.ts';
import { formatAvailability, formatObjective, formatSeconds, unknownText } from '../format/numbers.ts';
import { HealthMark } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import { BudgetBar } from './budget-bar.tsx';
import styles from './services.module.css';

/** The service with the least of its budget left leads among those of one health. */
function byNeed(a: ServiceView, b: ServiceView): number {
  const order = ['critical', 'warning', 'unknown', 'ok'];
  return (
    order.indexOf(a.health) - order.indexOf(b.health) ||
    (a.budgetLeft ?? 2) - (b.budgetLeft ?? 2) ||
    a.name.localeCompare(b.name)
  );
}

export function Services({ services }: { services: readonly ServiceView[] }) {
  return (
    <Panel title="Services" count={services.length} flush>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col">State</th>
            <th scope="col">p95, last hour</th>
            <th scope="col">Availability</th>
            <th scope="col">Error budget</th>
          </tr>
        </thead>
        <tbody>
          {[...services].sort(byNeed).map((service) => (
            <tr key={service.name}>
              <th scope="row" className={styles.name}>
                {service.budget === null && service.latencyObjective === null ? (
                  service.name
                ) : (
                  <Link to="/objectives/$service" params={{ service: service.name }}>
                    {service.name}
                  </Link>
                )}
                <span className={styles.sub}>
                  {service.targets.join(', ')}
                  {service.dependsOn.length === 0 ? '' : ` · needs ${service.dependsOn.join(', ')}`}
                </span>
              </th>
              <td>
                <HealthMark health={service.health} />
              </td>
              <td data-label="p95">
                <Latency service={service} />
              </td>
              <td data-label="Availability">
                <span className={styles.value}>
                  {service.availability === null
                    ? unknownText
                    : formatAvailability(service.availability, service.objective)}
                </span>
                {service.availabilityOver === null ? null : (
                  <span className={styles.sub}>{service.availabilityOver}</span>
                )}
                {service.objective === null ? null : (
                  <span className={styles.sub}>objective {formatObjective(service.objective)}</span>
                )}
              </td>
              <td className={styles.budget} data-label="Error budget">
                <BudgetBar service={service} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

function Latency({ service }: { service: ServiceView }) {
  const { latencyObjective: objective, p95 } = service;
  const isMissed =
    objective !== null && objective.measuredMs !== null && objective.measuredMs > objective.belowMs;
  return (
    <>
      <span className={styles.value} data-missed={isMissed || undefined}>
        {p95 === null ? unknownText : formatSeconds(p95)}
      </span>
      {objective === null ? null : (
        <span className={styles.sub}>
          {isMissed ? 'missed: ' : ''}
          {objective.quantile === 0.95 ? '' : `p${Math.round(objective.quantile * 100)} `}
          below {formatSeconds(objective.belowMs / 1_000)}
        </span>
      )}
    </>
  );
}
