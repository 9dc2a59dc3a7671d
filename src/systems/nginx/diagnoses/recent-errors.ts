/** The newest lines of the error log that mean something, by kind and server behind nginx. */
import type { Evidence } from '../../../core/evidence.ts';
import { tableOf } from '../../../core/evidence-rows.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { logPath, type NginxConnection } from '../client.ts';
import { type ErrorLine, readErrorLine } from '../error-log.ts';
import { createTail } from '../tail.ts';
import { look } from './evidence.ts';

const readBytes = 256_000;
const recentMs = 15 * 60_000;
/** A kind of error that nobody met for so long is over, unless an alert of now began before. */
const quietMs = 120_000;
const slackMs = 60_000;

export function recentErrors(
  conn: NginxConnection,
  target: string,
  ctx: DiagnosisContext,
): Promise<Evidence> {
  const path = logPath(conn, 'error_log');
  const about = {
    id: 'error-log',
    title: 'Error log of the last quarter of an hour',
    how: `tail -n 200 ${path ?? '/var/log/nginx/error.log'}`,
  };
  return look(target, ctx, about, async () => {
    if (path === undefined) return { unseen: 'no error log in a file is known: name `errorLog`' };
    const from = momentOf(ctx.clock.now() - recentMs);
    const lines = (await createTail(path).last(readBytes)).flatMap((text) => {
      const line = readErrorLine(text);
      return line?.kind !== undefined && text.slice(0, 19) >= from ? [line] : [];
    });
    const groups = new Map<string, ErrorLine[]>();
    for (const line of lines) {
      const key = `${line.kind} ${line.upstream ?? ''}`;
      groups.set(key, [...(groups.get(key) ?? []), line]);
    }
    // What ended before the trouble began, or is over now, explains nothing.
    const since = Math.min(ctx.clock.now() - quietMs, ...ctx.alerts.map((alert) => alert.since - slackMs));
    const present = [...groups.values()].filter((group) => (group.at(-1)?.text ?? '') >= momentOf(since));
    const rows = present.map((group) => ({
      kind: group[0]?.kind ?? '',
      upstream: group[0]?.upstream ?? '',
      lines: group.length,
      newest: group.at(-1)?.text ?? '',
    }));
    return { table: tableOf(['kind', 'upstream', 'lines', 'newest'], rows.slice(0, 30)) };
  });
}

/** As nginx writes it, in the time zone of this machine. */
function momentOf(at: number): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    ...({ year: 'numeric', month: '2-digit', day: '2-digit' } as const),
    ...({ hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const),
  }).formatToParts(at);
  const of = (type: Intl.DateTimeFormatPartTypes) => parts.find((part) => part.type === type)?.value ?? '';
  return `${of('year')}/${of('month')}/${of('day')} ${of('hour')}:${of('minute')}:${of('second')}`;
}
