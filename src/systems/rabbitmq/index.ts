import { defineSystem } from '../../core/system.ts';
import { movePoisonMessage } from './actions/move-poison-message.ts';
import { resetWatermark } from './actions/reset-watermark.ts';
import { address, connect } from './client.ts';
import { rabbitmqConfig } from './config.ts';
import { diskAlarm, memoryAlarm } from './diagnoses/alarms.ts';
import { noConsumers, poisonMessage, slowConsumers } from './diagnoses/consumers.ts';
import { unreachableServer } from './diagnoses/unreachable.ts';
import { discover } from './discover.ts';
import { liveness } from './probes/liveness.ts';
import { nodes } from './probes/nodes.ts';
import { policies, queues } from './probes/queues.ts';

export const rabbitmq = defineSystem({
  kind: 'rabbitmq',
  summary: 'A RabbitMQ broker or cluster, by its management API',
  config: rabbitmqConfig,
  connect,
  close: async () => {},
  address,
  probes: [liveness, nodes, queues, policies],
  rules: new URL('./rules.yaml', import.meta.url),
  diagnoses: [unreachableServer, memoryAlarm, diskAlarm, poisonMessage, noConsumers, slowConsumers],
  actions: [resetWatermark, movePoisonMessage],
  discover,
});
