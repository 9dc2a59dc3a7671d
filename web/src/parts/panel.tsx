import { useId } from 'react';
import styles from './panel.module.css';

export function Panel({
  title,
  count,
  aside,
  children,
  flush = false,
  id,
}: {
  title: string;
  count?: number | undefined;
  aside?: React.ReactNode;
  children: React.ReactNode;
  /** Rows reach the panel's edges. */
  flush?: boolean;
  id?: string;
}) {
  const own = useId();
  const heading = id ?? own;
  return (
    <section className={styles.panel} aria-labelledby={heading}>
      <header className={styles.head}>
        <h2 id={heading}>
          {title}
          {count === undefined ? null : <span className={styles.count}>{count}</span>}
        </h2>
        {aside === undefined ? null : <div className={styles.aside}>{aside}</div>}
      </header>
      <div className={flush ? styles.flush : styles.body}>{children}</div>
    </section>
  );
}

export function PageHead({
  title,
  lead,
  aside,
  above,
}: {
  title: React.ReactNode;
  lead?: React.ReactNode;
  aside?: React.ReactNode;
  above?: React.ReactNode;
}) {
  const buttons = aside === undefined ? null : <div className={styles.aside}>{aside}</div>;
  return (
    <header className={`${styles.page} ${above === undefined ? '' : styles.below}`}>
      {above === undefined ? null : (
        <div className={styles.row}>
          <div className={styles.above}>{above}</div>
          {buttons}
        </div>
      )}
      <div className={styles.row}>
        <h1>{title}</h1>
        {above === undefined ? buttons : null}
      </div>
      {lead === undefined ? null : <p className={styles.lead}>{lead}</p>}
    </header>
  );
}
