import { z } from 'zod';

export const redisConfig = z.strictObject({
  url: z
    .string()
    .refine(
      (text) => URL.canParse(text) && /^rediss?:$/.test(new URL(text).protocol),
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
});

export type RedisConfig = z.output<typeof redisConfig>;
