import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import type { BackupView, PlanView } from '../api/backups.ts';
import { formatShort } from '../format/time.ts';
import { Panel } from '../parts/panel.tsx';
import { Empty } from '../parts/states.tsx';
import { BackupDetail } from './backup-detail.tsx';
import styles from './backups.module.css';
import { levelNames, markOf } from './marking.ts';
import { reachOf } from './reach.ts';
import { RestoreMarker } from './restore-marker.tsx';

const dayMs = 86_400_000;
const spans = { day: dayMs, week: 7 * dayMs, month: 31 * dayMs } as const;
type Shown = keyof typeof spans | 'all';

/** Backups by time and by how far they are proven, and the window out of which one can restore. */
export function TimelinePanel({
  plan,
  backups,
  now,
}: {
  plan: PlanView;
  backups: readonly BackupView[];
  now: number;
}) {
  const [shown, setShown] = useState<Shown>('all');
  const [chosen, setChosen] = useState<string | null>(null);
  const oldest = Math.min(now, ...backups.map(({ startedAt }) => startedAt));
  const wanted = shown === 'all' ? oldest : Math.max(oldest, now - spans[shown]);
  const from = Math.min(wanted, now - 60_000);
  const seen = backups.filter(({ startedAt, isAhead }) => isAhead !== true && startedAt >= from);
  const undated = backups.filter(({ isAhead }) => isAhead === true);
  const detail =
    backups.find(({ id }) => id === chosen) ??
    backups.find(({ state, copyOf }) => state === 'good' && copyOf === null) ??
    backups[0];
  const reach = reachOf(plan, backups, now);
  // A hand's breadth on both sides, so that the first and the last can be hit.
  const place = (at: number) => `${(1.5 + ((at - from) / (now - from)) * 97).toFixed(3)}%`;
  // When is not known, so they stand side by side.
  const sideBySide = (at: number) =>
    `${Math.min(98.5, 1.5 + 5 * undated.findIndex(({ startedAt }) => startedAt === at))}%`;
  const marks = { seen, place, chosen: detail?.id ?? null, onChoose: setChosen };
  return (
    <Panel
      title="Timeline"
      count={backups.length}
      aside={
        <SegmentedControl
          size="xs"
          aria-label="How far back"
          value={shown}
          onChange={(value) => setShown(value as Shown)}
          data={[
            { value: 'day', label: 'Day' },
            { value: 'week', label: 'Week' },
            { value: 'month', label: 'Month' },
            { value: 'all', label: 'All' },
          ]}
        />
      }
    >
      {backups.length === 0 ? (
        <Empty title="No backup was taken yet">The first is due at {plan.at}.</Empty>
      ) : (
        <>
          <div className={styles.lanes}>
            <Ladder {...marks} />
            <Lane name="Not good" {...marks} is={(one) => one.copyOf === null && markOf(one).isTrouble} />
            <Lane name="Off-site" {...marks} is={(one) => one.copyOf !== null} />
            {undated.length === 0 ? null : (
              <Lane name="Clock ahead" {...marks} seen={undated} place={sideBySide} is={() => true} />
            )}
            <div className={styles.lane}>
              <span className={styles.laneName} />
              <div className={styles.times} aria-hidden>
                {[from, (from + now) / 2, now].map((at) => (
                  <span key={at}>{formatShort(at, now)}</span>
                ))}
              </div>
            </div>
          </div>
          {reach === null ? (
            <p className={styles.none} role="note">
              Nothing can be brought back: no good backup lies here.
            </p>
          ) : (
            <RestoreMarker plan={plan} backups={backups} reach={reach} from={from} now={now} place={place} />
          )}
          {detail === undefined ? null : <BackupDetail key={detail.id} backup={detail} />}
        </>
      )}
    </Panel>
  );
}

interface Marks {
  readonly seen: readonly BackupView[];
  readonly place: (at: number) => string;
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
}

/** Height and colour say the level; the words stand at the side. */
function Ladder({ seen, place, chosen, onChoose }: Marks) {
  const local = seen.filter((one) => one.copyOf === null && !markOf(one).isTrouble);
  return (
    <div className={styles.lane}>
      <ol className={styles.levels} aria-label="Levels of proof">
        {levelNames.map(({ level, words, tone }) => (
          <li key={words} data-tone={tone}>
            <b>{level === null ? '–' : level}</b> <span>{words}</span>
          </li>
        ))}
      </ol>
      <div className={styles.ladder}>
        {local.map((one) => (
          <Mark key={one.id} backup={one} at={place} isChosen={one.id === chosen} onChoose={onChoose} />
        ))}
      </div>
    </div>
  );
}

function Lane({
  name,
  is,
  seen,
  place,
  chosen,
  onChoose,
}: Marks & { name: string; is: (one: BackupView) => boolean }) {
  const those = seen.filter(is);
  return (
    <div className={styles.lane}>
      <span className={styles.laneName}>{name}</span>
      <div className={styles.track}>
        {those.length === 0 ? <span className={styles.sub}>none</span> : null}
        {those.map((one) => (
          <Mark key={one.id} backup={one} at={place} isChosen={one.id === chosen} onChoose={onChoose} />
        ))}
      </div>
    </div>
  );
}

function Mark({
  backup,
  at,
  isChosen,
  onChoose,
}: {
  backup: BackupView;
  at: (moment: number) => string;
  isChosen: boolean;
  onChoose: (id: string) => void;
}) {
  const { tone, words, rung, isTrouble } = markOf(backup);
  const when = formatShort(backup.startedAt, backup.startedAt + dayMs);
  const said = `${when}${backup.isAhead ? ' by a clock that was ahead' : ''}: ${words}`;
  return (
    <button
      type="button"
      className={styles.mark}
      data-tone={tone}
      data-trouble={isTrouble || undefined}
      data-copy={backup.copyOf !== null || undefined}
      style={{ left: at(backup.startedAt), '--rung': rung } as React.CSSProperties}
      aria-pressed={isChosen}
      aria-label={`Backup of ${said}`}
      title={said}
      onClick={() => onChoose(backup.id)}
    />
  );
}
