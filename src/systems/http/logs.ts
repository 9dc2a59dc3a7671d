/** The log of whoever listens there, when that is a process of this machine: nginx, HAProxy, the application itself. */
import { logFilesOfListener } from '../../machine/logs/places.ts';
import type { HttpClient } from './client.ts';
import { hopDestination } from './redirects.ts';

export function logs(client: HttpClient): Promise<readonly string[]> {
  return logFilesOfListener(hopDestination(client.first.url));
}
