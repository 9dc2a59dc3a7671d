import { useQuery } from '@tanstack/react-query';
import { basisOf } from '../../../src/core/incident/statistics-words.ts';
import { sayAnswers } from '../../../src/core/oncall/answers.ts';
import { formatDuration } from '../../../src/core/time.ts';
import { statisticsQuery } from '../api/incidents.ts';
import { unknownText } from '../format/numbers.ts';
import styles from './statistics.module.css';

/** The last thirty days in five figures; medians, since one bad night should not hide the rest. */
export function Statistics() {
  const { data } = useQuery(statisticsQuery);
  if (data === undefined || data.incidents === 0) return null;
  const repeated = data.repeats[0];
  const basis = basisOf(data);
  const span = (ms: number | null) => (ms === null ? unknownText : formatDuration(ms));
  return (
    <dl className={styles.figures} aria-label="The last 30 days">
      <Figure name="Incidents in 30 days" value={String(data.incidents)}>
        {data.withoutPeople > 0 ? `${data.withoutPeople} ended without people` : ''}
      </Figure>
      <Figure name="Detected in" value={span(data.detect.medianMs)}>
        {basis.detect}
      </Figure>
      <Figure name="Acknowledged in" value={span(data.acknowledge.medianMs)}>
        {sayAnswers(data.response, formatDuration(data.response.withinMs))}
      </Figure>
      <Figure name="Resolved in" value={span(data.resolve.medianMs)}>
        {basis.resolve}
      </Figure>
      <Figure name="Most often" value={repeated?.lead ?? 'no repeats'}>
        {repeated === undefined ? '' : `${repeated.times} times`}
      </Figure>
    </dl>
  );
}

function Figure({ name, value, children }: { name: string; value: string; children?: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        {value}
        <span>{children}</span>
      </dd>
    </div>
  );
}
