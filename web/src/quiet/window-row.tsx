import { Link } from '@tanstack/react-router';
import { Fragment } from 'react';
import type { WindowView } from '../api/quiet.ts';
import { formatPlanned, formatSpan } from '../format/time.ts';
import { useShownZone } from '../format/zone.ts';
import { Age } from '../parts/age.tsx';
import { Chip } from '../parts/marks.tsx';
import { PermittedButton } from '../parts/permitted-button.tsx';
import rows from '../parts/rows.module.css';
import { repeatText } from './repeats.ts';

export function WindowRow({ window, onCancel }: { window: WindowView; onCancel: () => void }) {
  const zone = useShownZone();
  const { next, isRunning, services, targets, createdBy } = window;
  return (
    <li className={rows.row} data-over={next === null || undefined}>
      <div className={rows.what}>
        <p className={rows.marks}>
          <strong className={rows.title}>{window.name}</strong>
          {isRunning ? <Chip tone="busy">Runs now</Chip> : null}
          {next === null ? <Chip tone="quiet">Over</Chip> : null}
        </p>
        {window.what === window.name ? null : <p>{window.what}</p>}
        {next === null ? null : (
          <p>
            {isRunning ? 'ends ' : 'starts '}
            <Age at={isRunning ? next.endsAt : next.startsAt} />
            <span className={rows.sub}>
              {' '}
              · {formatPlanned(next.startsAt)}, for {formatSpan(window.durationMs)}
            </span>
          </p>
        )}
        <p className={rows.sub}>
          {repeatText(window.rrule, window.starts)} from {window.starts.replace('T', ' ')}
          {window.timezone === zone ? '' : ` on the clock of ${window.timezone}`}
        </p>
        <p className={rows.sub}>
          holds{' '}
          {services.length + targets.length === 0
            ? 'every alert'
            : [
                ...services.map((name) => <span key={`service ${name}`}>service {name}</span>),
                ...targets.map((name) => (
                  <Link key={`target ${name}`} to="/targets/$name" params={{ name }}>
                    {name}
                  </Link>
                )),
              ].map((part, index) => (
                <Fragment key={part.key}>
                  {index === 0 ? '' : ', '}
                  {part}
                </Fragment>
              ))}
          {window.notify.length === 0 ? ' · tells nobody' : ` · tells ${window.notify.join(', ')}`}
          {window.impact === null ? '' : ` · ${window.impact}`}
        </p>
      </div>
      <div className={rows.aside}>
        {createdBy === null ? (
          <Chip tone="quiet">from upkeep.yaml</Chip>
        ) : (
          <>
            <span className={rows.sub}>by {createdBy}</span>
            <PermittedButton
              needs="operate"
              variant="default"
              size="xs"
              onClick={onCancel}
              aria-label={`Cancel ${window.name}`}
            >
              Cancel
            </PermittedButton>
          </>
        )}
      </div>
    </li>
  );
}
