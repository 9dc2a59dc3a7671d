import { CopyIcon } from '../parts/copy.tsx';
import styles from './steps.module.css';

export function Steps({ steps }: { steps: readonly string[] }) {
  return (
    <div className={styles.holder}>
      <ol className={styles.steps} aria-label="Steps">
        {steps.map((step, index) => (
          <li key={`${String(index)} ${step}`}>
            <code>{step}</code>
          </li>
        ))}
      </ol>
      <span className={styles.copy}>
        <CopyIcon value={steps.join('\n')} what="steps" />
      </span>
    </div>
  );
}
