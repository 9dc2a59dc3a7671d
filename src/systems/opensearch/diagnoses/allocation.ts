/** Why shards lie nowhere, a diagnosis for each cause. */
import { count } from '../../../core/count.ts';
import type { Evidence, Finding, Recommendation } from '../../../core/evidence.ts';
import type { Diagnosis } from '../../../core/system.ts';
import type { OpensearchConnection } from '../client.ts';
import {
  factsOf,
  numberOf,
  onsetEvidence,
  onsetOf,
  percent,
  type Row,
  rowsOf,
  seenIds,
  textOf,
  unseenOf,
} from './evidence.ts';
import { lookAtAllocation } from './look-at-shards.ts';

interface Told {
  readonly summary: string;
  readonly explanation: string;
  readonly confidence: number;
  readonly nature?: 'capacity';
  readonly change?: string;
  readonly decides?: readonly string[];
  readonly unseen?: readonly string[];
  readonly recommendations?: readonly Recommendation[];
}

/** What was seen, as the causes read it. */
interface Seen {
  readonly health: Row;
  readonly settings: Row;
  readonly unassigned: readonly Row[];
  readonly explained: readonly Row[];
  readonly disks: readonly Row[];
}

const alerts = ['opensearch.red', 'opensearch.yellow'];

function ofAllocation(
  name: string,
  title: string,
  summary: string,
  more: readonly string[],
  tell: (seen: Seen, target: string) => Told | undefined,
): Diagnosis<OpensearchConnection> {
  const id = `opensearch.${name}`;
  const explains = [...alerts, ...more];
  return {
    id,
    title,
    summary,
    explains,
    async gather(conn, target, ctx) {
      const looking = { conn, target, ctx };
      return [...(await lookAtAllocation(looking)), ...onsetEvidence(looking, explains)];
    },
    conclude(evidence, target) {
      const told = tell(seenIn(evidence, target), target);
      return told === undefined ? [] : [findingOf(id, told, evidence, target)];
    },
  };
}

function seenIn(evidence: readonly Evidence[], target: string): Seen {
  return {
    health: factsOf(evidence, target, 'health'),
    settings: factsOf(evidence, target, 'settings'),
    unassigned: rowsOf(evidence, target, 'unassigned'),
    explained: rowsOf(evidence, target, 'explained'),
    disks: rowsOf(evidence, target, 'disks'),
  };
}

function findingOf(id: string, told: Told, evidence: readonly Evidence[], target: string): Finding {
  return {
    id,
    target,
    ...told,
    ...onsetOf(evidence, target),
    evidence: seenIds(evidence),
    unseen: [...unseenOf(evidence), ...(told.unseen ?? [])],
    recommendations: told.recommendations ?? [],
  };
}

const shardName = (row: Row): string =>
  `${row.isPrimary === true ? 'primary' : 'replica'} ${row.index}[${row.shard}]`;

function namesOf(rows: readonly Row[]): string {
  const told = rows.slice(0, 3).map(shardName).join(', ');
  return rows.length > 3 ? `${told} and ${rows.length - 3} more` : told;
}

export const unplaceableReplicas = ofAllocation(
  'unplaceable-replicas',
  'more replicas than nodes',
  'More replicas are asked for than there are nodes to hold them',
  ['opensearch.unplaceable-replicas'],
  ({ unassigned, health }, target) => {
    const hopeless = unassigned.filter((row) => row.isUnplaceable === true);
    if (hopeless.length === 0) return undefined;
    const indices = [...new Set(hopeless.map((row) => textOf(row.index)))].sort();
    const nodes = numberOf(health.dataNodes);
    const isSingle = nodes === 1;
    return {
      summary: `${count(hopeless.length, 'replica has', 'replicas have')} no node that could hold ${hopeless.length === 1 ? 'it' : 'them'}: ${count(nodes, 'data node')}, ${count(indices.length, 'index asks', 'indices ask')} for more copies`,
      explanation: `No node holds two copies of a shard, so with ${count(nodes, 'data node')} the replicas of ${indices.slice(0, 5).join(', ')} can never be allocated and the cluster stays yellow. Nothing is lost; a second copy just is not there. ${
        isSingle
          ? 'Either no replica is meant (number_of_replicas 0, also in the index template), or a second node is.'
          : 'Lower number_of_replicas, or add nodes.'
      }`,
      confidence: 0.95,
      recommendations: isSingle
        ? [
            {
              action: 'opensearch.zero-replicas',
              target,
              input: { indices: indices.slice(0, 50) },
              why: 'one node can hold no replica; yellow then means something again',
            },
          ]
        : [],
    };
  },
);

