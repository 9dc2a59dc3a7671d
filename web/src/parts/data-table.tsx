import type { Evidence } from '../../../src/core/evidence.ts';
import styles from './facts.module.css';
import { scalarText } from './scalar-text.ts';
import { ScrollBox } from './scroll-box.tsx';

/** Short texts stay whole, longer ones break between words, and the longest get room. */
function widthOf(text: string): 'short' | 'medium' | 'long' {
  if (text.length <= 14) return 'short';
  return text.length <= 30 ? 'medium' : 'long';
}

export function DataTable({ table, label }: { table: NonNullable<Evidence['table']>; label: string }) {
  return (
    <ScrollBox label={label}>
      <table className={styles.table}>
        <thead>
          <tr>
            {table.columns.map((column) => (
              <th key={column} scope="col">
                {column}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.rows.map((row, index) => (
            <tr key={`row-${String(index)}`}>
              {row.map((value, column) => {
                const text = scalarText(value);
                return (
                  <td key={table.columns[column] ?? String(column)} data-width={widthOf(text)}>
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
