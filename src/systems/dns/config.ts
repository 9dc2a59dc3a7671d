import { isIP } from 'node:net';
import { z } from 'zod';

const server = z
  .string()
  .refine(isServer, { error: 'write an address such as 9.9.9.9, 127.0.0.1:5353 or [::1]:53' });

export const recordTypes = ['A', 'AAAA', 'CNAME', 'MX', 'TXT'] as const;

export const dnsConfig = z.strictObject({
  name: z
    .string()
    .regex(/^(?=.{1,254}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?$/, { error: 'not a domain name' })
    .describe('The name to ask for, whole: search domains are not tried'),
  type: z.enum(recordTypes).default('A'),
  expect: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('All answers, in any order; of MX "10 mail.example.test"'),
  resolver: z
    .union([server, z.array(server).min(1)])
    .optional()
    .describe('Who is asked; the resolvers of this machine where it is left out'),
  authoritative: z
    .union([server, z.array(server).min(1)])
    .optional()
    .describe('Name servers of the zone, for the diagnosis; found by NS records where it is left out'),
});

export type DnsConfig = z.output<typeof dnsConfig>;

function isServer(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text);
  return parts !== null && isIP(parts[1] ?? parts[2] ?? '') !== 0 && Number(parts[3]) <= 65_535;
}
