import { useQuery } from '@tanstack/react-query';
import type { IncidentDetail } from '../../../src/core/view.ts';
import { oncallQuery } from '../api/oncall.ts';
import { formatSpan } from '../format/time.ts';
import { useNow } from '../parts/now.ts';
import { clockOf } from './clock-state.ts';
import styles from './clocks.module.css';

/** How long the team gave itself to answer and to resolve, and what is left of it. */
export function Clocks({ incident }: { incident: IncidentDetail }) {
  const { data } = useQuery(oncallQuery);
  const now = useNow();
  const clocks = data?.clocks[incident.level];
  if (clocks === undefined) return null;
  const end = incident.resolvedAt;
  return (
    <dl className={styles.clocks} aria-label="Clocks">
      <Clock
        word="Answer"
        limit={clocks.respond}
        from={incident.openedAt}
        at={incident.acknowledgedAt ?? end}
        now={now}
      />
      <Clock word="Resolve" limit={clocks.resolve} from={incident.openedAt} at={end} now={now} />
    </dl>
  );
}

function Clock({
  word,
  limit,
  from,
  at,
  now,
}: {
  word: string;
  limit: number | 'next-business-day' | null;
  from: number;
  at: number | null;
  now: number;
}) {
  if (limit === null) return null;
  if (limit === 'next-business-day')
    return (
      <div className={styles.clock} data-tone={at === null ? 'unknown' : 'ok'}>
        <dt>{word}</dt>
        <dd>{at === null ? 'by the next business day' : `after ${formatSpan(at - from)}`}</dd>
      </div>
    );
  const { tone, words, share } = clockOf({ limitMs: limit, from, at, now });
  return (
    <div className={styles.clock} data-tone={tone}>
      <dt>{word}</dt>
      <dd>
        {words} <span>of {formatSpan(limit)}</span>
      </dd>
      <span className={styles.bar} aria-hidden>
        <i style={{ width: `${share * 100}%` }} />
      </span>
    </div>
  );
}
