import { defineSystem } from '../../core/system.ts';
import { clearReadOnly } from './actions/clear-read-only.ts';
import { enableAllocation } from './actions/enable-allocation.ts';
import { retryFailed } from './actions/retry-failed.ts';
import { retryLifecycle } from './actions/retry-lifecycle.ts';
import { takeSnapshot } from './actions/take-snapshot.ts';
import { zeroReplicas } from './actions/zero-replicas.ts';
import { address, connect } from './client.ts';
import { opensearchConfig } from './config.ts';
import {
  allocationDisabled,
  allocationRetries,
  corruptShard,
  diskWatermark,
  nodeLeft,
  unplaceableReplicas,
} from './diagnoses/allocation.ts';
import { readOnlyBlocks, shardLimitReached } from './diagnoses/full-disk.ts';
import { lifecycleStuck } from './diagnoses/lifecycle-stuck.ts';
import { memory } from './diagnoses/memory.ts';
import { overload } from './diagnoses/overload.ts';
import { snapshotFailing } from './diagnoses/snapshot-failing.ts';
import { unreachableServer } from './diagnoses/unreachable.ts';
import { discover } from './discover.ts';
import { lifecycle } from './probes/lifecycle.ts';
import { liveness } from './probes/liveness.ts';
import { nodes } from './probes/nodes.ts';
import { security } from './probes/security.ts';
import { settings } from './probes/settings.ts';
import { shards } from './probes/shards.ts';
import { snapshots } from './probes/snapshots.ts';

export const opensearch = defineSystem({
  kind: 'opensearch',
  summary: 'An OpenSearch (1 and newer) or Elasticsearch (7 and newer) cluster',
  config: opensearchConfig,
  connect,
  close: async () => {},
  address,
  probes: [liveness, nodes, shards, settings, snapshots, lifecycle, security],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [
    unreachableServer,
    nodeLeft,
    allocationDisabled,
    diskWatermark,
    corruptShard,
    allocationRetries,
    unplaceableReplicas,
    readOnlyBlocks,
    shardLimitReached,
    memory,
    overload,
    lifecycleStuck,
    snapshotFailing,
  ],
  actions: [enableAllocation, retryFailed, zeroReplicas, clearReadOnly, takeSnapshot, retryLifecycle],
  discover,
});
