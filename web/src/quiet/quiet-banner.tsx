import { IconBellOff, IconTool } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { silencesQuery, windowsQuery } from '../api/quiet.ts';
import { count } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import styles from './quiet.module.css';

/** Said where people look first, so that calm is not taken for health while something is held back. */
export function QuietBanner() {
  const silences = useQuery(silencesQuery(false)).data ?? [];
  const running = (useQuery(windowsQuery).data ?? []).filter(({ isRunning }) => isRunning);
  const held = silences.reduce((sum, { holds }) => sum + holds.length, 0);
  if (silences.length === 0 && running.length === 0) return null;
  return (
    <section className={styles.banner} aria-label="Held back now">
      {silences.length === 0 ? null : (
        <>
          <IconBellOff size={17} className={styles.sign} aria-hidden />
          <span>
            <strong>{count(silences.length, 'silence')}</strong>{' '}
            {held === 0 ? 'in force, holding nothing back' : `holding back ${count(held, 'alert')}`}.{' '}
            <Link to="/silences">See what</Link>
          </span>
        </>
      )}
      {running.map(({ name, what, next }) => (
        <span key={name}>
          <IconTool size={16} className={styles.sign} aria-hidden /> <strong>{what}</strong> runs
          {next === null ? null : (
            <>
              , ends <Age at={next.endsAt} />
            </>
          )}
          . <Link to="/maintenance">Maintenance</Link>
        </span>
      ))}
    </section>
  );
}
