import { z } from 'zod';

const statusRange = z
  .string()
  .regex(/^[1-5]xx$/, { error: 'write a status such as 200, or a class such as 2xx' });
const status = z.union([z.int().min(100).max(599), statusRange]);

const regularExpression = z.string().check((ctx) => {
  try {
    new RegExp(ctx.value);
  } catch (error) {
    const message = error instanceof Error ? error.message : 'not a regular expression';
    ctx.issues.push({ code: 'custom', message, input: ctx.value });
  }
});

export type StatusExpectation = z.output<typeof status>;

const expectation = z.strictObject({
  status: z
    .union([status, z.array(status).min(1)])
    .default('2xx')
    .describe('The status, a class of statuses (2xx) or a list of them'),
  body: z
    .strictObject({
      contains: z.string().min(1).optional().describe('Text that the body holds'),
      matches: regularExpression.optional().describe('Regular expression that the body matches'),
    })
    .optional(),
  headers: z
    .record(z.string(), z.string())
    .default({})
    .describe('Headers the answer has; each value must be part of the one that came, whatever the case'),
  maxMs: z.int().positive().optional().describe('Longest total time in milliseconds; slower counts as down'),
});

export type Expectation = z.output<typeof expectation>;

const headerName = z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, { error: 'not the name of a header' });
const headerValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, { error: 'a header holds no line breaks' });

export const httpConfig = z.strictObject({
  url: z
    .url({ protocol: /^https?$/, error: 'write a full address, http://… or https://…' })
    .describe('The address to ask'),
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).default('GET'),
  headers: z
    .record(headerName, headerValue)
    .default({})
    .describe('Sent with the request, and to no other host; values are kept secret'),
  body: z.string().optional().describe('Sent with the request'),
  basicAuth: z
    .strictObject({ username: z.string(), password: z.string() })
    .optional()
    .describe('Credentials, sent to no other host'),
  expect: expectation.prefault({}).describe('What makes an answer a good one'),
  build: z
    .strictObject({
      header: headerName.optional().describe('Header of the answer that names the build'),
      json: z
        .string()
        .min(1)
        .optional()
        .describe('Field of a JSON answer that names it: version, build.commit'),
    })
    .refine(({ header, json }) => (header === undefined) !== (json === undefined), {
      error: 'give header or json',
    })
    .optional()
    .describe('How an answer says which build made it, so that a release is blamed for its own errors alone'),
  followRedirects: z.boolean().default(true).describe('Follow up to five redirects'),
  family: z
    .union([z.literal(4), z.literal(6), z.literal('any')])
    .default('any')
    .describe('IPv4 only, IPv6 only, or whichever connects'),
  maxBytes: z
    .int()
    .positive()
    .default(2 ** 20)
    .describe('Bytes of the body that are read at most'),
  tls: z
    .strictObject({
      verify: z.boolean().default(true).describe('Accept only a certificate that is trusted here'),
      serverName: z
        .string()
        .min(1)
        .optional()
        .describe('The name to ask for and to verify instead of the host'),
      ca: z
        .string()
        .min(1)
        .optional()
        .describe('File with the authorities to trust instead of the public ones'),
    })
    .prefault({}),
});

export type HttpConfig = z.output<typeof httpConfig>;
