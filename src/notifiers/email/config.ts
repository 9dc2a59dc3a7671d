import { z } from 'zod';
import { secretText } from '../../wire/settings.ts';

const address = z.email({ error: 'is no mail address' });
/** `Upkeep <upkeep@example.test>` or the address alone. */
const sender = z
  .string()
  .refine(
    (text) => address.safeParse(/<([^<>]+)>$/.exec(text)?.[1] ?? text).success && !/[\r\n]/.test(text),
    {
      error: 'write a mail address, or Name <address>',
    },
  );

export const emailConfig = z.strictObject({
  host: z.string().min(1).describe('The mail server that takes our mail'),
  port: z.int().min(1).max(65_535).default(587).describe('587 for STARTTLS, 465 for TLS from the start'),
  tls: z
    .enum(['starttls', 'implicit', 'none'])
    .default('starttls')
    .describe('starttls: required, never left out · implicit: TLS from the first byte · none: plain text'),
  ca: z
    .string()
    .includes('BEGIN CERTIFICATE', { error: 'is no certificate in PEM form' })
    .optional()
    .describe('Certificate of an authority of your own, PEM; write file:PATH'),
  user: z.string().min(1).optional(),
  password: secretText.optional(),
  from: sender.describe('Sender: an address, or Name <address>'),
  to: z
    .union([address, z.array(address)])
    .default([])
    .describe('Who gets what is for nobody in particular'),
  updates: z.boolean().default(false).describe('Mails too what is found and done between opening and end'),
});

export type EmailConfig = z.output<typeof emailConfig>;
