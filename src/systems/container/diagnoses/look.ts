/** Evidence of containers that are not as they should be, and how the conclusions read it. */
import type { Evidence, Scalar } from '../../../core/evidence.ts';
import { redact } from '../../../core/redact.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { readKernelLog } from '../../../machine/kernel-log.ts';
import { type Inspected, inspectAll, lastLines, mustRun } from '../answers.ts';
import { type ContainerConnection, failureOf } from '../client.ts';

export type Row = Readonly<Record<string, Scalar>>;

/** Logs are read of so many at most. */
const mostIll = 5;
const hourMs = 3_600_000;
/** An end this long ago belongs to another incident (J). */
const recentMs = 900_000;

export async function look(
  conn: ContainerConnection,
  target: string,
  ctx: DiagnosisContext,
): Promise<Evidence[]> {
  const began = ctx.clock.monotonic();
  const base = {
    id: `${target}.containers`,
    target,
    title: 'Containers',
    how: `curl --unix-socket ${conn.config.socket} http://d/containers/json?all=true, and each by its name`,
    at: ctx.clock.now(),
  };
  try {
    const seen = await inspectAll(conn, ctx.signal);
    const kernel = await endsByKernel(ctx);
    const rows: Row[] = [];
    for (const one of seen) rows.push(await rowOf(conn, target, one, kernel.get(one.Id) ?? '', ctx));
    const columns = Object.keys(rows[0] ?? {});
    const table = { columns, rows: rows.map((row) => columns.map((column) => row[column] ?? null)) };
    const ill = rows.filter((row) => row.isIll === true).slice(0, mostIll);
    const logs = await Promise.all(ill.map((row) => logOf(conn, target, String(row.container), ctx)));
    return [{ ...base, table }, ...logs];
  } catch (error) {
    return [{ ...base, unseen: failureOf(error, conn, ctx.clock.monotonic() - began).detail }];
  }
}

async function rowOf(
  conn: ContainerConnection,
  target: string,
  one: Inspected,
  kernelSaid: string,
  ctx: DiagnosisContext,
): Promise<Row> {
  const { State, HostConfig } = one;
  const now = ctx.clock.now();
  const labels = { container: one.Name };
  const memory = await ctx.history(target, 'container.memory', { from: now - hourMs, to: now, labels });
  const { values = [], at = [] } = memory.find(({ labels: has }) => has.container === one.Name) ?? {};
  const minutes = ((at.at(-1) ?? 0) - (at[0] ?? 0)) / 60_000;
  const restarts = Math.max(conn.starts.get(one.Name)?.count ?? 0, one.RestartCount);
  const alerted = ctx.alerts.flatMap(({ target: of, labels: has }) =>
    of === target && has.container !== undefined ? [has.container] : [],
  );
  const isIll =
    (mustRun(conn, one) && State.Status !== 'running') ||
    restarts >= 2 ||
    State.OOMKilled ||
    kernelSaid !== '' ||
    (State.Status !== 'running' && State.ExitCode === 137) ||
    State.Health?.Status === 'unhealthy';
  return {
    container: one.Name,
    status: State.Status,
    exitCode: State.ExitCode,
    oomKilled: State.OOMKilled || kernelSaid !== '',
    kernelSaid,
    restarts,
    health: State.Health?.Status ?? '',
    memoryLimit: HostConfig.Memory,
    lastMemory: values.at(-1) ?? null,
    memoryGrowthPerMinute: minutes >= 1 ? ((values.at(-1) ?? 0) - (values[0] ?? 0)) / minutes : null,
    mustRun: mustRun(conn, one),
    error: redact(State.Error).slice(0, 200),
    isOthers: alerted.length > 0 && !alerted.includes(one.Name),
    isIll,
  };
}

/**
 * What the kernel ended for want of memory lately, by the id of the container: Podman on cgroups v1 does not tell, and
 * an engine forgets it with the next start. Of an engine elsewhere nothing is found, as its kernel is another.
 */
async function endsByKernel({ signal, clock }: DiagnosisContext): Promise<Map<string, string>> {
  const log = await readKernelLog(signal);
  if (log.kind === 'unreadable') return new Map();
  const since = clock.now() - recentMs;
  return containersEnded(log.lines.filter(({ at }) => at >= since).map(({ text }) => text));
}

/** Of lines such as `oom-kill:constraint=CONSTRAINT_MEMCG,…,task_memcg=/docker/<id>,task=node,pid=7,uid=0`. */
export function containersEnded(lines: readonly string[]): Map<string, string> {
  return new Map(
    lines.flatMap((line): [string, string][] => {
      const [, id, task] = /^oom-kill:.*task_memcg=\S*?([0-9a-f]{64})[^,]*,task=([^,]*)/.exec(line) ?? [];
      return id === undefined ? [] : [[id, task ?? '']];
    }),
  );
}

async function logOf(
  conn: ContainerConnection,
  target: string,
  name: string,
  ctx: DiagnosisContext,
): Promise<Evidence> {
  const base = {
    id: `${target}.log.${name}`,
    target,
    title: `Last lines of ${name}`,
    how: `docker logs --tail 40 ${name}`,
    at: ctx.clock.now(),
  };
  try {
    return { ...base, text: redact(await lastLines(conn, name, ctx.signal)).slice(-4_000) };
  } catch (error) {
    return { ...base, unseen: failureOf(error, conn, 0).detail };
  }
}

export function rowsOf(evidence: readonly Evidence[], target: string): Row[] {
  const table = evidence.find((piece) => piece.id === `${target}.containers`)?.table;
  if (table === undefined) return [];
  return table.rows.map((row) =>
    Object.fromEntries(table.columns.map((column, index) => [column, row[index] ?? null])),
  );
}

export function logText(evidence: readonly Evidence[], target: string, container: string): string {
  return evidence.find((piece) => piece.id === `${target}.log.${container}`)?.text ?? '';
}
