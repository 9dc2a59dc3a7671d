import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { parseDuration } from '../../core/time.ts';

const duration = z.string().transform((text, ctx) => {
  const ms = parseDuration(text);
  if (ms === undefined) ctx.addIssue({ code: 'custom', message: 'is no duration: use 1h or 7d' });
  return ms ?? z.NEVER;
});

const path = z.string().refine((text) => isAbsolute(text) && !/(^|\/)\.\.?(\/|$)/.test(text), {
  error: 'must be an absolute path',
});

/** Two folders of the team's own before the first wildcard, so that a slip of the pen frees no whole system. */
const pattern = path.refine(
  (text) => /^(\/[^*?[\]{}/]+){2,}\//.test(text) && !text.includes('**'),
  'must name at least two folders before the first wildcard, and no **: /var/log/shop/*.gz',
);

export const hostConfig = z.strictObject({
  free: z
    .array(
      z.strictObject({
        files: pattern.describe('Files that may be deleted when a disk is full'),
        olderThan: duration.default(86_400_000).describe('Only files that were last written so long ago'),
        keep: z.int().min(0).default(0).describe('So many of the newest stay'),
      }),
    )
    .default([])
    .describe('What host.free-disk may delete, oldest first and no more than is needed; nothing else ever'),
  logrotate: z
    .array(path)
    .default([])
    .describe('Configurations that host.rotate-logs may run `logrotate -f` with'),
  batch: z
    .strictObject({
      names: z.array(z.string().min(1)).default([]).describe('Names of programs as `ps -o comm` shows them'),
      users: z.array(z.int().min(0)).default([]).describe('User ids, such as 1001'),
    })
    .default({ names: [], users: [] })
    .describe('Work that may wait: host.renice may put it behind everything else'),
  descriptors: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('Name of the program as `ps -o comm` shows it'),
        most: z.int().min(256).max(1_048_576).describe('The highest limit it may be given'),
      }),
    )
    .default([])
    .describe('Whose limit of open files host.raise-descriptor-limit may raise, and how far'),
  ports: z
    .array(z.int().min(1).max(65_535))
    .optional()
    .describe(
      'TCP ports that other machines may reach; any other that is open is told. Not looked at where left out',
    ),
  guarded: z.array(path).default([]).describe('Folders in which nothing may be writable for everybody'),
  ntp: z
    .string()
    .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/, {
      error: 'write a time server as pool.ntp.org, 192.0.2.1:123 or [2001:db8::1]',
    })
    .optional()
    .describe('A time server that is asked how far the clock is off; nobody is asked where it is left out'),
});

export type HostConfig = z.output<typeof hostConfig>;

/** `[::1]:123`, `pool.ntp.org` */
export function timeServer(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, port] = /^(?:\[(.+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
  return { host: bracketed ?? plain ?? text, port: Number(port ?? 123) };
}
