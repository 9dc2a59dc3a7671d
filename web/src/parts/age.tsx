import { formatAge, formatMoment, formatSpan } from '../format/time.ts';
import { useNow } from './now.ts';

/** `3 m 20 s ago`, ticking; the moment itself on hover. */
export function Age({ at }: { at: number }) {
  const now = useNow();
  return (
    <time dateTime={new Date(at).toISOString()} title={formatMoment(at)}>
      {formatAge(at, now)}
    </time>
  );
}

/** `3 m 20 s`: how long something lasts or lasted. */
export function Span({ from, to }: { from: number; to: number | null }) {
  const now = useNow();
  const range = to === null ? `since ${formatMoment(from)}` : `${formatMoment(from)} to ${formatMoment(to)}`;
  return (
    <span data-figures title={range}>
      {formatSpan((to ?? now) - from)}
    </span>
  );
}

/** The moment with its age. */
export function Moment({ at }: { at: number }) {
  return (
    <time dateTime={new Date(at).toISOString()}>
      {formatMoment(at)}{' '}
      <span data-age>
        (<Age at={at} />)
      </span>
    </time>
  );
}
