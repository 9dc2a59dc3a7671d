import { z } from 'zod';
import type { Evidence, Finding, Recommendation } from '../../../core/evidence.ts';
import { find, numberOf, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { look, type Part } from '../../../protocols/mysql/evidence.ts';
import { askAny, type TidbConnection } from '../client.ts';
import { collectionSql, defaultLife, readCollection, safePointToleranceMs, usualDelayMs } from '../gc.ts';
import { type TransactionRow, transactionOf, transactionsSql } from '../sessions.ts';
import { changed, idsOf, rowsBy } from './gather.ts';

export const collectionBlocked: Diagnosis<TidbConnection> = {
  id: 'tidb.gc-blocked',
  title: 'old versions are not collected',
  summary: 'Who keeps old versions from being collected: an open transaction, TiCDC, a backup, a setting',
  explains: ['tidb.gc-behind', 'tidb.gc-disabled', 'tidb.storage', 'tidb.idle-transaction', 'tidb.settings'],
  async gather(conn, target, ctx) {
    const collection = await look(
      conn.work,
      target,
      ctx,
      { id: 'collection', title: 'Collection of old versions', how: collectionSql },
      async (db): Promise<Part> => {
        const read = await readCollection(db, []);
        if ('missing' in read) return { unseen: `${read.missing.reason}: ${read.missing.remedy}` };
        const { isEnabled, life, lifeSeconds, safePointAt, lastRunAt, leader } = read.collection;
        return {
          facts: {
            ...{ isEnabled, life, lifeSeconds, leader },
            safePointAt: safePointAt ?? null,
            lastRunAt: lastRunAt ?? null,
          },
        };
      },
    );
    const transactions = await rowsBy<TransactionRow>(
      conn,
      target,
      ctx,
      { id: 'transactions', title: 'Open transactions, oldest first', how: transactionsSql },
      ['id', 'session', 'user', 'instance', 'state', 'startedAt', 'keys'],
      (row) => {
        const { id, session, user, instance, state, startedAt, keys } = transactionOf(row);
        return { id, session, user, instance, state, startedAt, keys };
      },
    );
    return [collection, transactions, await safepoints(conn, target, ctx), changed(target, ctx)];
  },
  conclude,
};

const answer = z.object({
  service_gc_safe_points: z
    .array(z.object({ service_id: z.string(), safe_point: z.number(), expired_at: z.number() }))
    .nullish(),
});

/** A TSO is milliseconds and 18 bits of a counter. */
const tsoShift = 2 ** 18;

async function safepoints(conn: TidbConnection, target: string, ctx: DiagnosisContext): Promise<Evidence> {
  const path = '/pd/api/v1/gc/safepoint';
  const base = {
    id: `${target}.safepoints`,
    target,
    title: 'Safepoints of services',
    at: ctx.clock.now(),
    how: `GET ${path}`,
  };
  if (conn.config.pd.length === 0)
    return { ...base, unseen: 'no address of PD is configured: pd: ["http://PD:2379"]' };
  const asked = await askAny(conn, conn.config.pd, path, ctx);
  if ('detail' in asked) return { ...base, unseen: asked.detail };
  const parsed = answer.safeParse(asked.value);
  if (!parsed.success) return { ...base, unseen: `${path} has another shape` };
  return {
    ...base,
    table: tableOf(
      ['service', 'at'],
      (parsed.data.service_gc_safe_points ?? []).map(({ service_id, safe_point }) => ({
        service: service_id,
        at: Math.floor(safe_point / tsoShift),
      })),
    ),
  };
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const seen = find(evidence, target, 'collection');
  const facts = seen?.facts;
  if (seen === undefined || facts === undefined || typeof facts.safePointAt !== 'number') return [];
  const base = {
    id: 'tidb.gc-blocked',
    target,
    evidence: idsOf(evidence, target),
    unseen: unseenOf(evidence),
    recommendations: [] as Recommendation[],
  };
  const [age, life] = [seen.at - facts.safePointAt, numberOf(facts.lifeSeconds) * 1_000];
  const since = `the safepoint is ${formatDuration(age)} old`;
  if (facts.isEnabled === false) {
    const change = rowsOf(find(evidence, target, 'changes')).find(({ summary }) =>
      /tidb_gc_enable/.test(textOf(summary)),
    );
    return [
      {
        ...base,
        summary: `old versions are not collected because tidb_gc_enable is off; ${since}`,
        explanation: `It was turned off by somebody${change ? `: ${textOf(change.summary)}` : ''}, often for a restore. After asking: SET GLOBAL tidb_gc_enable = ON;`,
        confidence: 0.95,
        ...(change ? { change: textOf(change.id), onset: numberOf(change.at) } : {}),
      },
    ];
  }
  // A life time that was raised holds the safepoint back without any delay.
  if (age <= life + usualDelayMs)
    return textOf(facts.life) === defaultLife || life <= 24 * 3_600_000
      ? []
      : [lifeFinding(facts, base, target, evidence)];
  const holder = holderOf(evidence, target, facts.safePointAt);
  if (holder === undefined)
    return [
      {
        ...base,
        summary: `old versions are not collected and nobody is seen to hold them: ${since}`,
        explanation: `Neither an open transaction nor a service stands at the safepoint. The collector runs in ${textOf(facts.leader)}: its log says whether it resolves locks, deletes ranges or waits for a store.`,
        confidence: 0.5,
        decides: ['grep gc_worker tidb.log on the server of tikv_gc_leader_desc'],
      },
    ];
  return [{ ...base, ...holder, summary: `${holder.summary}; ${since}`, onset: facts.safePointAt }];
}

type Found = Pick<Finding, 'summary' | 'explanation' | 'confidence' | 'recommendations'>;

/** Who stands at the safepoint: nothing later can be older. */
function holderOf(evidence: readonly Evidence[], target: string, safePointAt: number): Found | undefined {
  const latest = safePointAt + safePointToleranceMs;
  const service = rowsOf(find(evidence, target, 'safepoints'))
    .filter((row) => row.service !== 'gc_worker' && numberOf(row.at) <= latest)
    .toSorted((a, b) => numberOf(a.at) - numberOf(b.at))
    .at(0);
  const transaction = rowsOf(find(evidence, target, 'transactions'))
    .filter((row) => numberOf(row.startedAt) > 0 && numberOf(row.startedAt) <= latest)
    .at(0);
  if (service !== undefined) {
    const name = textOf(service.service);
    const isFeed = /cdc/i.test(name);
    return {
      summary: `${isFeed ? 'TiCDC' : /br|backup|dumpling|lightning/i.test(name) ? 'a backup' : 'a service'} (${name}) holds back the collection of old versions`,
      explanation: isFeed
        ? 'A changefeed that stands still keeps what it has not read: cdc cli changefeed list says which and why. Bring it on or remove it; it gives the safepoint back by itself after gc-ttl (24 h).'
        : 'It keeps what it reads on purpose. Let it end; one that died gives its safepoint back when that expires (pd-ctl service-gc-safepoint).',
      confidence: 0.9,
      recommendations: [],
    };
  }
  if (transaction === undefined) return undefined;
  const isIdle = transaction.state === 'Idle';
  return {
    summary: `a transaction of ${textOf(transaction.user)} (session ${textOf(transaction.session)} on ${textOf(transaction.instance)}, ${textOf(transaction.state).toLowerCase()}) holds back the collection of old versions`,
    explanation: `It was begun when the safepoint stopped and is still open${isIdle ? ', doing nothing' : ''}. The collector waits for it for tidb_gc_max_wait_time (24 h) at most.`,
    confidence: 0.9,
    recommendations: isIdle
      ? [
          {
            action: 'tidb.kill-connection',
            target,
            input: {
              id: textOf(transaction.session),
              user: textOf(transaction.user),
              transaction: textOf(transaction.id),
            },
            why: 'it does nothing and keeps every version since it began',
          },
        ]
      : [],
  };
}

function lifeFinding(
  facts: NonNullable<Evidence['facts']>,
  base: Pick<Finding, 'id' | 'target' | 'evidence' | 'unseen'>,
  target: string,
  evidence: readonly Evidence[],
): Finding {
  const change = rowsOf(find(evidence, target, 'changes')).find(({ summary }) =>
    /tidb_gc_life_time/.test(textOf(summary)),
  );
  return {
    ...base,
    summary: `old versions are kept for ${textOf(facts.life)} on purpose (tidb_gc_life_time)`,
    explanation: `The collector works; it keeps so much because it was told to${change ? `: ${textOf(change.summary)}` : ''}. TiDB's default is ${defaultLife}.`,
    confidence: change ? 0.9 : 0.7,
    ...(change ? { change: textOf(change.id), onset: numberOf(change.at) } : {}),
    recommendations: [
      {
        action: 'tidb.set-gc-life',
        target,
        input: { life: defaultLife },
        why: 'after asking who raised it: reads of the past beyond it fail then',
      },
    ],
  };
}
