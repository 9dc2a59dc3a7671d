import { nameInWords } from '../../../src/core/fact-words.ts';
import { scalarText } from '../parts/scalar-text.ts';
import styles from './blocking-tree.module.css';
import type { Blocker } from './blocking-tree.ts';

export function BlockingTree({ roots }: { roots: readonly Blocker[] }) {
  return (
    <ul className={styles.tree} aria-label="Who waits for whom">
      {roots.map((root) => (
        <Session key={root.pid} session={root} isRoot />
      ))}
    </ul>
  );
}

function Session({ session, isRoot = false }: { session: Blocker; isRoot?: boolean }) {
  const facts = Object.entries(session.facts).filter(([, value]) => value !== null && value !== '');
  return (
    <li>
      <span className={styles.session} data-tone={isRoot ? 'critical' : undefined}>
        <strong>{session.pid === '0' ? 'a prepared transaction' : `pid ${session.pid}`}</strong>
        {isRoot ? <span className={styles.role}>holds the lock</span> : null}
        {facts.map(([name, value]) => (
          <span key={name} className={styles.fact}>
            {nameInWords(name)} {scalarText(value, name)}
          </span>
        ))}
      </span>
      {session.waiting.length === 0 ? null : (
        <ul>
          {session.waiting.map((one) => (
            <Session key={one.pid} session={one} />
          ))}
        </ul>
      )}
    </li>
  );
}
