import { unreachable } from '../../../machine/unreachable/index.ts';
import { destination, type RabbitmqConnection } from '../client.ts';

export const unreachableServer = unreachable<RabbitmqConnection>({
  kind: 'rabbitmq',
  name: 'RabbitMQ',
  next: 'systemctl status rabbitmq-server; tail -n 50 /var/log/rabbitmq/*.log',
  destination,
});
