import { z } from 'zod';

const pattern = z
  .string()
  .regex(/^[a-zA-Z_:*][a-zA-Z0-9_:.*]*$/, 'is no name of a metric; * stands for any part of one');

export const prometheusConfig = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .describe('What to scrape, or with `queries` the Prometheus server to ask'),
    metrics: z
      .array(pattern)
      .min(1)
      .default(['*'])
      .describe('Names to keep, in the order in which they get room; `*` stands for any part of a name'),
    keepLabels: z
      .array(z.string().min(1))
      .optional()
      .describe('Labels to keep; series that differ only in others are added up. All where left out'),
    maxSeries: z.int().min(1).max(10_000).default(200).describe('Series kept at most; the rest is counted'),
    queries: z
      .record(z.string().regex(/^[a-z][a-z0-9_.-]*$/, 'is no name: use a-z, 0-9, _ . -'), z.string().min(1))
      .optional()
      .describe('PromQL by the name that its result gets'),
    token: z.string().min(1).optional().describe('Bearer token'),
    headers: z.record(z.string(), z.string()).default({}),
    ca: z.string().optional().describe('PEM file of the authority that signed the certificate'),
    maxBytes: z
      .int()
      .min(1_024)
      .default(16 * 1024 * 1024)
      .describe('Bytes of an answer that are read at most'),
  })
  .refine((config) => config.queries === undefined || Object.keys(config.queries).length > 0, {
    path: ['queries'],
    message: 'names no query',
  });

export type PrometheusConfig = z.output<typeof prometheusConfig>;
