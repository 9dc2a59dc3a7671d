import { unreachable } from '../../../machine/unreachable/index.ts';
import type { HttpClient } from '../client.ts';
import { hopDestination } from '../redirects.ts';

/** A closed port, a silent server and one that hangs up are told by backend-down, backend-frozen and cut-off, which see more. */
export const unreachableEndpoint = unreachable<HttpClient>({
  kind: 'http',
  name: 'the endpoint',
  next: 'systemctl --failed; journalctl -p err -n 50',
  destination(client) {
    const { family } = client.config;
    return { ...hopDestination(client.first.url), family: family === 'any' ? undefined : family };
  },
  except: ['refused', 'connected', 'reset'],
});
