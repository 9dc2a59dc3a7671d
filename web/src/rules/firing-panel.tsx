import { Link } from '@tanstack/react-router';
import type { Some } from '../../../src/core/fold.ts';
import { foldedFirings } from '../../../src/core/rule-settings.ts';
import type { FiringView } from '../api/rules.ts';
import { count } from '../format/words.ts';
import { Age, Span } from '../parts/age.tsx';
import { FirstRows, TargetNames } from '../parts/fold.tsx';
import { Chip } from '../parts/marks.tsx';
import { Panel } from '../parts/panel.tsx';
import rows from '../parts/rows.module.css';
import { Empty } from '../parts/states.tsx';
import { labelText } from './label-text.ts';

const rowsAtFirst = 8;

export function FiringPanel({ title, firings }: { title: string; firings: readonly FiringView[] }) {
  return (
    <Panel title={title} count={firings.length} flush>
      {firings.length === 0 ? (
        <Empty title="It has not fired" />
      ) : (
        <ul aria-label={title}>
          <FirstRows
            all={foldedFirings(firings)}
            most={rowsAtFirst}
            what={(left) => count(left, 'older row')}
          >
            {(same) => (
              <Firing key={`${same[0].target} ${same[0].firedAt} ${labelText(same[0].labels)}`} same={same} />
            )}
          </FirstRows>
        </ul>
      )}
    </Panel>
  );
}

/** One, or all of one level in one incident. */
function Firing({ same }: { same: Some<FiringView> }) {
  const [{ level, labels, firedAt, resolvedAt, incidentId }] = same;
  const now = same.filter((one) => one.resolvedAt === null && !one.isUnknown).length;
  const unknown = same.filter((one) => one.isUnknown).length;
  return (
    <li className={rows.row}>
      <div className={rows.what}>
        <p className={rows.marks}>
          <span>
            {same.length === 1 ? null : `${same.length} × on `}
            <TargetNames names={[...new Set(same.map(({ target }) => target))]} most={3} />
          </span>
          <span>{level}</span>
          {now === 0 ? null : (
            <Chip tone="critical">{same.length === 1 ? 'fires now' : `${now} fire now`}</Chip>
          )}
          {unknown === 0 ? null : (
            <Chip tone="unknown">
              {same.length === 1 ? 'open, unknown now' : `${unknown} open, unknown now`}
            </Chip>
          )}
          {same.length === 1 ? <code>{labelText(labels)}</code> : null}
        </p>
        <p className={rows.sub}>
          <Age at={firedAt} />
          {same.length > 1 ? null : (
            <>
              , for <Span from={firedAt} to={resolvedAt} />
            </>
          )}
        </p>
      </div>
      {incidentId === null ? null : (
        <Link to="/incidents/$id" params={{ id: incidentId }}>
          incident
        </Link>
      )}
    </li>
  );
}
