import { Link } from '@tanstack/react-router';
import type { QuestionView } from '../api/question.ts';
import { formatValue } from '../format/numbers.ts';
import table from '../parts/facts.module.css';
import { Panel } from '../parts/panel.tsx';
import { ScrollBox } from '../parts/scroll-box.tsx';
import { isRise } from './answer-text.ts';

const mostMoved = 10;

export function MovedPanel({ view: { moved, leading } }: { view: QuestionView }) {
  const shown = moved.slice(0, mostMoved);
  if (leading === null || shown.length === 0) return null;
  return (
    <Panel title="What moved in those minutes" count={moved.length}>
      <ScrollBox label="What moved in those minutes">
        <table className={table.table}>
          <thead>
            <tr>
              <th scope="col">Measured</th>
              <th scope="col">Of</th>
              <th scope="col">Before</th>
              <th scope="col">After</th>
            </tr>
          </thead>
          <tbody>
            {shown.map((one) => (
              <tr key={`${one.target} ${one.metric} ${JSON.stringify(one.labels)}`}>
                <th scope="row">
                  {one.summary} {Object.values(one.labels).join(', ')}
                </th>
                <td data-width="short">
                  <Link
                    to="/targets/$name"
                    params={{ name: one.target }}
                    search={{
                      from: one.onset - marginMs,
                      to: (one.ended ?? one.onset + marginMs) + marginMs,
                    }}
                  >
                    {one.target}
                  </Link>
                </td>
                <td data-width="short">{formatValue(one.before, one.unit)}</td>
                <td data-width="short">
                  {isRise(one) ? '↑ ' : '↓ '}
                  {formatValue(one.after, one.unit)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </ScrollBox>
    </Panel>
  );
}

/** So much of the chart on either side. */
const marginMs = 15 * 60_000;
