import type { SilenceView } from '../api/quiet.ts';
import { formatMoment } from '../format/time.ts';
import { count } from '../format/words.ts';
import { Age } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import rows from '../parts/rows.module.css';
import { HeldAlerts } from './held-alerts.tsx';
import styles from './quiet.module.css';

export function SilenceRow({ silence, onEnd }: { silence: SilenceView; onEnd: () => void }) {
  return (
    <li className={rows.row} data-over={!silence.isActive || undefined}>
      <div className={rows.what}>
        <p className={styles.matchers}>
          {silence.matchers.map((matcher) => (
            <code key={matcher}>{matcher}</code>
          ))}
        </p>
        <p className={styles.reason}>{silence.reason}</p>
        <p className={rows.sub}>
          by {silence.createdBy}, <Age at={silence.createdAt} />
          {' · '}
          <span title={formatMoment(silence.endsAt)}>
            {silence.isActive ? 'ends ' : 'ended '}
            <Age at={silence.endsAt} />
          </span>
        </p>
        {silence.warnings.map((warning) => (
          <p key={warning} className={styles.warning} role="note">
            {warning}
          </p>
        ))}
        <HeldAlerts holds={silence.holds} />
      </div>
      <div className={rows.aside}>
        {silence.isActive ? (
          <>
            <Chip tone="quiet">
              {silence.firing.alerts === 0
                ? 'matches no alert now'
                : `matches ${count(silence.firing.alerts, 'firing alert')}`}
            </Chip>
            <PermittedButton
              needs="operate"
              variant="default"
              size="xs"
              onClick={onEnd}
              aria-label={`End the silence of ${silence.matchers.join(', ')}`}
            >
              End now
            </PermittedButton>
          </>
        ) : (
          <Chip tone="quiet">Over</Chip>
        )}
      </div>
    </li>
  );
}
