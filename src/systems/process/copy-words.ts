import type { ProcessConfig } from './config.ts';

/** `{index}` and `{port}` in the words of a process of which there are several. */

interface Words {
  readonly start?: readonly string[] | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly pidFile?: string | undefined;
  readonly log?: string | undefined;
  readonly cwd?: string | undefined;
  readonly match?: string | undefined;
}

/** Whether each copy is known by another pid file or command line. */
export function tellsApart({ pidFile, match, start }: Words): boolean {
  if (pidFile === undefined && match !== undefined) return false;
  return /\{(index|port)\}/.test(pidFile ?? (start ?? []).join(' '));
}

export function usesPort({ start = [], env, pidFile, log, cwd }: Words): boolean {
  return [...start, ...Object.values(env), pidFile, log, cwd].some((text) => text?.includes('{port}'));
}

/** What one copy is; the declared process is that of index 0. Without `scale` nothing stands for anything. */
export function ofCopy(config: ProcessConfig, index: number): ProcessConfig {
  const { scale: declared } = config;
  if (declared === undefined) return config;
  const { port } = declared;
  const filled = (text: string): string =>
    text
      .replaceAll('{index}', String(index))
      .replaceAll('{port}', port === undefined ? '{port}' : String(port + index));
  const { start, env, pidFile, log, cwd } = config;
  return {
    ...config,
    env: Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)])),
    ...(start === undefined ? {} : { start: start.map(filled) }),
    ...(pidFile === undefined ? {} : { pidFile: filled(pidFile) }),
    ...(log === undefined ? {} : { log: filled(log) }),
    ...(cwd === undefined ? {} : { cwd: filled(cwd) }),
  };
}
