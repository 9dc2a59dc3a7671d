/** The only door to the log: JSON lines on stderr, or readable ones on a terminal. Secrets are redacted by key. */
import { pino } from 'pino';

export interface Log {
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

const secretKeys = ['password', 'secret', 'token', 'authorization', 'url', 'cookie'];

export function createLog(options: { readonly pretty: boolean; readonly level: string }): Log {
  if (options.pretty) return prettyLog(options.level);
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

function prettyLog(level: string): Log {
  const least = ranks[level] ?? 1;
  const write =
    (rank: number, mark: string) => (message: string, fields?: Readonly<Record<string, unknown>>) => {
      if (rank < least) return;
      const details = Object.entries(fields ?? {})
        .filter(([key]) => !secretKeys.includes(key))
        .map(([key, value]) => `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`);
      const line = `${mark} ${message}${details.length > 0 ? `  ${details.join(' ')}` : ''}`;
      process.stderr.write(`${line.replace(unprintable, '�')}\n`);
    };
  return { info: write(1, ' '), warn: write(2, '!'), error: write(3, '✗') };
}

export const silentLog: Log = { info() {}, warn() {}, error() {} };
