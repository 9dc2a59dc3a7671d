import { IconEyeOff } from '@tabler/icons-react';
import { blockingTree } from '../../../src/core/blocking-tree.ts';
import type { Evidence } from '../../../src/core/evidence.ts';
import { formatMoment } from '../format/time.ts';
import { CodeText } from '../parts/copy.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Facts } from '../parts/facts.tsx';
import { BlockingTree } from './blocking-tree-view.tsx';
import styles from './diagnosis.module.css';

const linesAtFirst = 8;

function isLong(text: string): boolean {
  return text.split('\n').length > linesAtFirst;
}

export function EvidenceView({ evidence }: { evidence: Evidence }) {
  const roots = evidence.table && blockingTree(evidence.table);
  return (
    <section className={styles.piece} aria-label={evidence.title}>
      <header className={styles.pieceHead}>
        <h4>{evidence.title}</h4>
        <span className={styles.when}>
          {evidence.target}, {formatMoment(evidence.at)}
        </span>
      </header>
      {evidence.unseen === undefined ? null : (
        <p className={styles.notSeen}>
          <IconEyeOff size={15} aria-hidden /> Not seen: {evidence.unseen}
        </p>
      )}
      {evidence.facts === undefined ? null : <Facts facts={evidence.facts} />}
      {roots === undefined ? null : (
        <BlockingTree roots={roots} noun={evidence.table?.columns.includes('thread') ? 'thread' : 'pid'} />
      )}
      {evidence.table === undefined ? null : evidence.table.rows.length === 0 ? (
        <p className={styles.when}>None</p>
      ) : roots === undefined ? (
        <DataTable table={evidence.table} label={evidence.title} />
      ) : (
        <details className={styles.how}>
          <summary>As a table</summary>
          <DataTable table={evidence.table} label={evidence.title} />
        </details>
      )}
      {evidence.text === undefined ? null : isLong(evidence.text) ? (
        <details className={styles.how}>
          <summary>{evidence.text.split('\n').length} lines</summary>
          <CodeText text={evidence.text} what="text" />
        </details>
      ) : (
        <CodeText text={evidence.text} what="text" />
      )}
      <details className={styles.how}>
        <summary>How it was seen</summary>
        <CodeText text={evidence.how} what="query" />
      </details>
    </section>
  );
}
