import type { Evidence } from '../../../core/evidence.ts';
import { numberOf, type Row, rowsOf, tableOf } from '../../../core/evidence-rows.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { aclFor, type RedisConnection } from '../client.ts';
import { failureOf, isNotPermitted } from '../failure.ts';
import type { Ask } from '../session.ts';

/** Looks at the server for one piece of evidence; what fails becomes `unseen`, with the server's answer. */
export async function look(
  conn: RedisConnection,
  target: string,
  ctx: DiagnosisContext,
  about: Pick<Evidence, 'id' | 'title' | 'how'>,
  read: (ask: Ask) => Promise<Pick<Evidence, 'facts' | 'table' | 'text' | 'unseen'>>,
): Promise<Evidence> {
  const started = ctx.clock.monotonic();
  const base = { ...about, id: `${target}.${about.id}`, target, at: ctx.clock.now() };
  try {
    return { ...base, ...(await conn.session.use(ctx.signal, read)) };
  } catch (error) {
    const { why, detail } = failureOf(error, ctx.clock.monotonic() - started);
    const unseen = isNotPermitted(error) ? `${detail}: ${aclFor(error, conn)}` : detail;
    return { ...base, unseen, facts: { why, answer: detail } };
  }
}

export function lastAnswer(target: string, ctx: DiagnosisContext): Evidence[] {
  const detail = ctx.detail(target);
  if (detail === undefined) return [];
  return [
    {
      id: `${target}.last-answer`,
      target,
      title: 'Last answer to a login',
      at: ctx.clock.now(),
      how: 'outcome of redis.liveness',
      text: detail,
    },
  ];
}

/** What was changed in these settings of the target in the last day, newest first; nothing where nothing was. */
export function changesOf(target: string, ctx: DiagnosisContext, settings: RegExp): Evidence[] {
  const rows = ctx.changes
    .filter((change) => change.target === target && change.source === 'redis.settings')
    .flatMap(({ id, at, after, differences }) =>
      differences
        .filter(({ name }) => settings.test(name))
        .map(({ name, before, after: now }) => ({
          change: id,
          name,
          before,
          now,
          notBeforeAt: after,
          at,
        })),
    );
  if (rows.length === 0) return [];
  const onset = Math.min(...ctx.alerts.filter((alert) => alert.target === target).map(({ since }) => since));
  return [
    {
      id: `${target}.settings-changed.${settings.source.replace(/\W+/g, '-')}`,
      target,
      title: 'Settings that were changed in the last day',
      at: ctx.clock.now(),
      how: 'the ledger of changes: CONFIG GET *, compared',
      facts: { troubleSince: Number.isFinite(onset) ? onset : null },
      table: tableOf(['change', 'name', 'before', 'now', 'notBeforeAt', 'at'], rows.slice(0, 20)),
    },
  ];
}

/** Checks see a setting some seconds after it was made, and an alert is dated by its first bad sample. */
const slackMs = 60_000;

/** The newest change of such a setting that may have made the trouble: what was there before it has another cause. */
export function changeBehind(
  evidence: readonly Evidence[],
  target: string,
  may: (row: Row) => boolean,
): Row | undefined {
  return evidence
    .filter((piece) => piece.id.startsWith(`${target}.settings-changed.`))
    .flatMap((piece) => {
      const since = piece.facts?.troubleSince;
      return rowsOf(piece).filter(
        (row) => may(row) && (typeof since !== 'number' || since >= numberOf(row.notBeforeAt) - slackMs),
      );
    })
    .at(0);
}
