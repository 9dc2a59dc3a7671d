import { unreachable } from '../../../machine/unreachable/index.ts';
import type { HttpClient } from '../client.ts';
import { hopDestination } from '../redirects.ts';

/** A closed port and a silent server are told by backend-down and backend-frozen, which also see a proxy. */
export const unreachableEndpoint = unreachable<HttpClient>({
  kind: 'http',
  name: 'the endpoint',
  next: 'systemctl --failed; journalctl -p err -n 50',
  destination(client) {
    const { family } = client.config;
    return { ...hopDestination(client.first.url), family: family === 'any' ? undefined : family };
  },
  except: ['refused', 'connected'],
});
