import { isIP } from 'node:net';
import { z } from 'zod';

const server = z
  .string()
  .refine(isServer, { error: 'write an address such as 9.9.9.9, 127.0.0.1:5353 or [::1]:53' });

const domain = z
  .string()
  .regex(/^(?=.{1,254}$)[A-Za-z0-9_-]{1,63}(\.[A-Za-z0-9_-]{1,63})*\.?$/, { error: 'not a domain name' });

export const recordTypes = ['A', 'AAAA', 'CNAME', 'MX', 'TXT'] as const;

export const dnsConfig = z.strictObject({
  name: domain.describe('The name to ask for, whole: search domains are not tried'),
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
    .describe('Name servers of the zone; found by NS records where it is left out'),
  zone: domain
    .optional()
    .describe(
      'The zone to check as a whole: its name servers and its signatures; not looked at where left out',
    ),
  mail: z
    .strictObject({
      dkim: z
        .array(z.string().regex(/^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/, { error: 'not a selector' }))
        .default([])
        .describe('Selectors of the DKIM keys in use'),
    })
    .optional()
    .describe('The zone takes or sends mail: MX, SPF, DMARC and these DKIM keys are checked; needs `zone`'),
  certificate: z
    .strictObject({
      host: z.string().min(1).optional().describe('Where the certificate is served; the name where left out'),
      port: z.int().min(1).max(65_535).default(443),
      authority: z
        .string()
        .min(1)
        .optional()
        .describe(
          'How the authority in use calls itself in CAA records, such as letsencrypt.org; nothing is connected to then',
        ),
    })
    .optional()
    .describe('Whether CAA lets the authority of the served certificate issue the next one'),
  registration: z
    .strictObject({
      bootstrap: z
        .string()
        .refine((text) => /^https?:$/.test(URL.parse(text)?.protocol ?? ''), {
          error: 'must be an http(s) address',
        })
        .default('https://data.iana.org/rdap/dns.json')
        .describe('List of the registries (RFC 9224)'),
    })
    .optional()
    .describe(
      'Ask the registry when the domain runs out (RDAP); needs `zone`, which is the registered domain then',
    ),
});

export type DnsConfig = z.output<typeof dnsConfig>;

function isServer(text: string): boolean {
  if (isIP(text) !== 0) return true;
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([0-9.]+)):(\d{1,5})$/.exec(text);
  return parts !== null && isIP(parts[1] ?? parts[2] ?? '') !== 0 && Number(parts[3]) <= 65_535;
}
