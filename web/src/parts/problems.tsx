import type { Problem } from '../../../src/core/configuration.ts';
import { CopyIcon } from './copy.tsx';
import styles from './problems.module.css';

export function Problems({ problems }: { problems: readonly Problem[] }) {
  return (
    <ul className={styles.list}>
      {problems.map((problem) => {
        const place = `${problem.file}:${problem.line}:${problem.col}`;
        return (
          <li key={`${place} ${problem.path}`} className={styles.problem}>
            <div className={styles.text}>
              <code className={styles.place} title={place}>
                {fileName(problem.file)}:{problem.line}:{problem.col}
              </code>
              <p>
                <code className={styles.path}>{problem.path}</code> {problem.message}
                {problem.hint === undefined ? null : <span className={styles.hint}> ({problem.hint})</span>}
              </p>
            </div>
            <CopyIcon value={place} what="place" />
          </li>
        );
      })}
    </ul>
  );
}

function fileName(path: string): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}
