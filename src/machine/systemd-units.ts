/** Units of systemd: what failed, and what is started again and again. */
import { access } from 'node:fs/promises';
import { runProgram } from './run-program.ts';

export interface Unit {
  readonly name: string;
  /** `active`, `failed`, `activating` … */
  readonly state: string;
  /** `exit-code`, `oom-kill`, `timeout`, `start-limit-hit`; `success` where nothing went wrong. */
  readonly result: string;
  /** Automatic restarts since it was started by somebody. */
  readonly restarts: number;
  /** Runs once and ends: a job, no service that stays. */
  readonly isOneshot: boolean;
  /** systemd starts it again when it ends. */
  readonly isRestarted: boolean;
  /** Exit code, or number of the signal, of its main process. */
  readonly status: number | undefined;
}

export type UnitsReading =
  | { readonly kind: 'read'; readonly units: readonly Unit[] }
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly why: string };

const properties = [
  'Id',
  'ActiveState',
  'Result',
  'NRestarts',
  'Type',
  'Restart',
  'ExecMainStatus',
  'LoadState',
];
const patterns = ['*.service', '*.timer', '*.mount', '*.socket'];

/** Answers of `systemctl show`, one paragraph for each unit. */
export function parseUnits(text: string): Unit[] {
  return text.split(/\n\s*\n/).flatMap((paragraph) => {
    const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(paragraph)?.[1] ?? '';
    const name = value('Id');
    // What another unit only wishes for is listed too, although there is no such file.
    if (name === '' || value('LoadState') === 'not-found') return [];
    const status = value('ExecMainStatus');
    return {
      name,
      state: value('ActiveState'),
      result: value('Result') || 'success',
      restarts: Number(value('NRestarts') || 0),
      isOneshot: value('Type') === 'oneshot',
      isRestarted: !['', 'no'].includes(value('Restart')),
      status: status === '' ? undefined : Number(status),
    };
  });
}

/** `none` where this machine was not started by systemd. */
export async function readUnits(signal: AbortSignal): Promise<UnitsReading> {
  const isBooted = await access('/run/systemd/system').then(
    () => true,
    () => false,
  );
  if (!isBooted) return { kind: 'none' };
  try {
    const words = [
      'systemctl',
      'show',
      '--no-pager',
      `--property=${properties.join(',')}`,
      '--',
      ...patterns,
    ];
    const { code, text } = await runProgram(words, { signal });
    if (code !== 0) return { kind: 'unreadable', why: `systemctl show: ${text.slice(-200)}` };
    return { kind: 'read', units: parseUnits(text) };
  } catch (error) {
    return { kind: 'unreadable', why: error instanceof Error ? error.message : String(error) };
  }
}

/** The last lines that a unit wrote; undefined where the journal cannot be read. */
export async function lastWordsOf(unit: string, signal: AbortSignal): Promise<string | undefined> {
  const words = ['journalctl', '-q', '--no-pager', '-o', 'cat', '-n', '15', '-u', unit];
  const said = await runProgram(words, { signal }).catch(() => undefined);
  return said?.code === 0 && said.text !== '' ? said.text : undefined;
}
