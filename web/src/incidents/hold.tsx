import { holdWords } from '../../../src/core/incident/hold.ts';
import type { IncidentView } from '../../../src/core/view.ts';
import { formatClock } from '../format/time.ts';
import { useNow } from '../parts/now.ts';

/** That nothing fires any more and until when that must hold; `children` where something does. */
export function Hold({
  incident,
  before = '',
  children = null,
}: {
  incident: Pick<IncidentView, 'holdsUntil' | 'treatment'>;
  before?: string;
  children?: React.ReactNode;
}) {
  const words = holdWords(incident, useNow(), formatClock);
  return words === null ? children : before + words;
}
