import { defineSystem } from '../../core/system.ts';
import { actions } from './actions/index.ts';
import { rdb } from './backups/rdb.ts';
import { address, connect } from './client.ts';
import { redisConfig } from './config.ts';
import { clientNotReading } from './diagnoses/client-not-reading.ts';
import { clientsExhausted } from './diagnoses/clients-exhausted.ts';
import { clientsPaused } from './diagnoses/clients-paused.ts';
import { clusterBroken } from './diagnoses/cluster-broken.ts';
import { commandsRefused } from './diagnoses/commands-refused.ts';
import { credentialsRefused } from './diagnoses/credentials-refused.ts';
import { massExpiry } from './diagnoses/mass-expiry.ts';
import { memoryFull } from './diagnoses/memory-full.ts';
import { replicationBroken } from './diagnoses/replication-broken.ts';
import { slowCommand } from './diagnoses/slow-command.ts';
import { appendFailing, snapshotFailing } from './diagnoses/snapshot-failing.ts';
import { unreachableServer } from './diagnoses/unreachable.ts';
import { discover } from './discover.ts';
import { logs } from './logs.ts';
import { bigKeys } from './probes/big-keys.ts';
import { buffers } from './probes/buffers.ts';
import { clients } from './probes/clients.ts';
import { cluster } from './probes/cluster.ts';
import { expiry } from './probes/expiry.ts';
import { keys } from './probes/keys.ts';
import { liveness } from './probes/liveness.ts';
import { memory } from './probes/memory.ts';
import { persistence } from './probes/persistence.ts';
import { replication } from './probes/replication.ts';
import { security } from './probes/security.ts';
import { settings } from './probes/settings.ts';
import { slow } from './probes/slow.ts';

export const redis = defineSystem({
  kind: 'redis',
  summary: 'A Redis or Valkey server: cache, store or queue',
  config: redisConfig,
  connect,
  close: (conn) => conn.session.close(),
  address,
  probes: [
    liveness,
    memory,
    keys,
    clients,
    buffers,
    replication,
    cluster,
    persistence,
    settings,
    slow,
    bigKeys,
    expiry,
    security,
  ],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [
    unreachableServer,
    memoryFull,
    clientsExhausted,
    clientsPaused,
    commandsRefused,
    clientNotReading,
    massExpiry,
    slowCommand,
    replicationBroken,
    clusterBroken,
    snapshotFailing,
    appendFailing,
    credentialsRefused,
  ],
  actions,
  engines: [rdb],
  discover,
  logs,
});
