import { z } from 'zod';
import { scalingFields } from '../../core/scaling/settings.ts';
import { parseDuration } from '../../core/time.ts';
import { tellsApart, usesPort } from './copy-words.ts';

const duration = z.string().transform((text, ctx) => {
  const ms = parseDuration(text);
  if (ms === undefined) ctx.addIssue({ code: 'custom', message: 'is no duration: use 10s or 1m' });
  return ms ?? z.NEVER;
});

const scale = z
  .strictObject({
    ...scalingFields,
    port: z
      .number()
      .int()
      .min(1)
      .max(65_000)
      .optional()
      .describe('Port of the first copy; each further one has the next. `{port}` stands for it'),
  })
  .refine(({ min, max }) => min <= max, { path: ['max'], message: 'is below min' });

/** Ending and starting share the half minute that an action has. */
const longestStopMs = 20_000;

export const processConfig = z
  .object({
    pidFile: z.string().min(1).optional().describe('File that holds its process id'),
    match: z.string().min(3).optional().describe('Part of its command line, or /a regular expression/'),
    start: z
      .array(z.string())
      .min(1)
      .optional()
      .describe('Program and arguments that start it, without a shell; what process.restart runs'),
    cwd: z.string().optional().describe('Folder to start it in; the folder of upkeep.yaml where not given'),
    env: z
      .record(z.string(), z.string())
      .default({})
      .describe('Environment of a start, besides PATH, HOME, USER, LANG, TZ and the like'),
    user: z.string().optional().describe('Who it is started as, where Upkeep runs as root'),
    log: z.string().optional().describe('File that its output is appended to'),
    writePidFile: z
      .boolean()
      .optional()
      .describe(
        'Whether Upkeep writes the pid file after a start; where not given, it does when the program has not within 1s',
      ),
    stopTimeout: duration
      .refine((ms) => ms <= longestStopMs, { message: 'is too long: at most 20s, since an action has 30 s' })
      .default(10_000)
      .describe('How long it may take to end after SIGTERM'),
    scale: scale
      .optional()
      .describe(
        'How many copies of it there are. `{index}` (0, 1, …) and `{port}` in start, env, pidFile, log and cwd tell them apart',
      ),
  })
  .refine((config) => config.scale === undefined || config.start !== undefined, {
    path: ['scale'],
    message: 'needs start: what else would a copy run?',
  })
  .refine((config) => config.scale === undefined || tellsApart(config), {
    path: ['scale'],
    message:
      'needs {index} or {port} in what a copy is recognised by: pidFile where there is one, else start (match cannot)',
  })
  .refine((config) => config.scale === undefined || config.scale.port !== undefined || !usesPort(config), {
    path: ['scale', 'port'],
    message: 'is needed where {port} is used',
  })
  .refine((config) => config.pidFile ?? config.match ?? config.start, {
    message: 'give pidFile, match or start: how is it recognised?',
  })
  .refine((config) => !config.writePidFile || config.pidFile !== undefined, {
    path: ['writePidFile'],
    message: 'needs pidFile',
  })
  .refine((config) => config.match === undefined || matcher(config.match) !== undefined, {
    path: ['match'],
    message: 'is no valid regular expression',
  });

export type ProcessConfig = z.output<typeof processConfig>;

/** Tells whether a command line is meant; undefined for a broken regular expression. */
export function matcher(match: string): ((commandLine: string) => boolean) | undefined {
  const regex = /^\/(.+)\/([iu]*)$/.exec(match);
  if (regex?.[1] === undefined) return (commandLine) => commandLine.includes(match);
  try {
    const compiled = new RegExp(regex[1], regex[2]);
    return (commandLine) => compiled.test(commandLine);
  } catch {
    return undefined;
  }
}
