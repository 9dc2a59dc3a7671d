import { z } from 'zod';

const isWebAddress = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

export const nginxConfig = z.strictObject({
  url: z
    .string()
    .refine(isWebAddress, 'must be an address such as http://127.0.0.1:8080/nginx_status')
    .meta({ secret: true })
    .describe('Page of stub_status; any page of this nginx proves at least that it lives.'),
  config: z
    .string()
    .min(1)
    .optional()
    .describe(
      'nginx.conf: it is tested with `nginx -t`, what passes is kept, and what changes goes into the ledger.',
    ),
  command: z
    .array(z.string().min(1))
    .min(1)
    .default(['nginx'])
    .describe(
      'How nginx is run for `-t` and `-s reload`, without a shell: [sudo, -n, /usr/sbin/nginx] where Upkeep is not root.',
    ),
  start: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('Program and arguments that start it where it does not run: [systemctl, start, nginx].'),
  keep: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Folder for copies of configurations that passed, readable for Upkeep only; data/nginx/TARGET beside upkeep.yaml where left out.',
    ),
  accessLog: z
    .string()
    .min(1)
    .optional()
    .describe('Access log; the first `access_log` of the configuration where left out.'),
  logFormat: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Format of the access log in the words of `log_format`; taken from the configuration where left out.',
    ),
  errorLog: z
    .string()
    .min(1)
    .optional()
    .describe('Error log; the first `error_log` of the configuration where left out.'),
});

export type NginxConfig = z.output<typeof nginxConfig>;
