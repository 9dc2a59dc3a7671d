/** What was changed lately, for an investigation: asked once for each target, and the first evidence of all. */
import type { Change } from '../core/change.ts';
import type { Evidence } from '../core/evidence.ts';
import type { Ledger } from './ledger.ts';

const lookBackMs = 24 * 3_600_000;
const mostRows = 30;

export interface RecentChanges {
  of(target: string): Promise<Change[]>;
  /** One piece for each target that anything was changed around; none where nothing was. */
  evidence(targets: readonly string[]): Promise<Evidence[]>;
}

export function recentChanges(ledger: Pick<Ledger, 'around'>, now: number): RecentChanges {
  const asked = new Map<string, Promise<Change[]>>();
  const of = (target: string) => {
    const changes = asked.get(target) ?? ledger.around(target, now - lookBackMs, now);
    asked.set(target, changes);
    return changes;
  };
  return {
    of,
    async evidence(targets) {
      const told = new Set<string>();
      const pieces: Evidence[] = [];
      for (const target of targets) {
        const fresh = (await of(target)).filter(({ id }) => !told.has(id));
        for (const { id } of fresh) told.add(id);
        if (fresh.length > 0) pieces.push(piece(target, fresh, now));
      }
      return pieces;
    },
  };
}

function piece(target: string, changes: readonly Change[], now: number): Evidence {
  return {
    id: `${target}.changes`,
    target,
    title: 'What was changed in the last day, newest first',
    at: now,
    how: `upkeep change list ${target} --since 24h`,
    facts: { changes: changes.length },
    table: {
      columns: ['at', 'to', 'kind', 'what', 'seen in'],
      rows: changes
        .slice(0, mostRows)
        .map(({ at, target: made, service, kind, summary, source, isReported }) => [
          at,
          made ?? service ?? 'unknown',
          kind,
          summary,
          isReported ? `reported by ${source}` : source,
        ]),
    },
  };
}
