import { z } from 'zod';
import { parseDuration } from '../../core/time.ts';

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'not the name of a header' });
const headerValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, { error: 'a header holds no line breaks' });

export const webhookConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'write a full address, http://… or https://…' })
    .describe('Where the message is posted; kept secret but for its host'),
  secret: z
    .string()
    .min(16, { error: 'at least 16 characters; openssl rand -hex 32 makes one' })
    .optional()
    .describe('Signs every message: X-Upkeep-Signature'),
  headers: z.record(headerName, headerValue).default({}).describe('Sent along; values are kept secret'),
  timeout: z
    .string()
    .refine((text) => (parseDuration(text) ?? 0) > 0, { error: 'write a duration such as 10s' })
    .default('10s')
    .describe('How long the receiver may take to answer'),
  storms: z
    .enum(['fold', 'each'])
    .default('fold')
    .describe('Many incidents at once: the first, then one message for the others (fold); or each by itself'),
});
