/** Whether this machine's clock follows a reference: asks chronyc, then timedatectl, whichever is there. */
import { execFile } from 'node:child_process';

export type ClockSync =
  | {
      readonly kind: 'known';
      readonly isSynchronised: boolean;
      /** Seconds that the clock is off; undefined where only the yes or no is known. */
      readonly offsetSeconds: number | undefined;
      readonly by: 'chronyc' | 'timedatectl';
    }
  | { readonly kind: 'unknown'; readonly why: string };

/** `chronyc -c tracking`: reference id, name, stratum, reference time, system time offset, …, leap status. */
export function parseChrony(text: string): ClockSync | undefined {
  const fields = text.trim().split(',');
  const [offset, leap] = [Number(fields[4]), fields[13]];
  if (leap === undefined || !Number.isFinite(offset)) return undefined;
  return { kind: 'known', isSynchronised: leap !== 'Not synchronised', offsetSeconds: offset, by: 'chronyc' };
}

/** `timedatectl show` */
export function parseTimedatectl(text: string): ClockSync | undefined {
  const answer = /^NTPSynchronized=(yes|no)$/m.exec(text)?.[1];
  if (answer === undefined) return undefined;
  return { kind: 'known', isSynchronised: answer === 'yes', offsetSeconds: undefined, by: 'timedatectl' };
}

export async function readClockSync(signal: AbortSignal): Promise<ClockSync> {
  const chrony = await run('chronyc', ['-c', 'tracking'], signal);
  const known = chrony === undefined ? undefined : parseChrony(chrony);
  if (known !== undefined) return known;
  const timedatectl = await run('timedatectl', ['show'], signal);
  const fallback = timedatectl === undefined ? undefined : parseTimedatectl(timedatectl);
  return fallback ?? { kind: 'unknown', why: 'neither chronyc nor timedatectl answers on this machine' };
}

function run(command: string, argv: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    execFile(
      command,
      argv,
      { signal, timeout: 2_000, env: { PATH: process.env.PATH, LC_ALL: 'C' } },
      (error, stdout) => resolve(error ? undefined : stdout),
    );
  });
}
