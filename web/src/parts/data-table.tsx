import { useState } from 'react';
import type { Evidence } from '../../../src/core/evidence.ts';
import { nameInWords } from '../../../src/core/fact-words.ts';
import styles from './facts.module.css';
import { scalarText } from './scalar-text.ts';
import { ScrollBox } from './scroll-box.tsx';

/** Short texts stay whole, longer ones break between words, and the longest get room. */
function widthOf(text: string): 'short' | 'medium' | 'long' {
  if (text.length <= 14) return 'short';
  return text.length <= 30 ? 'medium' : 'long';
}

/** More rows than this make a page that nobody reads on a phone. */
const rowsAtFirst = 5;

export function DataTable({ table, label }: { table: NonNullable<Evidence['table']>; label: string }) {
  const [isWhole, setWhole] = useState(table.rows.length <= rowsAtFirst + 2);
  const rows = isWhole ? table.rows : table.rows.slice(0, rowsAtFirst);
  return (
    <>
      <Rows columns={table.columns} rows={rows} label={label} />
      {isWhole ? null : (
        <button type="button" className={styles.more} onClick={() => setWhole(true)}>
          Show all {table.rows.length} rows
        </button>
      )}
    </>
  );
}

function Rows({ columns, rows, label }: NonNullable<Evidence['table']> & { label: string }) {
  return (
    <ScrollBox label={label}>
      <table className={styles.table}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column} scope="col">
                {nameInWords(column)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={`row-${String(index)}`}>
              {row.map((value, column) => {
                const text = scalarText(value, columns[column]);
                return (
                  <td key={columns[column] ?? String(column)} data-width={widthOf(text)}>
                    {text}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}
