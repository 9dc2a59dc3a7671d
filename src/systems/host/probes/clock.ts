import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe } from '../../../core/system.ts';
import { type ClockSync, readClockSync } from '../../../machine/clock-sync.ts';
import { askTime, type SntpAnswer } from '../../../machine/sntp.ts';
import { timeServer } from '../config.ts';
import type { HostConnection } from '../connection.ts';
import { onLinux } from './on-linux.ts';

export const clock: Probe<HostConnection> = {
  id: 'host.clock',
  summary: 'Whether the clock follows a reference, and how far it is off',
  atMostEveryMs: 60_000,
  metrics: {
    'host.clock.synchronised': {
      summary: 'Follows a reference (1) or not (0)',
      unit: 'state',
      kind: 'gauge',
    },
    'host.clock.offset': { summary: 'Distance from the reference', unit: 'seconds', kind: 'gauge' },
  },
  run: ({ config }, ctx) =>
    onLinux(async () => {
      const [sync, asked] = await Promise.all([
        readClockSync(ctx.signal),
        config.ntp === undefined ? undefined : askTime(timeServer(config.ntp), ctx.clock, ctx.signal),
      ]);
      const readings: Reading[] = [];
      if (sync.kind === 'known')
        readings.push({ metric: 'host.clock.synchronised', value: sync.isSynchronised ? 1 : 0 });
      // Whoever steers the clock tells how far it is off by its own reckoning; a server that was asked is no part of it.
      const own = sync.kind === 'known' ? sync.offsetSeconds : undefined;
      const offset = asked?.kind === 'known' ? asked.offsetSeconds : own;
      if (offset !== undefined) readings.push({ metric: 'host.clock.offset', value: Math.abs(offset) });
      const detail = asked?.kind === 'unknown' ? { detail: asked.why } : {};
      return { ok: true, readings, missing: lackOf(sync, asked), ...detail };
    }),
};

const installChrony = 'apt-get install chrony';
const remedy = `${installChrony}, or name a time server that can be reached (\`ntp\` of this target)`;

/** @param asked the answer of the time server that the configuration names; undefined where it names none */
export function lackOf(sync: ClockSync, asked: SntpAnswer | undefined): Missing[] {
  const [follows, offset] = ['host.clock.synchronised', 'host.clock.offset'];
  if (sync.kind === 'unknown') {
    const { why: reason } = sync;
    // One program that is lacking tells both.
    if (asked === undefined) return [{ metrics: [follows, offset], reason, remedy: installChrony }];
    const lack = { metrics: [follows], reason, remedy: installChrony };
    return asked.kind === 'known' ? [lack] : [lack, { metrics: [offset], reason: asked.why, remedy }];
  }
  if (asked?.kind === 'known' || sync.offsetSeconds !== undefined) return [];
  const reason = asked?.why ?? `${sync.by} does not tell how far the clock is off`;
  return [{ metrics: [offset], reason, remedy }];
}
