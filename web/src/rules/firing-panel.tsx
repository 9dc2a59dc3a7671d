import { Link } from '@tanstack/react-router';
import type { FiringView } from '../api/rules.ts';
import { Age, Span } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Empty } from '../parts/states.tsx';
import { labelText } from './label-text.ts';

export function FiringPanel({ title, firings }: { title: string; firings: readonly FiringView[] }) {
  return (
    <Panel title={title} count={firings.length} flush>
      {firings.length === 0 ? (
        <Empty title="It has not fired" />
      ) : (
        <ul aria-label={title}>
          {firings.map((one) => (
            <li key={`${one.target} ${one.firedAt} ${labelText(one.labels)}`} className={rows.row}>
              <div className={rows.what}>
                <p className={rows.marks}>
                  <Link to="/targets/$name" params={{ name: one.target }} className={rows.title}>
                    {one.target}
                  </Link>
                  <span>{one.level}</span>
                  {one.resolvedAt === null ? <Chip tone="critical">fires now</Chip> : null}
                  <code>{labelText(one.labels)}</code>
                </p>
                <p className={rows.sub}>
                  <Age at={one.firedAt} />, for <Span from={one.firedAt} to={one.resolvedAt} />
                </p>
              </div>
              {one.incidentId === null ? null : (
                <Link to="/incidents/$id" params={{ id: one.incidentId }}>
                  incident
                </Link>
              )}
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
