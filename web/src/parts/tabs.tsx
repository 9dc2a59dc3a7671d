import styles from './tabs.module.css';

/** Links that choose a part of the page; the address says which. */
export function Tabs({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <nav className={styles.tabs} aria-label={label}>
      {children}
    </nav>
  );
}

export const tabClass = styles.tab ?? '';
