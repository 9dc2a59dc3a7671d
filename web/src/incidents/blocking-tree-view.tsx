import type { Blocker } from '../../../src/core/blocking-tree.ts';
import { nameInWords } from '../../../src/core/fact-words.ts';
import { scalarText } from '../parts/scalar-text.ts';
import styles from './blocking-tree.module.css';

/** `noun`: how the system calls a session. */
export function BlockingTree({ roots, noun }: { roots: readonly Blocker[]; noun: string }) {
  return (
    <ul className={styles.tree} aria-label="Who waits for whom">
      {roots.map((root) => (
        <Session key={root.pid} session={root} noun={noun} isRoot />
      ))}
    </ul>
  );
}

function Session({ session, noun, isRoot = false }: { session: Blocker; noun: string; isRoot?: boolean }) {
  const facts = Object.entries(session.facts).filter(([, value]) => value !== null && value !== '');
  return (
    <li>
      <span className={styles.session} data-tone={isRoot ? 'critical' : undefined}>
        <strong>{session.pid === '0' ? 'a prepared transaction' : `${noun} ${session.pid}`}</strong>
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
            <Session key={one.pid} session={one} noun={noun} />
          ))}
        </ul>
      )}
    </li>
  );
}
