/** What a check said when it found an alert's trouble ended. */
import type { Alert } from '../core/alert.ts';
import type { Incident } from '../store/incidents.ts';
import type { Tx } from '../store/index.ts';
import * as journal from '../store/journal.ts';

/** An incident has seldom more alerts than this. */
const mostRead = 200;

/** By rule and target, the newest of each; undefined where nothing was said, or nothing of the trouble. */
export async function wordsAtEnd(
  tx: Tx,
  { id, findings }: Pick<Incident, 'id' | 'findings'>,
): Promise<(alert: Pick<Alert, 'rule' | 'target'>) => string | undefined> {
  const isAsked = findings.some(({ past, over }) => past !== undefined && over === undefined);
  if (!isAsked) return () => undefined;
  const entries = await journal.list(tx, { incidentId: id, kinds: ['alert.resolved'], limit: mostRead });
  return ({ rule, target }) => {
    const said = entries.find(({ payload }) => payload.rule === rule && payload.target === target);
    // A value was measured when it came from a look; what vanished or left the configuration has none.
    if (said === undefined || typeof said.payload.value !== 'number') return undefined;
    const { detail } = said.payload;
    return typeof detail === 'string' && detail !== '' ? detail : undefined;
  };
}
