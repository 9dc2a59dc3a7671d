import { defineSystem } from '../../core/system.ts';
import { bindPlan } from './actions/bind-plan.ts';
import { cancelDdl } from './actions/cancel-ddl.ts';
import { killConnection } from './actions/kill-connection.ts';
import { killQuery } from './actions/kill-query.ts';
import { setGcLife } from './actions/set-gc-life.ts';
import { address, close, connect } from './client.ts';
import { tidbConfig } from './config.ts';
import { blockedByLock } from './diagnoses/blocked.ts';
import { clockSkew } from './diagnoses/clock.ts';
import { collectionBlocked } from './diagnoses/collection.ts';
import { credentialsRefused } from './diagnoses/credentials-refused.ts';
import { ddlStuck } from './diagnoses/ddl.ts';
import { hotSpot } from './diagnoses/hot-spot.ts';
import { memory } from './diagnoses/memory.ts';
import { planChanged } from './diagnoses/plans.ts';
import { stores } from './diagnoses/stores.ts';
import { unreachableServer } from './diagnoses/unreachable.ts';
import { discover } from './discover.ts';
import { activity } from './probes/activity.ts';
import { cluster } from './probes/cluster.ts';
import { ddl } from './probes/ddl.ts';
import { gc } from './probes/gc.ts';
import { liveness } from './probes/liveness.ts';
import { load } from './probes/load.ts';
import { metrics } from './probes/metrics.ts';
import { regions } from './probes/regions.ts';
import { settings } from './probes/settings.ts';
import { statements } from './probes/statements.ts';

export const tidb = defineSystem({
  kind: 'tidb',
  summary: 'A TiDB cluster (6.5 or newer): its SQL servers, TiKV stores and PD',
  config: tidbConfig,
  connect: (config, { folder }) => connect(config, folder),
  close,
  address,
  probes: [liveness, cluster, regions, activity, gc, ddl, statements, metrics, load, settings],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [
    unreachableServer,
    credentialsRefused,
    stores,
    blockedByLock,
    collectionBlocked,
    ddlStuck,
    planChanged,
    hotSpot,
    memory,
    clockSkew,
  ],
  actions: [killQuery, killConnection, cancelDdl, setGcLife, bindPlan],
  discover,
});
