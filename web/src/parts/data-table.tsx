import type { Evidence } from '../../../src/core/evidence.ts';
import styles from './facts.module.css';
import { scalarText } from './facts.tsx';

/** Longer texts are broken over lines; what is shorter stays whole. */
const longText = 28;

export function DataTable({ table, label }: { table: NonNullable<Evidence['table']>; label: string }) {
  return (
    <section className={styles.scroll} aria-label={label}>
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
                  <td
                    key={table.columns[column] ?? String(column)}
                    data-width={text.length > longText ? 'long' : 'short'}
                  >
                    {text}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
