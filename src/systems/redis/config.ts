import { z } from 'zod';

export const redisConfig = z.strictObject({
  url: z
    .string()
    .refine(
      isConnectionUrl,
      'must be a URL such as redis://user:password@host:6379/0 or rediss://…; percent-encode special characters',
    )
    .meta({ secret: true })
    .describe('Connection URL; rediss:// speaks TLS.'),
  role: z
    .enum(['cache', 'store', 'queue'])
    .default('store')
    .describe('What it holds: a cache may be full and evict, a store or queue may lose nothing.'),
  replicas: z
    .int()
    .min(0)
    .optional()
    .describe('How many replicas a primary must have; not judged when left out.'),
  memoryLimit: z
    .int()
    .positive()
    .optional()
    .describe('Bytes a managed plan allows where maxmemory itself is not set.'),
  invalidates: z
    .record(z.string().min(1).max(60), z.array(z.string().min(2).max(200)).min(1).max(20))
    .default({})
    .describe(
      'Of a cache: which keys go stale with what, by prefix: { user: ["user:"], event: ["event:", "feed:"] }.',
    ),
});

export type RedisConfig = z.output<typeof redisConfig>;

function isConnectionUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  try {
    // A lone percent sign in a password cannot be decoded, by us or by the driver.
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return /^rediss?:$/.test(protocol);
}
