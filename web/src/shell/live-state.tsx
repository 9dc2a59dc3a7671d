import { IconCloudOff } from '@tabler/icons-react';
import { useConnection } from '../api/connection.ts';
import { staleMs } from '../api/live.ts';
import { formatSpan } from '../format/time.ts';
import { useNow } from '../parts/now.ts';
import styles from './live-state.module.css';

const words = { connecting: 'Connecting', open: 'Live', lost: 'Reconnecting' };
/** A restart of the server takes about this long; a shorter break is not worth a banner. */
const patienceMs = 2_500;

export function LiveState() {
  const { phase } = useConnection();
  return (
    <span
      className={styles.state}
      data-tone={phase === 'open' ? 'ok' : phase === 'lost' ? 'warning' : 'unknown'}
    >
      <span className={styles.dot} data-phase={phase} aria-hidden />
      <span role="status">{words[phase]}</span>
    </span>
  );
}

function useQuietMs(): number {
  const { heardAt } = useConnection();
  useNow();
  return heardAt === null ? 0 : Date.now() - heardAt;
}

export function useIsStale(): boolean {
  return useQuietMs() > staleMs;
}

export function StaleBanner() {
  const { phase, lostAt } = useConnection();
  const quietMs = useQuietMs();
  const isLost = phase === 'lost' && lostAt !== null && Date.now() - lostAt > patienceMs;
  if (!isLost && quietMs <= staleMs) return null;
  return (
    <div className={styles.banner} role="status">
      <IconCloudOff size={18} aria-hidden />
      <span>
        <strong>No data for {formatSpan(quietMs)}, reconnecting.</strong> What you see is from then and may
        have changed.
      </span>
    </div>
  );
}
