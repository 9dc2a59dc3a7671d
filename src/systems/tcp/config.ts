import { z } from 'zod';

export const tcpConfig = z.strictObject({
  host: z.string().min(1).describe('Name or address'),
  port: z.int().min(1).max(65_535),
  send: z
    .string()
    .min(1)
    .optional()
    .describe('Text to send once connected; in double quotes YAML knows "\\r\\n"'),
  expect: z
    .strictObject({ contains: z.string().min(1).describe('Text that the greeting or the answer holds') })
    .optional(),
  maxBytes: z
    .int()
    .positive()
    .default(64 * 1024)
    .describe('Bytes that are read at most while looking for it'),
  family: z.union([z.literal(4), z.literal(6), z.literal('any')]).default('any'),
});

export type TcpConfig = z.output<typeof tcpConfig>;
