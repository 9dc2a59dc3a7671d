import { lossyWay } from '../../../machine/lossy-way.ts';
import type { TcpClient } from '../client.ts';

export const lossyPort = lossyWay<TcpClient>({
  kind: 'tcp',
  explains: ['tcp.down', 'tcp.slow'],
  destination: (client) => client.to,
});
