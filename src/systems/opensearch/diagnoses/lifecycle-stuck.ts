import { count } from '../../../core/count.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { OpensearchConnection } from '../client.ts';
import { ismPath, readManaged } from '../probes/lifecycle.ts';
import {
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

const explains = ['opensearch.lifecycle-stuck', 'opensearch.disk'];
const mostNamed = 50;

export const lifecycleStuck: Diagnosis<OpensearchConnection> = {
  id: 'opensearch.lifecycle-stuck',
  title: 'the policy of an index does not go on',
  summary: 'The policy of an index does not go on: where it stands and what stops it',
  explains,
  async gather(conn, target, ctx) {
    const looking = { conn, target, ctx };
    const title = 'Indices whose policy does not go on';
    const policies = await look(looking, { id: 'policies', title, path: ismPath }, async () => {
      const managed = await readManaged(conn, ctx.clock.now(), ctx.signal);
      const stuck = managed.filter(({ trouble }) => trouble !== undefined);
      return {
        facts: { managed: managed.length, stuck: stuck.length },
        table: tableOf(
          stuck.slice(0, mostNamed).map((one) => ({
            index: one.index,
            policy: one.policy,
            action: one.action,
            step: one.step,
            since: one.since ?? null,
            saysFailed: one.saysFailed,
            trouble: one.trouble?.slice(0, 400) ?? null,
          })),
        ),
      };
    });
    return [policies, ...onsetEvidence(looking, explains)];
  },
  /** One finding for each cause: a limit stops many indices at once. */
  conclude(evidence, target) {
    const byCause = new Map<string, Row[]>();
    for (const row of rowsOf(evidence, target, 'policies')) {
      const { kind } = remedyFor(textOf(row.trouble));
      byCause.set(kind, [...(byCause.get(kind) ?? []), row]);
    }
    return [...byCause.values()].map((rows) => {
      const first = rows[0] ?? {};
      const { remedy, confidence } = remedyFor(textOf(first.trouble));
      const which = `${first.index}${rows.length > 1 ? ` and ${rows.length - 1} more` : ''}`;
      return {
        id: 'opensearch.lifecycle-stuck',
        target,
        summary: `the policy ${first.policy} of ${which} stands at ${first.action}: ${textOf(first.trouble).slice(0, 160)}`,
        explanation: `${count(rows.length, 'index does', 'indices do')} not go on. ${
          rows.some((row) => row.saysFailed !== true)
            ? 'The field action.failed says that nothing failed; it is known to, so the step was judged by its age and by what it says. '
            : ''
        }${remedy} Then ask for another try; nothing is retried by itself when the retries of the policy are used up.`,
        confidence,
        ...(numberOf(first.since) > 0 ? { onset: numberOf(first.since) } : onsetOf(evidence, target)),
        evidence: seenIds(evidence),
        unseen: unseenOf(evidence),
        decides: [`GET _plugins/_ism/explain/${first.index}: has the cause gone?`],
        recommendations: rows.slice(0, 3).map((row) => ({
          action: 'opensearch.retry-lifecycle',
          target,
          input: { index: textOf(row.index) },
          why: 'once the cause is gone the policy goes on with the step at which it stands',
        })),
      };
    });
  },
};

function remedyFor(trouble: string): { kind: string; remedy: string; confidence: number } {
  if (/maximum shards open|max_shards_per_node|maximum normal shards/.test(trouble))
    return {
      kind: 'limit',
      remedy: 'The limit of shards is used up: delete or shrink what is old first.',
      confidence: 0.95,
    };
  if (/rollover target|rollover_alias|alias|write index/i.test(trouble))
    return {
      kind: 'alias',
      remedy:
        'The alias of the roll-over is missing or does not write to this index: add it with is_write_index, or set index.plugins.index_state_management.rollover_skip.',
      confidence: 0.9,
    };
  if (/read.?only|FORBIDDEN\/12|cluster_block/i.test(trouble))
    return {
      kind: 'block',
      remedy: 'The index is read-only since a disk was full: free the disk, take the block away.',
      confidence: 0.9,
    };
  if (/snapshot|repository/i.test(trouble))
    return { kind: 'snapshot', remedy: 'The repository or a snapshot stops it.', confidence: 0.75 };
  if (/switched off/.test(trouble))
    return {
      kind: 'off',
      remedy: 'Its job is switched off: after a failure, or by somebody (ISM enabled: false).',
      confidence: 0.6,
    };
  return { kind: trouble.slice(0, 60), remedy: 'Mend what it names.', confidence: 0.6 };
}