export const allocationDisabled = ofAllocation(
  'allocation-disabled',
  'shards may not be allocated',
  'A setting forbids that shards are allocated',
  ['opensearch.allocation-disabled'],
  ({ settings, explained, unassigned }, target) => {
    const value = textOf(settings.allocation);
    if (value === '' || value === 'all') return undefined;
    const held = explained.filter((row) => row.decider === 'enable');
    const since =
      settings.change === undefined ? '' : ' The ledger of changes says when it was set; see the change.';
    return {
      summary: `cluster.routing.allocation.enable is ${value} (${settings.layer})${unassigned.length === 0 ? '' : `: ${count(unassigned.length, 'shard lies', 'shards lie')} nowhere`}`,
      explanation: `${held.length > 0 ? `The cluster itself says of ${namesOf(held)}: ${held[0]?.explanation}.` : 'No shard names it as its reason now, and the next loss of a node would not be made up for.'} The setting is meant for the minutes of a restart and was left behind.${since}`,
      confidence: held.length > 0 ? 0.95 : 0.7,
      ...(typeof settings.change === 'string' ? { change: settings.change } : {}),
      decides: ['whether somebody restarts or upgrades nodes right now'],
      recommendations: [
        {
          action: 'opensearch.enable-allocation',
          target,
          input: {},
          why: 'shards are given to nodes again; the setting goes back to its default',
        },
      ],
    };
  },
);

export const diskWatermark = ofAllocation(
  'disk-watermark',
  'disks are beyond a watermark',
  'Shards get no node because disks are beyond a watermark',
  ['opensearch.disk', 'opensearch.blocked'],
  ({ explained, disks, settings }) => {
    const held = explained.filter((row) => row.decider === 'disk_threshold');
    const full = disks.filter((row) => row.beyond !== null);
    if (held.length === 0 && full.length === 0) return undefined;
    const worst = full.toSorted((a, b) => numberOf(b.used) - numberOf(a.used))[0];
    const which = worst
      ? `${worst.node} uses ${percent(numberOf(worst.used))} of its disk, beyond the ${worst.beyond} watermark (${settings[String(worst.beyond)] ?? '?'})`
      : `a disk is beyond a watermark`;
    return {
      summary: `${which}${held.length === 0 ? '' : `: ${namesOf(held)} cannot be allocated`}`,
      explanation: `${held[0] ? `The cluster says: ${held[0].explanation}. ` : ''}${count(full.length, 'node is', 'nodes are')} beyond a watermark of ${disks.length}. Beyond the low one a node gets no new shard, beyond the high one shards are moved away, at the flood stage its indices become read-only. Let the policy delete what is old, or add disk or nodes; ${full.length === disks.length ? 'all nodes are full, so moving shards helps nobody' : 'other nodes still have room, so shards may be spread unevenly'}.`,
      confidence: held.length > 0 ? 0.95 : 0.7,
      nature: 'capacity',
      decides: ['GET _cat/indices?v&s=store.size:desc: what may be deleted, by whose word?'],
    };
  },
);

