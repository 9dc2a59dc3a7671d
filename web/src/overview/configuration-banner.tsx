import { IconFileAlert } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { Overview } from '../../../src/core/view.ts';
import { count } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { Problems } from '../parts/problems.tsx';
import styles from './configuration-banner.module.css';

const shown = 3;

export function ConfigurationBanner({ configuration }: { configuration: Overview['configuration'] }) {
  const { problems, loadedAt } = configuration;
  return (
    <section className={styles.banner} aria-labelledby="configuration-problems">
      <IconFileAlert size={20} className={styles.icon} aria-hidden />
      <div className={styles.body}>
        <h2 id="configuration-problems">The configuration has {count(problems.length, 'problem')}</h2>
        <p className={styles.text}>
          The configuration read <Age at={loadedAt} /> stays in use until{' '}
          {problems.length === 1 ? 'it is' : 'they are'} put right.
        </p>
        <Problems problems={problems.slice(0, shown)} />
        {problems.length > shown ? (
          <Link to="/settings" className={styles.more}>
            See all {problems.length}
          </Link>
        ) : null}
      </div>
    </section>
  );
}
