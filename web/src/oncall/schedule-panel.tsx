import { ActionIcon, Button, SegmentedControl } from '@mantine/core';
import { IconChevronLeft, IconChevronRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { ScheduleView } from '../../../src/core/oncall/view.ts';
import { scheduleQuery } from '../api/oncall.ts';
import { type CalendarDay, calendarDays } from '../format/calendar.ts';
import { formatDay } from '../format/time.ts';
import { useNow } from '../parts/now.ts';
import { Panel } from '../parts/panel.tsx';
import { Loaded } from '../parts/states.tsx';
import styles from './schedule.module.css';
import { ScheduleAgenda } from './schedule-agenda.tsx';
import { Week } from './schedule-week.tsx';
import { Shifts } from './shifts.tsx';

const dayMs = 86_400_000;

export function SchedulePanel() {
  const { weeks = 2, at } = useSearch({ from: '/oncall' });
  const navigate = useNavigate({ from: '/oncall' });
  const minute = Math.floor(useNow() / 60_000) * 60_000;
  const days = calendarDays(at ?? minute, weeks);
  const from = days[0]?.from ?? minute;
  const to = days.at(-1)?.to ?? minute;
  const schedule = useQuery(scheduleQuery(from, to));
  const go = (next: number | undefined) =>
    void navigate({ search: (old) => ({ ...old, at: next }), replace: true, resetScroll: false });
  return (
    <Panel
      title={`${formatDay(from)} to ${formatDay(to - 1)}`}
      aside={
        <>
          <SegmentedControl
            size="xs"
            aria-label="How much of the schedule"
            data={[
              { value: '1', label: 'Week' },
              { value: '2', label: '2 weeks' },
              { value: '5', label: 'Month' },
            ]}
            value={String(weeks)}
            onChange={(value) => {
              const chosen = value === '1' ? 1 : value === '5' ? 5 : undefined;
              void navigate({
                search: (old) => ({ ...old, weeks: chosen }),
                replace: true,
                resetScroll: false,
              });
            }}
          />
          <span className={styles.steps}>
            <ActionIcon
              variant="default"
              aria-label="Earlier"
              onClick={() => go((at ?? minute) - weeks * 7 * dayMs)}
            >
              <IconChevronLeft size={16} />
            </ActionIcon>
            <Button
              variant="default"
              size="compact-sm"
              disabled={at === undefined}
              onClick={() => go(undefined)}
            >
              Today
            </Button>
            <ActionIcon
              variant="default"
              aria-label="Later"
              onClick={() => go((at ?? minute) + weeks * 7 * dayMs)}
            >
              <IconChevronRight size={16} />
            </ActionIcon>
          </span>
        </>
      }
    >
      <Loaded query={schedule}>
        {(rotations) => <Schedule rotations={rotations} days={days} now={minute} />}
      </Loaded>
    </Panel>
  );
}

function Schedule({
  rotations,
  days,
  now,
}: {
  rotations: readonly ScheduleView[];
  days: readonly CalendarDay[];
  now: number;
}) {
  const starts = days.filter((_, index) => index % 7 === 0);
  const hints = rotations.flatMap(({ rotation, quality }) =>
    quality.hints.map((hint) => ({ rotation, hint })),
  );
  return (
    <>
      {hints.length === 0 ? null : (
        <ul className={styles.hints} aria-label="What is wrong with the plan">
          {hints.map(({ rotation, hint }) => (
            <li key={`${rotation} ${hint}`}>
              <strong>{rotation}:</strong> {hint}
            </li>
          ))}
        </ul>
      )}
      <div className={styles.weeks} aria-hidden>
        {starts.map((start, week) => (
          <Week key={start.key} days={days.slice(week * 7, week * 7 + 7)} rotations={rotations} now={now} />
        ))}
      </div>
      <ScheduleAgenda rotations={rotations} days={days} now={now} />
      <Shifts rotations={rotations} />
    </>
  );
}
