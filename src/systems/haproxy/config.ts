import { z } from 'zod';

/** What HAProxy allows in names of backends and servers. */
export const haproxyName = z
  .string()
  .max(120)
  .regex(/^[A-Za-z0-9_.:-]+$/, 'may hold letters, digits, and - _ . : only');

const address = z
  .string()
  .regex(/^(\[[0-9A-Fa-f:]+\]|[A-Za-z0-9_.-]+):\d{1,5}$/, 'must be host:port, such as 10.0.0.7:3000');

export const haproxyConfig = z.strictObject({
  socket: z
    .string()
    .min(1)
    .describe(
      'Runtime API (`stats socket`): the path of its socket, /run/haproxy/admin.sock, or host:port where it listens on TCP.',
    ),
  config: z
    .string()
    .min(1)
    .optional()
    .describe(
      'haproxy.cfg, where Upkeep can read it: what changes in it goes into the ledger, and the path of the health check is known.',
    ),
  healthyPath: z
    .string()
    .regex(/^\/[^\s]*$/, 'must be a path without spaces, such as /')
    .default('/')
    .describe(
      'Path that a server in order answers below 400. It is asked directly when a health check fails, to tell a wrong check from a broken server.',
    ),
  spares: z
    .record(haproxyName, z.array(address).min(1).max(50))
    .default({})
    .describe('Addresses by backend that haproxy.add-server may add; no other is ever added.'),
});

export type HaproxyConfig = z.output<typeof haproxyConfig>;
