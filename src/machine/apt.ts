/** Updates that apt knows of, by the lists on this machine: nothing is fetched, nothing is changed. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from './run-program.ts';

export interface PendingUpdate {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly isSecurity: boolean;
}

/** `Inst openssl [3.0.15] (3.0.17 Debian-Security:12/stable-security [amd64])`; new packages stand without brackets. */
export function parseUpdates(text: string): PendingUpdate[] {
  return text.split('\n').flatMap((line) => {
    const [, name = '', from, to = '', origins = ''] =
      /^Inst (\S+) \[([^\]]+)\] \((\S+) (.*)\)/.exec(line) ?? [];
    if (from === undefined) return [];
    return { name, from, to, isSecurity: /-security\b|Debian-Security:/i.test(origins) };
  });
}

const listsFolder = '/var/lib/apt/lists';

export type UpdatesReading =
  | {
      readonly kind: 'read';
      readonly updates: readonly PendingUpdate[];
      /** When the lists were fetched last, epoch milliseconds. */
      readonly listsAt: number;
      readonly isAutomatic: boolean;
    }
  | { readonly kind: 'unknown'; readonly why: string; readonly remedy: string };

export async function readUpdates(signal: AbortSignal): Promise<UpdatesReading> {
  const listsAt = await newestList();
  if (listsAt === undefined)
    return { kind: 'unknown', why: 'there are no lists of apt on this machine', remedy: 'apt-get update' };
  try {
    // dist-upgrade: a new kernel is a new package, which upgrade would keep back.
    const { code, text } = await runProgram(
      ['apt-get', '-s', '-o', 'Debug::NoLocking=true', 'dist-upgrade'],
      { signal },
    );
    if (code !== 0)
      return {
        kind: 'unknown',
        why: `apt-get -s: ${text.slice(-200)}`,
        remedy: 'apt-get check, dpkg --configure -a',
      };
    return { kind: 'read', updates: parseUpdates(text), listsAt, isAutomatic: await isAutomatic(signal) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return {
      kind: 'unknown',
      why: `apt-get did not answer: ${why}`,
      remedy: 'give this target a longer `timeout`',
    };
  }
}

/** An unchanged list keeps the time of its archive, and the folder is touched by every run that finds something new. */
async function newestList(): Promise<number | undefined> {
  const names = (await readdir(listsFolder).catch(() => [])).filter((name) =>
    /InRelease$|_Release$|Packages/.test(name),
  );
  if (names.length === 0) return undefined;
  const times = await Promise.all(
    [
      join(listsFolder, 'partial'),
      '/var/lib/apt/periodic/update-success-stamp',
      ...names.map((name) => join(listsFolder, name)),
    ].map((path) =>
      stat(path).then(
        ({ mtimeMs, ctimeMs }) => Math.max(mtimeMs, ctimeMs),
        () => 0,
      ),
    ),
  );
  return Math.round(Math.max(...times));
}

async function isAutomatic(signal: AbortSignal): Promise<boolean> {
  const said = await runProgram(['apt-config', 'dump', 'APT::Periodic::Unattended-Upgrade'], {
    signal,
  }).catch(() => undefined);
  return /"[1-9]\d*"/.test(said?.text ?? '');
}
