import { unreachable } from '../../../machine/unreachable/index.ts';
import type { TcpClient } from '../client.ts';

export const unreachablePort = unreachable<TcpClient>({
  kind: 'tcp',
  name: 'the service',
  next: 'systemctl --failed; journalctl -p err -n 50',
  destination: (client) => client.to,
});
