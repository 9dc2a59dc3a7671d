import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { reasonWords } from '../../../src/core/backup/holds.ts';
import { type BackupView, type DeletionView, deletionQuery, type PlanView } from '../api/backups.ts';
import { formatBytes } from '../format/numbers.ts';
import { formatMoment, formatPlanned, formatSpan } from '../format/time.ts';
import type { Tone } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Empty, Loaded } from '../parts/states.tsx';
import styles from './backups.module.css';
import { PinButton } from './pin-button.tsx';

type Decision = DeletionView['decisions'][number];

const kinds: Readonly<Record<Decision['kind'], { word: string; tone: Tone }>> = {
  keep: { word: 'Stays', tone: 'ok' },
  mark: { word: 'Is marked', tone: 'warning' },
  unmark: { word: 'Is unmarked', tone: 'low' },
  wait: { word: 'Waits', tone: 'quiet' },
  remove: { word: 'Goes', tone: 'critical' },
};

const atFirst = 3;

/** What the next run would do with each backup, and why; nothing goes without the guard. */
export function DeletionPanel({ plan, backups }: { plan: PlanView; backups: readonly BackupView[] }) {
  const pinned = new Set(backups.filter(({ isPinned }) => isPinned).map(({ id }) => id));
  const found = useQuery(deletionQuery(plan.name));
  return (
    <Panel title="What goes and what stays" count={found.data?.[0]?.decisions.length} flush>
      <p className={styles.lead}>
        Kept for {formatSpan(plan.objectives.keepMs)}, then marked for a week, then proposed to the guard. Pin
        what must stay.
      </p>
      <Loaded query={found}>{([deletion]) => <Decisions deletion={deletion} pinned={pinned} />}</Loaded>
    </Panel>
  );
}

function Decisions({
  deletion,
  pinned,
}: {
  deletion: DeletionView | undefined;
  pinned: ReadonlySet<string>;
}) {
  const [isWhole, setWhole] = useState(false);
  const newestFirst = deletion?.decisions.toReversed() ?? [];
  if (deletion === undefined || newestFirst.length === 0)
    return <Empty title="There is no backup to judge" />;
  // What goes is never hidden behind a button.
  const shown = newestFirst.filter(({ kind }, index) => isWhole || index < atFirst || kind !== 'keep');
  const shared = sharedBy(newestFirst);
  // What holds everything back stands below them.
  const apart = shared.filter(({ why }) => !deletion.held.includes(why));
  return (
    <>
      {apart.map(({ why }) => (
        <p key={why} className={styles.lead}>
          Each of the {newestFirst.length}: {why}.
        </p>
      ))}
      {deletion.held.map((line) => (
        <p key={line} className={styles.held} role="note">
          Nothing goes: {line}
        </p>
      ))}
      <ul aria-label="Deletion plan">
        {shown.map((decision) => (
          <DecisionRow
            key={decision.id}
            decision={decision}
            isPinned={pinned.has(decision.id)}
            saidAbove={shared.map(({ why }) => why)}
          />
        ))}
      </ul>
      {shown.length === newestFirst.length ? null : (
        <button type="button" className={styles.more} onClick={() => setWhole(true)}>
          Show all {newestFirst.length}
        </button>
      )}
      {deletion.preview === null ? null : (
        <p className={styles.held} data-agrees={deletion.preview.agrees || undefined}>
          {deletion.preview.agrees ? 'The engine agrees: ' : 'The engine does not agree: '}
          {deletion.preview.detail}
        </p>
      )}
    </>
  );
}

/** What holds each of several alike is said once. */
function sharedBy([first, ...others]: readonly Decision[]): Decision['holds'] {
  if (first === undefined || others.length === 0) return [];
  return first.holds.filter(({ why }) => others.every(({ holds }) => holds.some((hold) => hold.why === why)));
}

function DecisionRow({
  decision,
  isPinned,
  saidAbove,
}: {
  decision: Decision;
  isPinned: boolean;
  saidAbove: readonly string[];
}) {
  const { id, startedAt, bytes, kind, reason, holds, repository, markedAt } = decision;
  const { word, tone } = kinds[kind];
  const isSaid = holds.some((hold) => hold.reason === reason);
  return (
    <li className={rows.row}>
      <div className={rows.what}>
        <p className={rows.title} title={formatMoment(startedAt)}>
          {formatPlanned(startedAt)}
        </p>
        {holds
          .filter(({ why, until }) => until !== null || !saidAbove.includes(why))
          .map(({ reason: of, why, until }) => (
            <p key={of} className={rows.sub}>
              {[
                ...(saidAbove.includes(why) ? [] : [why]),
                ...(until === null ? [] : [`until ${formatMoment(until)}`]),
              ].join(': ')}
            </p>
          ))}
        {markedAt === null ? null : (
          <p className={rows.sub}>
            marked <Age at={markedAt} />
          </p>
        )}
        <p className={rows.sub}>
          {isSaid ? '' : `${reasonWords[reason]} · `}
          {formatBytes(bytes)} stored · {repository}
        </p>
      </div>
      <div className={rows.aside}>
        <Chip tone={tone}>{word}</Chip>
        <PinButton id={id} isPinned={isPinned} startedAt={startedAt} />
      </div>
    </li>
  );
}
