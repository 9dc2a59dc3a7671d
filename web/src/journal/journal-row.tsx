import { Link } from '@tanstack/react-router';
import type { JournalEntry } from '../../../src/core/view.ts';
import { formatClock, formatMoment, formatShort } from '../format/time.ts';
import { Facts } from '../parts/facts.tsx';
import { useNow } from '../parts/now.ts';
import styles from './journal.module.css';
import { subjectText } from './subject-text.ts';

export function JournalRow({ entry }: { entry: JournalEntry }) {
  const now = useNow();
  const isRecent = now - entry.at < 43_200_000;
  return (
    <li className={styles.row}>
      <details>
        <summary className={styles.summary}>
          <time
            className={styles.time}
            dateTime={new Date(entry.at).toISOString()}
            title={formatMoment(entry.at)}
          >
            {isRecent ? formatClock(entry.at) : formatShort(entry.at, now)}
          </time>
          <span className={styles.kind}>{entry.told.title}</span>
          <span className={styles.actor}>{entry.told.who}</span>
          <span className={styles.text}>{entry.told.text ?? subjectText(entry.subject)}</span>
        </summary>
        <div className={styles.detail}>
          <p className={styles.subject}>
            <Subject subject={entry.subject} />
            <Link to="/journal" search={{ subject: entry.subject }} className={styles.only}>
              Only entries about this
            </Link>
          </p>
          {Object.keys(entry.payload).length === 0 ? null : <Facts facts={entry.payload} />}
          <p className={styles.hash}>
            entry {entry.seq}, <code>{entry.kind}</code>, {formatMoment(entry.at)}, hash{' '}
            <code>{entry.hash}</code>
          </p>
        </div>
      </details>
    </li>
  );
}

function Subject({ subject }: { subject: string }) {
  const [kind, ...rest] = subject.split(':');
  const name = rest.join(':');
  if (kind === 'incident')
    return (
      <Link to="/incidents/$id" params={{ id: name }}>
        {subjectText(subject)}
      </Link>
    );
  if (kind === 'action')
    return (
      <Link to="/actions/$id" params={{ id: name }}>
        {subjectText(subject)}
      </Link>
    );
  if (kind === 'target')
    return (
      <Link to="/targets/$name" params={{ name }}>
        {subjectText(subject)}
      </Link>
    );
  return <span>{subjectText(subject)}</span>;
}
