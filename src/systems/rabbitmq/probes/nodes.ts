import { count } from '../../../core/count.ts';
import type { Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { type Node, nodes as nodesShape } from '../answers.ts';
import { ask, observe, type RabbitmqConnection } from '../client.ts';

export const nodes: Probe<RabbitmqConnection> = {
  id: 'rabbitmq.nodes',
  summary: 'Every node: alarms of memory and disk, descriptors, sockets, partitions, and whether it runs',
  metrics: {
    'rabbitmq.node.running': { summary: '1 while the node runs', unit: 'state', kind: 'gauge' },
    'rabbitmq.node.memory_alarm': {
      summary: '1 while publishers are blocked for want of memory',
      unit: 'state',
      kind: 'gauge',
    },
    'rabbitmq.node.disk_alarm': {
      summary: '1 while publishers are blocked for want of disk space',
      unit: 'state',
      kind: 'gauge',
    },
    'rabbitmq.node.memory_ratio': {
      summary: 'Memory as a share of the watermark from which publishers are blocked',
      unit: 'ratio',
      kind: 'gauge',
    },
    'rabbitmq.node.memory': { summary: 'Memory of the node', unit: 'bytes', kind: 'gauge' },
    'rabbitmq.node.disk_free': { summary: 'Free space where it keeps data', unit: 'bytes', kind: 'gauge' },
    'rabbitmq.node.disk_ratio': {
      summary: 'The limit of free space as a share of what is free; at 1 publishers are blocked',
      unit: 'ratio',
      kind: 'gauge',
    },
    'rabbitmq.node.files_ratio': {
      summary: 'Descriptors in use as a share of those allowed; at 1 no connection is taken',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'rabbitmq.node.sockets_ratio': {
      summary: 'Sockets in use as a share of those allowed',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'rabbitmq.node.processes_ratio': {
      summary: 'Erlang processes as a share of those allowed',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'rabbitmq.node.partitions': {
      summary: 'Nodes that it holds to be cut off, a split brain',
      unit: 'count',
      kind: 'gauge',
    },
  },
  run: (conn, ctx) =>
    observe(conn, ctx, async () => {
      const seen = await ask(conn, 'nodes', nodesShape, ctx.signal);
      const running = seen.filter((node) => node.running);
      return {
        detail: `${running.length} of ${count(seen.length, 'node runs', 'nodes run')}`,
        readings: seen.flatMap(readingsOf),
        snapshots: [
          {
            document: 'rabbitmq.limits',
            kind: 'configuration',
            values: Object.fromEntries(running.flatMap(limitsOf)),
          },
        ],
      };
    }),
};

function readingsOf(node: Node): Reading[] {
  const labels = { node: node.name };
  const one = (name: string, value: number | undefined): Reading[] =>
    value === undefined || !Number.isFinite(value)
      ? []
      : [{ metric: `rabbitmq.node.${name}`, value, labels }];
  if (!node.running) return one('running', 0);
  return [
    ...one('running', 1),
    ...one('memory_alarm', Number(node.mem_alarm)),
    ...one('disk_alarm', Number(node.disk_free_alarm)),
    ...one('memory', node.mem_used),
    ...one('memory_ratio', share(node.mem_used, node.mem_limit)),
    ...one('disk_free', node.disk_free),
    ...one('disk_ratio', share(node.disk_free_limit, node.disk_free)),
    ...one('files_ratio', share(node.fd_used, node.fd_total)),
    ...one('sockets_ratio', share(node.sockets_used, node.sockets_total)),
    ...one('processes_ratio', share(node.proc_used, node.proc_total)),
    ...one('partitions', node.partitions.length),
  ];
}

function share(part: number | undefined, whole: number | undefined): number | undefined {
  return part === undefined || whole === undefined || whole <= 0 ? undefined : part / whole;
}

function limitsOf(node: Node): [string, string][] {
  return [
    [`${node.name} memory watermark`, `${node.mem_limit ?? 'unknown'}`],
    [`${node.name} disk_free_limit`, `${node.disk_free_limit ?? 'unknown'}`],
  ];
}
