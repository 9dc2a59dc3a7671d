import { z } from 'zod';
import { isConnectionUrl } from '../../protocols/mysql/login.ts';

const address = z.url({ protocol: /^https?$/ });

export const tidbConfig = z.strictObject({
  url: z
    .string()
    .refine(
      (text) => isConnectionUrl(text, ['tidb', 'mysql']),
      'must be a URL such as mysql://user:password@host:4000; percent-encode special characters',
    )
    .meta({ secret: true })
    .describe(
      'Connection URL of a TiDB server, mysql:// or tidb://, port 4000 where left out. Parameters: ssl-mode (DISABLED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY), ssl-ca.',
    ),
  status: z
    .array(address)
    .default([])
    .describe('Status addresses of the TiDB servers, http://tidb-1:10080: their metrics'),
  pd: z
    .array(address)
    .default([])
    .describe(
      'Addresses of PD, http://pd-1:2379: stores, regions and safepoints where SQL does not tell them',
    ),
  tikv: z.array(address).default([]).describe('Status addresses of the TiKV stores, http://tikv-1:20180'),
  prometheus: address
    .optional()
    .describe(
      'A Prometheus server that scrapes the cluster, asked instead of `status`, `pd` and `tikv` for metrics',
    ),
  match: z
    .string()
    .regex(
      /^[a-zA-Z_]\w*(=|!=|=~|!~)"[^"{}]*"(,[a-zA-Z_]\w*(=|!=|=~|!~)"[^"{}]*")*$/,
      'label matchers such as tidb_cluster="shop"',
    )
    .optional()
    .describe('Label matchers that choose this cluster in that Prometheus: tidb_cluster="shop"'),
  ca: z
    .string()
    .optional()
    .describe('PEM file of the authority that signed the certificates of these addresses'),
  statements: z
    .boolean()
    .default(true)
    .describe('Whether to read statement summaries and the slow log; false where they are off on purpose.'),
});

export type TidbConfig = z.output<typeof tidbConfig>;
