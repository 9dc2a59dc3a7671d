import { z } from 'zod';

const letsEncrypt = 'https://acme-v02.api.letsencrypt.org/directory';
const hostName = /^(?=.{1,253}$)[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})*$/;

/** How a certificate is ordered; `tls.renew-certificate` does nothing without it. */
const acmeConfig = z.strictObject({
  directory: z
    .string()
    .refine((text) => URL.canParse(text) && new URL(text).protocol === 'https:', {
      error: 'must be the https address of a directory',
    })
    .default(letsEncrypt)
    .describe('Directory of the authority (RFC 8555)'),
  ca: z.string().min(1).optional().describe('File with the authority to trust for the directory itself'),
  account: z
    .string()
    .min(1)
    .default('data/acme/account.pem')
    .describe(
      'Private key of the account, beside upkeep.yaml; made when there is none, readable for Upkeep only',
    ),
  email: z.email().optional().describe('Where the authority sends warnings'),
  names: z
    .array(z.string().regex(hostName, { error: 'no host name; wildcards need a DNS challenge' }))
    .min(1)
    .max(100)
    .optional()
    .describe('All names of the certificate; those of the one in `file` where left out'),
  webroot: z
    .string()
    .min(1)
    .optional()
    .describe('Folder whose .well-known/acme-challenge the web server of these names serves on port 80'),
  port: z
    .int()
    .min(1)
    .max(65_535)
    .default(80)
    .describe(
      'Without `webroot`, the port on which Upkeep itself answers the challenge while an order lasts',
    ),
  agreeToTerms: z.literal(true).describe('That you agree to the terms of the authority'),
});

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
  web: z
    .strictObject({
      plainPort: z.int().min(1).max(65_535).default(80).describe('Where plain HTTP is, or nothing'),
      path: z.string().startsWith('/').default('/').describe('What is asked for'),
    })
    .optional()
    .describe(
      'It is a web site: browsers must be told to stay with TLS (HSTS), and plain HTTP must lead there',
    ),
  file: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The certificate on this machine that should be served; tells a renewed one that was not reloaded',
    ),
  key: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The private key of `file`, the same path where one file holds both; good pairs are kept with it',
    ),
  reload: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe(
      'Program and arguments that let the server load `file` and `key`, without a shell: [systemctl, reload, nginx]',
    ),
  keep: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder for pairs of before, for Upkeep only; data/tls/TARGET beside upkeep.yaml where left out',
    ),
  acme: acmeConfig.optional().describe('How the certificate is renewed'),
  family: z.union([z.literal(4), z.literal(6), z.literal('any')]).default('any'),
});

export type AcmeConfig = z.output<typeof acmeConfig>;
export type TlsConfig = z.output<typeof tlsConfig>;

const ports = { tls: 443, postgres: 5432, redis: 6379 } as const;

export function portOf(config: TlsConfig): number {
  return config.port ?? ports[config.protocol];
}
