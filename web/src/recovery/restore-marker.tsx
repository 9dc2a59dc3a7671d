import { TextInput } from '@mantine/core';
import { IconArrowBackUp } from '@tabler/icons-react';
import { useState } from 'react';
import type { BackupView, PlanView } from '../api/backups.ts';
import { formatMoment, formatPlanned, formatSpan } from '../format/time.ts';
import { momentOfWall, wallClock } from '../format/zone.ts';
import { PermittedButton } from '../parts/permitted-button.tsx';
import styles from './backups.module.css';
import { backAt, type Reach } from './reach.ts';
import { RestoreDialog } from './restore-dialog.tsx';

/** The recovery window with a marker to drag; beside it the same moment to type. */
export function RestoreMarker({
  plan,
  backups,
  reach,
  from,
  now,
  place,
}: {
  plan: PlanView;
  backups: readonly BackupView[];
  reach: Reach;
  from: number;
  now: number;
  place: (at: number) => string;
}) {
  const [moved, setMoved] = useState<number | null>(null);
  const [isOpen, setOpen] = useState(false);
  const first = Math.max(from, reach.from);
  const until = Math.min(reach.to, Math.max(reach.from, moved ?? reach.to));
  const source = backAt(backups, until);
  const left = place(first);
  const right = place(reach.to);
  return (
    <section aria-label="Recovery window" className={styles.window}>
      <div className={styles.lane}>
        <span className={styles.laneName}>Recovery window</span>
        <div className={styles.track}>
          <span
            className={styles.band}
            data-gaps={!reach.isGapless || undefined}
            style={{ left, width: `calc(${right} - ${left})` }}
          />
          <input
            type="range"
            className={styles.marker}
            style={{ left: `calc(${left} - 11px)`, width: `calc(${right} - ${left} + 22px)` }}
            aria-label="Restore to this moment"
            aria-valuetext={formatMoment(until)}
            min={first}
            max={Math.max(first, reach.to)}
            step="any"
            value={until}
            onChange={(event) => setMoved(Number(event.currentTarget.value))}
          />
        </div>
      </div>
      <div className={styles.restore}>
        <TextInput
          type="datetime-local"
          step={1}
          label="Restore to"
          className={styles.moment}
          value={wallText(until)}
          onChange={(event) => {
            const typed = Date.parse(`${event.currentTarget.value}Z`);
            if (Number.isFinite(typed)) setMoved(momentOfWall(typed));
          }}
        />
        <p className={styles.from}>
          {source === null ? 'No backup was whole by then.' : fromWords(source, until, reach, now)}
        </p>
        <PermittedButton
          needs="operate"
          leftSection={<IconArrowBackUp size={16} />}
          onClick={() => setOpen(true)}
        >
          Restore to here…
        </PermittedButton>
      </div>
      {isOpen ? <RestoreDialog plan={plan} until={until} onClose={() => setOpen(false)} /> : null}
    </section>
  );
}

function wallText(at: number): string {
  return new Date(wallClock(at)).toISOString().slice(0, 19);
}

function fromWords(source: BackupView, until: number, { isGapless, isUnknown }: Reach, now: number): string {
  if (isUnknown)
    return `From the backup of ${formatPlanned(source.startedAt)}; how far its log goes is not known now, the dry run asks.`;
  const behind = formatSpan(until - source.startedAt);
  const lost = formatSpan(now - (isGapless ? until : source.startedAt));
  return isGapless
    ? `From the backup of ${formatPlanned(source.startedAt)} and ${behind} of its log; the last ${lost} would be lost.`
    : `The backup of ${formatPlanned(source.startedAt)}, ${behind} before that: no log is kept, so the last ${lost} would be lost.`;
}
