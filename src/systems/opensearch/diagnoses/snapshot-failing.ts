import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import type { Diagnosis } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { health, type SnapshotInfo } from '../answers.ts';
import { ask, type OpensearchConnection } from '../client.ts';
import { lastEnded, lastGood, readRepositories } from '../snapshots.ts';
import {
  factsOf,
  look,
  numberOf,
  onsetEvidence,
  onsetOf,
  type Row,
  rowsOf,
  seenIds,
  tableOf,
  textOf,
  unseenOf,
} from './evidence.ts';

const explains = ['opensearch.snapshot-age', 'opensearch.snapshot-failed', 'opensearch.no-snapshots'];
/** From here on a last whole snapshot is called old, as the rule does. */
const oldMs = 24 * 3_600_000;

export const snapshotFailing: Diagnosis<OpensearchConnection> = {
  id: 'opensearch.snapshot-failing',
  title: 'snapshots fail',
  summary: 'Snapshots fail, are partial, or are no longer taken',
  explains,
  async gather(conn, target, ctx) {
    const looking = { conn, target, ctx };
    const now = ctx.clock.now();
    const taken = look(
      looking,
      { id: 'snapshots', title: 'Newest snapshots of each repository', path: '_snapshot/REPOSITORY/_all' },
      async () => ({
        table: tableOf(
          (await readRepositories(conn, ctx.signal)).map((one): Row => {
            const [good, ended] = [lastGood(one), lastEnded(one)];
            return {
              repository: one.name,
              type: one.type,
              snapshots: one.snapshots.length,
              lastWholeAt: good?.start_time_in_millis ?? null,
              wholeAgeMs: good ? now - good.start_time_in_millis : null,
              newest: ended?.snapshot ?? null,
              newestState: ended?.state ?? null,
              newestAt: ended?.start_time_in_millis ?? null,
              failures: ended ? failuresOf(ended) : null,
              isRunning: one.snapshots.some(({ state }) => state === 'IN_PROGRESS'),
            };
          }),
        ),
      }),
    );
    const colour = look(
      looking,
      { id: 'health', title: 'Health of the cluster', path: '_cluster/health' },
      async () => ({ facts: { status: (await ask(conn, '_cluster/health', health, ctx.signal)).status } }),
    );
    return [...(await Promise.all([taken, colour])), ...onsetEvidence(looking, explains)];
  },
  conclude(evidence, target) {
    return rowsOf(evidence, target, 'snapshots').flatMap((row) => findingOf(row, evidence, target));
  },
};

function failuresOf({ failures, shards, reason }: SnapshotInfo): string {
  const told = failures
    .slice(0, 3)
    .map((one) => `${one.index}[${one.shard_id ?? '?'}]: ${one.reason.slice(0, 160)}`);
  const left = (shards?.failed ?? failures.length) - told.length;
  return [...(reason === undefined ? [] : [reason]), ...told, ...(left > 0 ? [`${left} more`] : [])].join(
    '; ',
  );
}

function findingOf(row: Row, evidence: readonly Evidence[], target: string): Finding[] {
  const isBroken = row.newestState === 'PARTIAL' || row.newestState === 'FAILED';
  const isOld = row.wholeAgeMs === null || numberOf(row.wholeAgeMs) > oldMs;
  if (!isBroken && !isOld) return [];
  const { status } = factsOf(evidence, target, 'health');
  const age =
    row.wholeAgeMs === null
      ? 'there is no whole one'
      : `the last whole one is ${formatDuration(numberOf(row.wholeAgeMs))} old`;
  const mayTake = status !== 'red' && row.isRunning !== true;
  return [
    {
      id: 'opensearch.snapshot-failing',
      target,
      summary: isBroken
        ? `the newest snapshot of ${row.repository} is ${row.newestState}: ${textOf(row.failures).slice(0, 160) || 'no reason is told'}`
        : `no snapshot is taken to ${row.repository} any more; ${age}`,
      explanation: [
        isBroken
          ? `${row.newest} ended as ${row.newestState}; ${age}. ${causeOf(textOf(row.failures))}`
          : `${count(numberOf(row.snapshots), 'snapshot lies', 'snapshots lie')} there, none failed lately: what takes them (a policy of snapshot management, a cron job) has stopped or was taken away.`,
        status === 'red'
          ? 'The cluster is red now: a snapshot would lack those primaries too, so mend that first.'
          : '',
        row.isRunning === true ? 'One is under way now.' : '',
      ]
        .filter(Boolean)
        .join(' '),
      confidence: isBroken ? 0.9 : 0.75,
      ...onsetOf(evidence, target),
      evidence: seenIds(evidence),
      unseen: unseenOf(evidence),
      decides: [
        `POST _snapshot/${row.repository}/_verify: can every node write there? (it writes a small file)`,
        'GET _plugins/_sm/policies: when did the policy run last?',
      ],
      recommendations: mayTake
        ? [
            {
              action: 'opensearch.take-snapshot',
              target,
              input: { repository: textOf(row.repository) },
              why: 'what is there now can be brought back again; nothing else changes',
            },
          ]
        : [],
    },
  ];
}

function causeOf(failures: string): string {
  if (/primary shard is not allocated|IndexShardSnapshotFailed.*not allocated|unassigned/i.test(failures))
    return 'A primary was nowhere while it was taken.';
  if (/No space left|not enough space/i.test(failures)) return 'The repository is full.';
  if (/AccessDenied|access_denied|denied|forbidden|403|credential/i.test(failures))
    return 'The repository does not take the credentials of the cluster.';
  if (/No such file|NoSuchFile|missing|corrupt/i.test(failures))
    return 'Files of the repository are missing or damaged: somebody may have deleted from it by hand.';
  return 'Mend what the reasons name.';
}
