import { Button } from '@mantine/core';
import { CopyWide } from '../parts/copy.tsx';
import styles from './second-factor.module.css';

export function RecoveryCodeList({ codes, onDone }: { codes: readonly string[]; onDone: () => void }) {
  return (
    <div className={styles.form}>
      <p>
        Keep these where your phone is not. Each lets you in once when the app is lost, and they are shown
        only now.
      </p>
      <ol className={styles.codes} aria-label="Recovery codes">
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ol>
      <div className={styles.buttons}>
        <CopyWide value={codes.join('\n')} what="all" />
        <Button onClick={onDone}>I have kept them</Button>
      </div>
    </div>
  );
}
