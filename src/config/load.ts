/** Reads upkeep.yaml from disk. */
import { readFileSync } from 'node:fs';
import type { NotifierEntry } from '../core/notifier.ts';
import type { SystemEntry } from '../core/system.ts';
import { type ConfigurationReading, readConfiguration } from './read.ts';

export interface LoadInput {
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly systems: readonly SystemEntry[];
  readonly notifiers: readonly NotifierEntry[];
}

/** A file that cannot be read is a problem like any other. */
export function loadConfiguration(input: LoadInput): ConfigurationReading {
  const readFile = (path: string) => readFileSync(path, 'utf8');
  try {
    return readConfiguration({ ...input, text: readFile(input.file), readFile });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    const message = code === 'ENOENT' ? 'there is no such file' : `cannot be read: ${code}`;
    const hint = code === 'ENOENT' ? 'upkeep init writes one' : 'Upkeep needs to be allowed to read it';
    return { problems: [{ file: input.file, line: 1, col: 1, path: '', message, hint }] };
  }
}
