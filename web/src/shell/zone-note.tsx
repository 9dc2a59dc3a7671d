import { useShownZone } from '../format/zone.ts';
import styles from './live-state.module.css';

/** Said once for all pages; the menu beside it has the choice. */
export function ZoneNote() {
  return <span className={styles.zone}>Times in {useShownZone()}</span>;
}
