import type { Terminal } from './terminal.ts';
import type { World } from './world.ts';

/** What every command is handed. */
export interface Session {
  readonly world: World;
  readonly terminal: Terminal;
  /** Set by a command that found something wrong: 1 a finding, a failed check or a refusal, 2 wrong usage. */
  exit(code: number): void;
}
