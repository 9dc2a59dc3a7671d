import { BrandMark } from '../shell/brand.tsx';
import styles from './door.module.css';

/** The frame of the pages before one is in. */
export function Door({
  title,
  lead,
  children,
}: {
  title: string;
  lead: React.ReactNode;
  children: React.ReactNode;
}) {
  return (
    <main className={styles.door}>
      <div className={styles.card}>
        <div className={styles.brand}>
          <BrandMark size={34} />
          <span>Upkeep</span>
        </div>
        <h1>{title}</h1>
        <p className={styles.lead}>{lead}</p>
        {children}
      </div>
    </main>
  );
}
