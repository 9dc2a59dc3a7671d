import { z } from 'zod';

const isAddress = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  try {
    // A lone percent sign in a password cannot be decoded.
    decodeURIComponent(username + password);
  } catch {
    return false;
  }
  return /^https?:$/.test(protocol);
};

export const opensearchConfig = z.strictObject({
  url: z
    .string()
    .refine(
      isAddress,
      'must be an address such as https://user:password@host:9200; percent-encode special characters',
    )
    .meta({ secret: true })
    .describe('Address of a node or of the load balancer before the cluster, with the login.'),
  apiKey: z
    .string()
    .regex(/^[\x21-\x7e]+$/, { error: 'write the encoded key, without line breaks' })
    .meta({ secret: true })
    .optional()
    .describe('Encoded API key of Elasticsearch, instead of a login.'),
  ca: z.string().min(1).optional().describe('File with the authorities to trust instead of the public ones.'),
  dataNodes: z
    .int()
    .min(1)
    .optional()
    .describe('Data nodes there should be: fewer is an alert, and 1 says that replicas are not meant.'),
  tryDefaultLogin: z
    .boolean()
    .default(false)
    .describe('Once an hour, try whether admin with the password admin is let in; shows in the audit log.'),
});

export type OpensearchConfig = z.output<typeof opensearchConfig>;
