import { count } from '../../../core/count.ts';
import type { Evidence, Finding } from '../../../core/evidence.ts';
import { find, numberOf, type Row, rowsOf, tableOf, textOf, unseenOf } from '../../../core/evidence-rows.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { RedisConnection } from '../client.ts';
import { allSlots, type ClusterNode, parseNodes } from '../cluster-nodes.ts';
import { parseInfo, readInfo } from '../info.ts';
import type { Ask } from '../session.ts';
import { look } from './evidence.ts';
import { reach, reachOf } from './reach.ts';

const columns = [
  'id',
  'place',
  'isMaster',
  'isMyself',
  'health',
  'of',
  'slots',
] as const satisfies readonly (keyof ClusterNode)[];

export const clusterBroken: Diagnosis<RedisConnection> = {
  id: 'redis.cluster-broken',
  title: 'the cluster does not serve all keys',
  summary: 'A cluster that does not serve all its keys: which node, which slots, who could take over',
  explains: ['redis.cluster-down', 'redis.cluster-slots', 'redis.cluster-node'],
  async gather(conn, target, ctx) {
    const state = await look(
      conn,
      target,
      ctx,
      { id: 'cluster', title: 'The cluster as this node sees it', how: 'CLUSTER INFO; CLUSTER NODES' },
      readCluster,
    );
    const failing = rowsOf(state).filter(({ health }) => health !== 'ok');
    return [
      state,
      ...(await reach(
        conn,
        target,
        ctx,
        failing.map(({ place }) => textOf(place)),
      )),
    ];
  },
  conclude,
};

async function readCluster(ask: Ask): Promise<Pick<Evidence, 'facts' | 'table'>> {
  if ((await readInfo(ask, 'cluster')).number('cluster_enabled') !== 1)
    return { facts: { isClustered: false } };
  const info = parseInfo(String(await ask('CLUSTER', 'INFO')));
  const nodes = parseNodes(String(await ask('CLUSTER', 'NODES')));
  return {
    facts: {
      isClustered: true,
      state: info.text('cluster_state') ?? null,
      assigned: info.number('cluster_slots_assigned') ?? 0,
      failed: info.number('cluster_slots_fail') ?? 0,
    },
    table: tableOf(
      columns,
      nodes.map((node) => ({ ...node, of: node.of ?? null })),
    ),
  };
}

function conclude(evidence: readonly Evidence[], target: string): Finding[] {
  const state = find(evidence, target, 'cluster');
  if (state?.facts?.isClustered !== true) return [];
  const nodes = rowsOf(state);
  const base = {
    id: 'redis.cluster-broken',
    target,
    evidence: evidence.filter((piece) => piece.target === target).map((piece) => piece.id),
    unseen: unseenOf(evidence),
    recommendations: [],
  };
  const failing = nodes.filter(({ health }) => health !== 'ok');
  const unassigned = allSlots - numberOf(state.facts.assigned);
  const findings: Finding[] = failing.map((node) => ({ ...base, ...ofNode(node, nodes, evidence) }));
  if (unassigned > 0)
    findings.push({
      ...base,
      summary: `${count(unassigned, 'slot')} of the cluster ${unassigned === 1 ? 'belongs' : 'belong'} to no node`,
      explanation:
        'Keys in them cannot be kept, and by default (cluster-require-full-coverage) the cluster refuses every command for it. A resharding was broken off, a node was forgotten, or they were never given out: redis-cli --cluster check, then --cluster fix.',
      confidence: 0.92,
    });
  if (findings.length > 0 || state.facts.state === 'ok') return findings;
  return [
    {
      ...base,
      summary: 'This node refuses commands though all slots are assigned and no node is marked as failed',
      explanation:
        'It may have been apart from the majority of masters a moment ago, and waits before it serves again; or the others see it as failed. Compare CLUSTER NODES of another node.',
      confidence: 0.55,
      decides: ['CLUSTER NODES on another node: how that one sees this one'],
    },
  ];
}

function ofNode(node: Row, nodes: readonly Row[], evidence: readonly Evidence[]) {
  const place = textOf(node.place);
  const answer = reachOf(evidence, place);
  const slots = numberOf(node.slots);
  const heirs = nodes
    .filter((one) => one.of === node.id && one.health === 'ok')
    .map(({ place: at }) => textOf(at));
  const isServing = node.isMaster === true && slots > 0;
  const heard =
    answer === undefined
      ? ''
      : answer.answers === true
        ? ' though it answers us'
        : `: ${textOf(answer.answer)}`;
  return {
    summary: `Node ${place}${isServing ? ` with ${count(slots, 'slot')}` : ''} ${node.health === 'fail' ? 'has failed' : 'is not heard of'}${heard}`,
    explanation: [
      answer?.answers === true
        ? 'Its client port answers, the others do not hear of it: the bus port (port + 10000 unless set) is closed between them, or it hung for longer than cluster-node-timeout.'
        : 'Start it again with its data and its nodes.conf, and it takes its place back.',
      isServing
        ? heirs.length > 0
          ? `Its replica ${heirs.join(', ')} takes over within seconds where the majority of masters is there.`
          : 'It has no replica that could take over: its keys cannot be read or written until it is back. Do not give its slots to others unless its data are lost.'
        : 'It serves no slots: nothing is lost but a copy.',
    ].join(' '),
    confidence: answer?.answers === false ? 0.93 : 0.8,
  };
}
