import type { Evidence } from '../../../core/evidence.ts';
import type { Row } from '../../../core/evidence-rows.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { deadLetterQueues, deadLettersOf, nameOf, nodes } from '../answers.ts';
import { address, ask, failureOf, type RabbitmqConnection } from '../client.ts';
import { isStricter, readLimits } from '../limits.ts';
import { askQueues } from '../rates.ts';

/** Looks for one piece of evidence; what fails becomes `unseen`. */
export async function look(
  conn: RabbitmqConnection,
  target: string,
  ctx: DiagnosisContext,
  about: Pick<Evidence, 'id' | 'title' | 'how'>,
  read: () => Promise<Pick<Evidence, 'facts' | 'table'>>,
): Promise<Evidence> {
  const began = ctx.clock.monotonic();
  const base = { ...about, id: `${target}.${about.id}`, target, at: ctx.clock.now() };
  try {
    return { ...base, ...(await read()) };
  } catch (error) {
    return { ...base, unseen: failureOf(error, conn, ctx.clock.monotonic() - began).detail };
  }
}

const how = (conn: RabbitmqConnection, path: string) => `GET ${address(conn.config)}/api/${path}`;

export function lookAtNodes(
  conn: RabbitmqConnection,
  target: string,
  ctx: DiagnosisContext,
): Promise<Evidence> {
  return look(
    conn,
    target,
    ctx,
    { id: 'nodes', title: 'Nodes and their alarms', how: how(conn, 'nodes') },
    async () => ({
      table: tableOf(
        (await ask(conn, 'nodes', nodes, ctx.signal)).map((node) => ({
          node: node.name,
          running: node.running,
          memoryAlarm: node.mem_alarm,
          diskAlarm: node.disk_free_alarm,
          memory: node.mem_used ?? null,
          memoryLimit: node.mem_limit ?? null,
          diskFree: node.disk_free ?? null,
          diskLimit: node.disk_free_limit ?? null,
        })),
      ),
    }),
  );
}

export function lookAtQueues(
  conn: RabbitmqConnection,
  target: string,
  ctx: DiagnosisContext,
): Promise<Evidence> {
  return look(
    conn,
    target,
    ctx,
    { id: 'queues', title: 'The fullest and busiest queues', how: how(conn, 'queues') },
    async () => {
      const all = await askQueues(conn, ctx.signal, ctx.clock);
      const dead = deadLetterQueues(all, conn.config.deadLetterQueues);
      const rows = all.map((queue) => ({
        queue: nameOf(queue),
        messages: queue.messages,
        ready: queue.messages_ready,
        unacked: queue.messages_unacknowledged,
        consumers: queue.consumers,
        bytes: queue.message_bytes,
        publishRate: queue.message_stats?.publish_details.rate ?? 0,
        ackRate: queue.message_stats?.ack_details.rate ?? 0,
        redeliverRate: queue.message_stats?.redeliver_details.rate ?? 0,
        utilisation: queue.consumer_utilisation ?? null,
        isDeadLetters: dead.has(nameOf(queue)),
        deadLettersGoTo: deadLettersOf(queue) === undefined ? null : targetOf(deadLettersOf(queue)),
      }));
      rows.sort((a, b) => b.redeliverRate - a.redeliverRate || b.messages - a.messages);
      return { table: tableOf(rows.slice(0, 30)) };
    },
  );
}

function targetOf(to: ReturnType<typeof deadLettersOf>): string {
  return to?.exchange === '' ? `queue ${to.key ?? 'of the same key'}` : `exchange ${to?.exchange}`;
}

/** What rabbitmqctl says of the limits of one node. */
export async function lookAtLimits(
  conn: RabbitmqConnection,
  target: string,
  ctx: DiagnosisContext,
  node: string,
): Promise<Evidence> {
  const base = {
    id: `${target}.limits`,
    target,
    title: `Limits of ${node}: in force and configured`,
    how: `${conn.config.command.join(' ')} -n ${node} status; rabbitmqctl -n ${node} environment`,
    at: ctx.clock.now(),
  };
  try {
    const limits = await readLimits(conn, node, ctx.signal);
    const rows = (['memory', 'disk'] as const).map((resource) => ({
      resource,
      now: limits[resource].now,
      configured: limits[resource].configured,
      isStricter: isStricter(limits[resource], resource),
    }));
    return { ...base, table: tableOf(rows) };
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    return {
      ...base,
      unseen: `${said.slice(0, 300)}; declare \`command\` so that Upkeep may run rabbitmqctl`,
    };
  }
}

export function tableOf(rows: readonly Row[]): NonNullable<Evidence['table']> {
  const columns = Object.keys(rows[0] ?? {});
  return { columns, rows: rows.map((row) => columns.map((column) => row[column] ?? null)) };
}

export function seenIds(evidence: readonly Evidence[]): string[] {
  return evidence.filter((piece) => piece.unseen === undefined).map((piece) => piece.id);
}

/** When the alert about this target began; the evidence itself tells no time. */
export function onsetEvidence(
  target: string,
  ctx: DiagnosisContext,
  explains: readonly string[],
): Evidence[] {
  const since = ctx.alerts
    .filter((alert) => alert.target === target && explains.includes(alert.rule))
    .map((alert) => alert.since);
  if (since.length === 0) return [];
  const facts = { since: Math.min(...since) };
  return [
    { id: `${target}.onset`, target, title: 'Since when', at: ctx.clock.now(), how: 'the alerts', facts },
  ];
}

export function onsetOf(evidence: readonly Evidence[], target: string): { onset?: number } {
  const since = evidence.find((piece) => piece.id === `${target}.onset`)?.facts?.since;
  return typeof since === 'number' ? { onset: since } : {};
}
