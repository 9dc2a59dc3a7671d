/** The only door to the log on stderr: readable lines, or JSON where it is asked for. Secrets are redacted by key. */
import { pino } from 'pino';

export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

const secretKeys = ['password', 'secret', 'token', 'authorization', 'url', 'cookie'];

/** `lines`: each with its moment, for files, pipes and journals. `terminal`: for who sees it happen. */
export type LogForm = { readonly form: 'json' | 'terminal' } | { readonly form: 'lines'; moment(): string };

export function createLog(options: LogForm & { readonly level: string }): Log {
  if (options.form === 'terminal') return plainLog(options.level, (level) => marks[level]);
  if (options.form === 'lines')
    return plainLog(options.level, (level) => `${options.moment()} ${level.padEnd('warning'.length)} `);
  const logger = pino(
    {
      level: options.level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secretKeys.flatMap((key) => [key, `*.${key}`]), censor: '(hidden)' },
    },
    pino.destination({ dest: 2, sync: true }),
  );
  return {
    info: (message, fields) => logger.info(fields ?? {}, message),
    warn: (message, fields) => logger.warn(fields ?? {}, message),
    error: (message, fields) => logger.error(fields ?? {}, message),
  };
}

/** Text of watched systems must not move the cursor or colour the screen. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must go
const unprintable = /[\u0000-\u001f\u007f-\u009f]/g;

const ranks: Record<string, number> = { info: 1, warn: 2, error: 3, silent: 4 };
const marks = { info: ' ', warning: '!', error: '✗' };

function plainLog(level: string, before: (level: keyof typeof marks) => string): Log {
  const least = ranks[level] ?? 1;
  const write =
    (rank: number, name: keyof typeof marks) =>
    (message: string, fields?: Readonly<Record<string, unknown>>) => {
      if (rank < least) return;
      const details = Object.entries(fields ?? {})
        .filter(([key]) => !secretKeys.includes(key))
        .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
      const line = `${before(name)} ${message}${details.length > 0 ? `  ${details.join(' ')}` : ''}`;
      process.stderr.write(`${line.replace(unprintable, '�')}\n`);
    };
  return { info: write(1, 'info'), warn: write(2, 'warning'), error: write(3, 'error') };
}

export const silentLog: Log = { info() {}, warn() {}, error() {} };
