import { SegmentedControl } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { noOutageWords } from '../../../src/core/incident/statistics-words.ts';
import { sayAnswers } from '../../../src/core/oncall/answers.ts';
import type { PersonLoad, ResponseView } from '../../../src/core/oncall/view.ts';
import { loadQuery } from '../api/oncall.ts';
import { unknownText } from '../format/numbers.ts';
import { formatSpan } from '../format/time.ts';
import table from '../parts/facts.module.css';
import { Panel } from '../parts/panel.tsx';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { Empty, Loaded } from '../parts/states.tsx';
import styles from './load-panel.module.css';

export function LoadPanel() {
  const [days, setDays] = useState(30);
  const load = useQuery(loadQuery(days));
  return (
    <Panel
      title="What it costs each person"
      aside={
        <SegmentedControl
          size="xs"
          aria-label="How many days back"
          data={[
            { value: '7', label: '7 days' },
            { value: '30', label: '30 days' },
            { value: '90', label: '90 days' },
          ]}
          value={String(days)}
          onChange={(value) => setDays(Number(value))}
        />
      }
    >
      <Loaded query={load}>
        {({ people: loads, response, noOutages }) =>
          loads.length === 0 ? (
            <Empty title="Nobody was on call in that time" />
          ) : (
            <>
              <ScrollBox>
                <table className={`${table.table} ${styles.load}`}>
                  <thead>
                    <tr>
                      <th scope="col">Person</th>
                      <th scope="col">On call</th>
                      <th scope="col">Pages</th>
                      <th scope="col">Incidents</th>
                      <th scope="col">Nights woken</th>
                      <th scope="col">Acknowledges in</th>
                      <th scope="col">Pages by hour of their day</th>
                    </tr>
                  </thead>
                  <tbody>
                    {loads.map((one) => (
                      <tr key={one.person}>
                        <th scope="row">{one.name}</th>
                        <td data-width="short" data-label="On call">
                          {formatSpan(one.hoursOnCall * 3_600_000)}
                        </td>
                        <td data-label="Pages">{one.pages}</td>
                        <td data-label="Incidents">{one.incidents}</td>
                        <td data-label="Nights woken">{one.nightsInterrupted}</td>
                        <td data-width="short" data-label="Acknowledges in">
                          {one.acknowledgedInMs === null ? unknownText : formatSpan(one.acknowledgedInMs)}
                        </td>
                        <td data-label="Pages by hour of their day">
                          <Hours load={one} />
                        </td>
                      </tr>
                    ))}
                  </tbody>
                </table>
              </ScrollBox>
              <ul className={styles.response} aria-label="How fast incidents are answered">
                {response
                  .filter(({ incidents }) => incidents > 0)
                  .map((one) => (
                    <li key={one.level}>{responseText(one)}</li>
                  ))}
                {noOutages > 0 ? <li>Left out: {noOutageWords(noOutages)}</li> : null}
              </ul>
            </>
          )
        }
      </Loaded>
    </Panel>
  );
}

function responseText({ level, within15Minutes, withinLimit, limitMs, medianMs }: ResponseView): string {
  const limit = limitMs === null ? 'the limit' : `the limit of ${formatSpan(limitMs)}`;
  return [
    `${level}: ${sayAnswers(within15Minutes, '15 minutes')}`,
    ...(withinLimit === null ? [] : [sayAnswers(withinLimit, limit)]),
    ...(medianMs === null ? [] : [`half of the acknowledged in ${formatSpan(medianMs)}`]),
  ].join(' · ');
}

const barHeight = 24;

function Hours({ load }: { load: PersonLoad }) {
  const most = Math.max(1, ...load.byHour);
  const busy = load.byHour.flatMap((pages, hour) => (pages > 0 ? [`${pages} at ${hour}:00`] : []));
  return (
    <svg
      className={styles.hours}
      viewBox={`0 0 168 ${barHeight}`}
      width="168"
      height={barHeight}
      role="img"
      aria-label={busy.length === 0 ? 'no pages' : busy.join(', ')}
    >
      {load.byHour.map((pages, hour) => {
        const height = pages === 0 ? 1.5 : Math.max(3, (pages / most) * barHeight);
        const isNight = hour >= 22 || hour < 7;
        return (
          <rect
            key={`hour-${String(hour)}`}
            className={isNight ? styles.night : styles.day}
            x={hour * 7}
            y={barHeight - height}
            width="5.5"
            height={height}
            rx="1"
          />
        );
      })}
    </svg>
  );
}