export const corruptShard = ofAllocation(
  'corrupt-shard',
  'a shard is damaged',
  'The files of a shard are damaged',
  ['opensearch.allocation-failed'],
  ({ explained }) => {
    const damaged = explained.filter((row) => row.damage !== null);
    const [first] = damaged;
    if (first === undefined) return undefined;
    return {
      summary: `the files of ${namesOf(damaged)} are damaged${first.node === null ? '' : ` on ${first.node}`}`,
      explanation: `${first.damage}. Trying again cannot help: the checksum fails each time. ${
        first.isPrimary === true
          ? 'It is the primary: bring back a node that has another copy in sync, or restore this index from the last whole snapshot. Never use allocate_stale_primary or allocate_empty_primary, both lose documents.'
          : 'The primary is whole: remove the damaged copy by lowering and raising number_of_replicas, and it is built anew.'
      } A damaged file means a damaged disk or memory until shown otherwise: look at the machine before it is used on.`,
      confidence: 0.9,
      decides: [`dmesg and SMART of ${first.node ?? 'the node'}: does the disk report errors?`],
    };
  },
);

export const allocationRetries = ofAllocation(
  'allocation-retries',
  'the cluster gave up on a shard',
  'The cluster has given up on a shard after failing several times',
  ['opensearch.allocation-failed'],
  ({ explained, unassigned }, target) => {
    const held = explained.filter((row) => row.decider === 'max_retry' && row.damage === null);
    const [first] = held;
    if (first === undefined) return undefined;
    const all = unassigned.filter((row) => row.reason === 'ALLOCATION_FAILED').length;
    return {
      summary: `${count(Math.max(all, held.length), 'shard is', 'shards are')} given up after failed attempts: ${namesOf(held)}`,
      explanation: `After index.allocation.max_retries failures the cluster does not try again by itself, even when the cause has gone. The last failure: ${first.details === '' ? first.explanation : first.details}. No damaged file is named. When what failed is mended (disk, memory, file handles, the network between nodes), ask for another try.`,
      confidence: 0.85,
      decides: ['the log of that node at the time of the last attempt: has the cause gone?'],
      recommendations: [
        {
          action: 'opensearch.retry-failed',
          target,
          input: {},
          why: 'it only lets the cluster try again; with the cause still there the shard fails again',
        },
      ],
    };
  },
);

export const nodeLeft = ofAllocation(
  'node-left',
  'a node left the cluster',
  'A node left the cluster and took shards with it',
  ['opensearch.nodes-missing'],
  ({ explained, unassigned, health }) => {
    const gone = unassigned.filter((row) => row.reason === 'NODE_LEFT' && row.isUnplaceable !== true);
    if (gone.length === 0) return undefined;
    const lost = explained.filter(
      (row) =>
        row.isPrimary === true && /no_valid_shard_copy/.test(textOf(row.verdict)) && row.damage === null,
    );
    const delay = explained.find((row) => row.delaySeconds !== null)?.delaySeconds;
    const id = gone.map((row) => /node_left ?\[([^\]]+)\]/.exec(textOf(row.details))?.[1]).find(Boolean);
    const primaries = gone.filter((row) => row.isPrimary === true).length;
    return {
      summary: `a node left (${count(numberOf(health.dataNodes), 'data node remains', 'data nodes remain')}): ${count(gone.length, 'shard lies', 'shards lie')} nowhere${primaries === 0 ? '' : `, ${count(primaries, 'primary', 'primaries')} among them`}`,
      explanation: [
        `${namesOf(gone)} ${gone.length === 1 ? 'was' : 'were'} on the node that left${id === undefined ? '' : ` (id ${id})`}.`,
        lost.length > 0
          ? `Of ${namesOf(lost)} it held the only copy: bring that node back with its data folder. If it is lost, restore from the last whole snapshot. Never use allocate_stale_primary or allocate_empty_primary.`
          : 'The other copies serve.',
        typeof delay === 'number'
          ? `The cluster still waits ${Math.round(delay)} s for it before it copies anything.`
          : lost.length > 0
            ? ''
            : 'Copies are built anew on other nodes where there is room and a node is left for them.',
      ]
        .filter(Boolean)
        .join(' '),
      confidence: 0.9,
      unseen: ['why the node left: its own log and machine say'],
      decides: ['the log of that node, dmesg of its machine (oom-kill), and whether somebody restarts it'],
    };
  },
);
