import { unreachable } from '../../../machine/unreachable/index.ts';
import { destination, type OpensearchConnection } from '../client.ts';

export const unreachableServer = unreachable<OpensearchConnection>({
  kind: 'opensearch',
  name: 'OpenSearch',
  next: 'systemctl status opensearch; tail -n 50 /var/log/opensearch/*.log',
  destination,
});
