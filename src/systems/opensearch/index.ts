import { defineSystem } from '../../core/system.ts';
import { address, connect } from './client.ts';
import { opensearchConfig } from './config.ts';
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
  diagnoses: [unreachableServer],
  actions: [],
  discover,
});
