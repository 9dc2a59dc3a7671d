/** What the settings of many channels have in common. */
import { z } from 'zod';

export const secretText = z.string().min(1, { error: 'is empty' });

/** Another address than that of the service: a proxy, a region. */
export function apiUrl(standard: string) {
  return z
    .url({ protocol: /^https?$/, error: 'write a full address, https://…' })
    .default(standard)
    .describe('Where the service is, for a proxy or a region of its own');
}

export const webAddress = z.url({ protocol: /^https?$/, error: 'write a full address, https://…' });
