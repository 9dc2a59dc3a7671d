import type { Scalar } from '../../../src/core/evidence.ts';
import { nameInWords } from '../../../src/core/fact-words.ts';
import styles from './facts.module.css';
import { scalarText } from './scalar-text.ts';
import { ScrollBox } from './scroll-box.tsx';

const longText = 42;

export function Facts({ facts }: { facts: Readonly<Record<string, unknown>> }) {
  return (
    <dl className={styles.facts}>
      {Object.entries(facts).map(([name, value]) => {
        // What is not known says nothing.
        if (value === null || value === '') return null;
        const text = scalarText(value, name);
        return (
          <div key={name} className={styles.fact} data-long={text.length > longText || undefined}>
            <dt>{nameInWords(name)}</dt>
            <dd>{text}</dd>
          </div>
        );
      })}
    </dl>
  );
}

type Values = Readonly<Record<string, Scalar>>;

/** Before and after side by side; a change is marked by a word for those who do not see the weight. */
export function BeforeAfter({ before, after }: { before: Values; after: Values | null }) {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after ?? {})])];
  return (
    <ScrollBox>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Fact</th>
            <th scope="col">Before</th>
            {after === null ? null : <th scope="col">After</th>}
          </tr>
        </thead>
        <tbody>
          {names.map((name) => {
            const isChanged = after !== null && name in after && after[name] !== before[name];
            return (
              <tr key={name}>
                <th scope="row">{nameInWords(name)}</th>
                <td>{name in before ? scalarText(before[name], name) : ''}</td>
                {after === null ? null : (
                  <td data-changed={isChanged || undefined}>
                    {name in after ? (
                      scalarText(after[name], name)
                    ) : (
                      <span className={styles.same}>not read again</span>
                    )}
                    {isChanged ? <span className={styles.changed}>changed</span> : null}
                  </td>
                )}
              </tr>
            );
          })}
        </tbody>
      </table>
    </ScrollBox>
  );
}
