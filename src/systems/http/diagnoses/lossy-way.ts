import { lossyWay } from '../../../machine/lossy-way.ts';
import type { HttpClient } from '../client.ts';
import { hopDestination } from '../redirects.ts';

export const lossyEndpoint = lossyWay<HttpClient>({
  kind: 'http',
  explains: ['http.down', 'http.slow'],
  destination(client) {
    const { family } = client.config;
    return { ...hopDestination(client.first.url), family: family === 'any' ? undefined : family };
  },
});
