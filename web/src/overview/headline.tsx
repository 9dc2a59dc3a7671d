import { openSince } from '../../../src/core/incident/reopen.ts';
import type { Overview } from '../../../src/core/view.ts';
import { formatShort } from '../format/time.ts';
import { count } from '../format/words.ts';
import { Age, Span } from '../parts/age.tsx';
import { HealthIcon } from '../parts/marks.tsx';
import { useNow } from '../parts/now.ts';
import styles from './headline.module.css';
import { headlineHealth, headlineText, targetsText } from './headline-text.ts';

export function Headline({ overview }: { overview: Overview }) {
  const { targets, services, incidents } = overview;
  const now = useNow();
  const counts = {
    critical: targets.filter(({ health }) => health === 'critical').length,
    warning: targets.filter(({ health }) => health === 'warning').length,
    unknown: targets.filter(({ health }) => health === 'unknown').length,
  };
  const order = ['critical', 'high', 'medium', 'low'] as const;
  const gravest = order.find((level) => incidents.some((incident) => incident.level === level)) ?? null;
  const lastAt = targets.reduce<number | null>(
    (newest, target) => (target.lastAt !== null && target.lastAt > (newest ?? 0) ? target.lastAt : newest),
    null,
  );
  const title =
    targets.length === 0 ? 'Nothing is watched yet' : headlineText(incidents.length, gravest, counts);
  return (
    <header className={styles.headline}>
      <HealthIcon health={targets.length === 0 ? 'unknown' : headlineHealth(overview)} size={34} />
      <div>
        <h1>{title}</h1>
        <p className={styles.facts}>
          <span>{targetsText(targets.length, counts)}</span>
          {incidents.length === 0 ? null : (
            <span>
              since <time>{formatShort(Math.min(...incidents.map(openSince)), now)}</time>
            </span>
          )}
          {services.length === 0 ? null : <span>{count(services.length, 'service')}</span>}
          {lastAt === null ? null : (
            <span>
              last check <Age at={lastAt} />
            </span>
          )}
          <span>
            watching for <Span from={overview.startedAt} to={null} />
          </span>
        </p>
      </div>
    </header>
  );
}
