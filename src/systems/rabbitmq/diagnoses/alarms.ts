import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { RabbitmqConnection } from '../client.ts';
import type { Resource } from '../limits.ts';
import { lookAtLimits, lookAtNodes, lookAtQueues, onsetEvidence, onsetOf, seenIds } from './evidence.ts';

export const memoryAlarm = alarm('memory', ['rabbitmq.memory-alarm', 'rabbitmq.memory']);
export const diskAlarm = alarm('disk', ['rabbitmq.disk-alarm', 'rabbitmq.disk']);

function alarm(resource: Resource, explains: readonly string[]): Diagnosis<RabbitmqConnection> {
  return {
    id: `rabbitmq.${resource}-alarm`,
    title: `publishers are blocked for want of ${resource}`,
    summary: `Publishers are blocked by the alarm of ${resource}: whether the limit was changed or the ${resource} is used up`,
    explains,
    async gather(conn, target, ctx) {
      const nodes = await lookAtNodes(conn, target, ctx);
      const alarmed = rowsOf(nodes).find((row) => row[`${resource}Alarm`] === true);
      if (alarmed === undefined) return [nodes];
      const [limits, queues] = await Promise.all([
        lookAtLimits(conn, target, ctx, String(alarmed.node)),
        lookAtQueues(conn, target, ctx),
      ]);
      return [nodes, limits, queues, ...onsetEvidence(target, ctx, explains)];
    },
    conclude: (evidence, target) => conclude(resource, evidence, target),
  };
}

function conclude(resource: Resource, evidence: readonly Evidence[], target: string): Finding[] {
  const node = rowsOf(find(evidence, target, 'nodes')).find((row) => row[`${resource}Alarm`] === true);
  if (node === undefined) return [];
  const limit = rowsOf(find(evidence, target, 'limits')).find((row) => row.resource === resource);
  const isChanged = limit?.isStricter === true;
  return [
    {
      id: `rabbitmq.${resource}-alarm`,
      target,
      summary: `the ${resource} alarm of ${node.node} blocks all publishers: ${measured(resource, node)}`,
      explanation: [
        'While an alarm is on, RabbitMQ reads nothing from connections that publish; consumers go on.',
        isChanged
          ? `The limit in force is stricter than its own configuration (${limit.configured}): somebody changed it at run time.`
          : limit === undefined
            ? 'Whether somebody changed the limit at run time is not known.'
            : `The limit is that of its configuration (${limit.configured}), so the ${resource} is really used up.`,
        isChanged || resource === 'disk' ? '' : holders(evidence, target),
        'Never purge a queue for it: its messages are work that somebody has been promised.',
      ]
        .filter(Boolean)
        .join(' '),
      confidence: limit === undefined ? 0.7 : 0.95,
      ...onsetOf(evidence, target),
      evidence: seenIds(evidence),
      unseen: unseenOf(evidence),
      ...(limit === undefined
        ? { decides: [`rabbitmqctl -n ${node.node} environment, beside rabbitmqctl status`] }
        : {}),
      recommendations: isChanged
        ? [
            {
              action: 'rabbitmq.reset-watermark',
              target,
              input: { resource, node: String(node.node) },
              why: 'its own configuration has another limit; publishers go on at once',
            },
          ]
        : [],
    },
  ];
}

function measured(resource: Resource, node: Row): string {
  return resource === 'memory'
    ? `${bytes(numberOf(node.memory))} are used, allowed are ${bytes(numberOf(node.memoryLimit))}`
    : `${bytes(numberOf(node.diskFree))} are free, ${bytes(numberOf(node.diskLimit))} must be`;
}

function holders(evidence: readonly Evidence[], target: string): string {
  const [first] = rowsOf(find(evidence, target, 'queues')).toSorted(
    (a, b) => numberOf(b.bytes) - numberOf(a.bytes),
  );
  return first === undefined || numberOf(first.messages) === 0
    ? 'No queue holds much: connections and channels may.'
    : `The most lies in ${first.queue}: ${first.messages} messages, ${bytes(numberOf(first.bytes))}, ${first.consumers} consumers.`;
}

export function bytes(amount: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, amount)) / 10));
  return `${Number((amount / 2 ** (10 * power)).toFixed(1))} ${units[power]}`;
}
