import { unreachable } from '../../../machine/unreachable/index.ts';
import type { TlsClient } from '../client.ts';

export const unreachablePort = unreachable<TlsClient>({
  kind: 'tls',
  name: 'the server',
  next: 'systemctl --failed; journalctl -p err -n 50',
  destination: (client) => client.to,
});
