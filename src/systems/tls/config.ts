import { z } from 'zod';

export const tlsConfig = z.strictObject({
  host: z.string().min(1).describe('Name or address'),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .optional()
    .describe('443 where it is left out; 5432 for postgres, 6379 for redis'),
  protocol: z
    .enum(['tls', 'postgres', 'redis'])
    .default('tls')
    .describe('How TLS begins: at once (tls, redis), or after an SSLRequest (postgres)'),
  serverName: z.string().min(1).optional().describe('The name to ask for and to verify instead of the host'),
  ca: z.string().min(1).optional().describe('File with the authorities to trust instead of the public ones'),
  verify: z
    .boolean()
    .default(true)
    .describe('Judge chain and name; without it only expiry, protocol and key are judged'),
  minVersion: z.enum(['1.2', '1.3']).default('1.2').describe('The oldest protocol that is good enough'),
  file: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The certificate on this machine that should be served; tells a renewed one that was not reloaded',
    ),
  family: z.union([z.literal(4), z.literal(6), z.literal('any')]).default('any'),
});

export type TlsConfig = z.output<typeof tlsConfig>;

const ports = { tls: 443, postgres: 5432, redis: 6379 } as const;

export function portOf(config: TlsConfig): number {
  return config.port ?? ports[config.protocol];
}
