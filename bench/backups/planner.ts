/** What may be deleted, decided over a large catalogue. */
import type { Backup } from '../../src/core/backup/catalogue.ts';
import { defaultRetention, planDeletion, type RetentionFacts } from '../../src/core/backup/retention.ts';
import { median, milliseconds } from '../figures.ts';
import type { Result } from '../report.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;
const runs = 20;

export function planner(): Result {
  const rows = [
    { backups: 1_000, databases: 4 },
    { backups: 10_000, databases: 8 },
    { backups: 10_000, databases: 1 },
  ].map(({ backups, databases }) => {
    const now = 2_000 * dayMs;
    const catalogue = Array.from({ length: databases }, (_, of) =>
      shelf(`db${of}`, backups / databases, now),
    ).flat();
    const facts: RetentionFacts = {
      ...{ now, lastRunAt: now - dayMs, clockDoubtedSince: null, witnesses: [], troubled: new Map() },
    };
    const times = Array.from({ length: runs }, () => {
      const from = performance.now();
      const { decisions } = planDeletion(catalogue, defaultRetention, facts);
      if (decisions.length !== catalogue.length) throw new Error('not every backup was decided');
      return performance.now() - from;
    });
    return {
      catalogue: `${catalogue.length.toLocaleString('en')} backups of ${databases} ${databases === 1 ? 'database' : 'databases'}`,
      median: milliseconds(median(times)),
      longest: milliseconds(Math.max(...times)),
    };
  });
  return {
    title: 'Backups: what may be deleted, decided',
    rows,
    notes: [
      `planDeletion on the whole catalogue, ${runs} times, the first of them cold: a full backup each week, a differential each day, incrementals each six hours, every full one proven by a restore.`,
    ],
  };
}

/** Newest last, six hours apart. */
function shelf(of: string, many: number, now: number): Backup[] {
  let full = '';
  let differential = '';
  return Array.from({ length: many }, (_, index) => {
    const id = `${of}-${String(index).padStart(6, '0')}`;
    const kind = index % 28 === 0 ? 'full' : index % 4 === 0 ? 'differential' : 'incremental';
    const needs =
      kind === 'full' ? [] : kind === 'differential' ? [full] : [full, differential].filter(Boolean);
    if (kind === 'full') {
      full = id;
      differential = '';
    } else if (kind === 'differential') differential = id;
    const endedAt = now - (many - index) * 6 * hourMs;
    return {
      ...{ id, of, kind, needs, repository: 'local', bytes: kind === 'full' ? 1e9 : 5e7, taken: 'good' },
      ...{
        startedAt: endedAt - 60_000,
        endedAt,
        writtenAt: endedAt,
        firstSeenAt: endedAt,
        logFrom: index * 1e8,
      },
      proofs: kind === 'full' ? [{ level: 5, good: true, at: endedAt + 600_000 }] : [],
      ...{ isPinned: false, lockedUntil: null, markedAt: null },
    } satisfies Backup;
  });
}
