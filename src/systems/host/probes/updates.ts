import { count } from '../../../core/count.ts';
import type { Missing, Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { readUpdates, type UpdatesReading } from '../../../machine/apt.ts';
import { readOsSupport, readReboot } from '../../../machine/os-support.ts';
import type { HostConnection } from '../connection.ts';
import { onLinux } from './on-linux.ts';

const dayMs = 86_400_000;
/** What older lists do not name may have come out since. */
const listsOldMs = 7 * dayMs;
const lookBackMs = 60 * dayMs;
/** `apt-get -s` reads all lists anew: 1 s at rest, tens of seconds beside work that holds disk and processors. Judgement. */
const aptMs = 60_000;

export const updates: Probe<HostConnection> = {
  id: 'host.updates',
  summary: 'Pending security updates, a restart that they ask for, the end of support of the system',
  atMostEveryMs: 3_600_000,
  atLeastMs: aptMs,
  metrics: {
    'host.updates.pending': { summary: 'Packages with a newer version', unit: 'count', kind: 'gauge' },
    'host.updates.security': { summary: 'Those that mend a weakness', unit: 'count', kind: 'gauge' },
    'host.updates.security-age': {
      summary: 'How long there have been pending security updates without a break; 0 where there are none',
      unit: 'seconds',
      kind: 'gauge',
    },
    'host.updates.automatic': {
      summary: 'Security updates are installed by themselves (1) or not (0)',
      unit: 'state',
      kind: 'gauge',
    },
    'host.reboot.required': {
      summary: 'Updates wait for a restart of the machine (1)',
      unit: 'state',
      kind: 'gauge',
    },
    'host.os.supported-for': {
      summary: 'Time for which the system still gets security updates; below 0 when it gets none',
      unit: 'seconds',
      kind: 'gauge',
    },
  },
  run: (_, ctx) =>
    onLinux(async () => {
      const now = ctx.clock.now();
      const [pending, reboot, os] = await Promise.all([
        readUpdates(ctx.signal),
        readReboot(),
        readOsSupport(),
      ]);
      const readings: Reading[] = [];
      const missing: Missing[] = [];
      const security =
        pending.kind === 'read' ? pending.updates.filter(({ isSecurity }) => isSecurity).length : 0;
      const trouble = whyNot(pending, now);
      if (trouble !== undefined) missing.push(trouble);
      if (pending.kind === 'read') {
        // Too old lists say what is pending, never that nothing is.
        if (trouble === undefined || pending.updates.length > 0)
          readings.push({ metric: 'host.updates.pending', value: pending.updates.length });
        if (trouble === undefined || security > 0) {
          const age = security === 0 ? 0 : await pendingFor(ctx, now);
          readings.push({ metric: 'host.updates.security', value: security });
          readings.push({ metric: 'host.updates.security-age', value: age / 1_000 });
        }
        readings.push({ metric: 'host.updates.automatic', value: pending.isAutomatic ? 1 : 0 });
      }
      if (reboot.kind === 'known')
        readings.push({ metric: 'host.reboot.required', value: reboot.isRequired ? 1 : 0 });
      else
        missing.push({
          metrics: ['host.reboot.required'],
          reason: reboot.why,
          remedy: 'apt-get install unattended-upgrades: it leaves /run/reboot-required',
        });
      if (os?.until !== undefined)
        readings.push({ metric: 'host.os.supported-for', value: (os.until - now) / 1_000 });
      else
        missing.push({
          metrics: ['host.os.supported-for'],
          reason: `until when ${os?.name ?? 'this system'} is supported is not known here`,
          remedy: 'apt-get install distro-info-data, or see its publisher',
        });
      const restart =
        reboot.kind === 'known' && reboot.isRequired ? `; a restart is due (${reboot.why})` : '';
      const isKnown = readings.some(({ metric }) => metric === 'host.updates.security');
      const told = isKnown
        ? `${count(security, 'security update')} pending`
        : 'unknown whether security updates are pending';
      return { ok: true, readings, missing, detail: `${told}${restart}` };
    }),
};

function whyNot(pending: UpdatesReading, now: number): Missing | undefined {
  const metrics = ['host.updates.pending', 'host.updates.security', 'host.updates.security-age'];
  if (pending.kind === 'unknown') return { metrics, reason: pending.why, remedy: pending.remedy };
  const age = now - pending.listsAt;
  if (age < listsOldMs) return undefined;
  const reason = `the lists of apt are ${formatDuration(age)} old: what came out since is not in them`;
  return { metrics, reason, remedy: 'apt-get update, or APT::Periodic::Update-Package-Lists "1"' };
}

/** Since the first day of the last unbroken row of days with pending ones; what is not recorded is not claimed. */
async function pendingFor(ctx: ProbeContext, now: number): Promise<number> {
  const series = (await ctx.recorded?.('host.updates.security', now - lookBackMs)) ?? [];
  let since = now;
  for (const { at, value } of [...(series[0]?.points ?? [])].sort((a, b) => b.at - a.at)) {
    if (value <= 0) break;
    since = Math.min(since, at);
  }
  return now - since;
}
