/** Whether this machine's clock follows a reference: asks chronyc, ntpq, then timedatectl, whichever is there. */
import { execFile } from 'node:child_process';

export type ClockSync =
  | {
      readonly kind: 'known';
      readonly isSynchronised: boolean;
      /** Seconds that the clock is off; undefined where only the yes or no is known. */
      readonly offsetSeconds: number | undefined;
      readonly by: 'chronyc' | 'ntpq' | 'timedatectl';
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

/** `ntpq -c 'rv 0 leap,stratum,offset'`: the offset is in milliseconds, leap 11 (also written 3) follows nobody. */
export function parseNtpq(text: string): ClockSync | undefined {
  const value = (name: string) => new RegExp(`\\b${name}=([^,\\s]+)`).exec(text)?.[1];
  const [leap, offset] = [value('leap'), Number(value('offset'))];
  if (leap === undefined || !Number.isFinite(offset)) return undefined;
  const isSynchronised = leap !== '11' && leap !== '3' && value('stratum') !== '16';
  return { kind: 'known', isSynchronised, offsetSeconds: offset / 1_000, by: 'ntpq' };
}

const units: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, min: 60 };

/** The line `Offset: -1.234ms` of `timedatectl timesync-status`, in seconds. */
export function parseTimesync(text: string): number | undefined {
  const said = /^\s*Offset: ([+-]?)(.+)$/m.exec(text);
  const parts = [...(said?.[2] ?? '').matchAll(/([\d.]+)\s*(us|ms|min|s)\b/g)];
  if (parts.length === 0) return undefined;
  const seconds = parts.reduce((sum, [, amount, unit = '']) => sum + Number(amount) * (units[unit] ?? 0), 0);
  return said?.[1] === '-' ? -seconds : seconds;
}

export async function readClockSync(signal: AbortSignal): Promise<ClockSync> {
  const chrony = await run('chronyc', ['-c', 'tracking'], signal);
  const known = chrony === undefined ? undefined : parseChrony(chrony);
  if (known !== undefined) return known;
  const ntpq = await run('ntpq', ['-c', 'rv 0 leap,stratum,offset'], signal);
  const told = ntpq === undefined ? undefined : parseNtpq(ntpq);
  if (told !== undefined) return told;
  const timedatectl = await run('timedatectl', ['show'], signal);
  const fallback = timedatectl === undefined ? undefined : parseTimedatectl(timedatectl);
  if (fallback?.kind !== 'known')
    return { kind: 'unknown', why: 'none of chronyc, ntpq and timedatectl answers on this machine' };
  const timesync = await run('timedatectl', ['timesync-status'], signal);
  return { ...fallback, offsetSeconds: timesync === undefined ? undefined : parseTimesync(timesync) };
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
