/** What the kernel killed for want of memory: the process, whose limit was used up, and who held most. */
import { count } from '../../../core/count.ts';
import type { Evidence, Finding, Scalar } from '../../../core/evidence.ts';
import type { Diagnosis, DiagnosisContext } from '../../../core/system.ts';
import { readKernelLog } from '../../../machine/kernel-log.ts';
import { readPaging } from '../../../machine/memory.ts';
import { killsIn, type MemoryKill } from '../../../machine/memory-kills.ts';
import type { HostConnection } from '../connection.ts';

const id = 'host.out-of-memory';
/** As long as the rule host.oom-kill holds, and what led up to it. */
const lookBackMs = 3_600_000;
const rowsShown = 20;
const mostFindings = 3;
/** A kill longer than this before the trouble began is another story, as old as it may be (J). */
const slackMs = 300_000;
const confidenceOfOld = 0.5;
/** What a cgroup used up of its own limit is the trouble of what runs in it, and not of whatever was asked about (J). */
const confidenceOfOther = 0.4;

export const outOfMemory: Diagnosis<HostConnection> = {
  id,
  title: 'the kernel ended a process for want of memory',
  summary: 'Which process the kernel killed for want of memory, and whose limit was used up',
  explains: ['host.oom-kill', 'host.memory'],
  async gather(conn, target, ctx) {
    const at = ctx.clock.now();
    return [await logged(target, ctx, at), await counted(conn, target, ctx, at)];
  },
  conclude(evidence, target) {
    const log = evidence.find((each) => each.id === `${target}.memory-kills`);
    const counters = evidence.find((each) => each.id === `${target}.memory-kill-counters`);
    const kills = (log?.table?.rows ?? []).map(killOf);
    const groups = [...Map.groupBy(kills, ({ name, cgroup }) => `${name} ${withoutIds(cgroup)}`).values()];
    const newestFirst = groups.sort((a, b) => Number(b.at(-1)?.at) - Number(a.at(-1)?.at));
    if (log !== undefined && newestFirst.length > 0)
      return newestFirst.slice(0, mostFindings).map((group) => killed(group, log, counters, target));
    return log === undefined || counters === undefined ? [] : onlyCounted(log, counters, target);
  },
};

const columns = [
  'at',
  'process',
  'pid',
  'user id',
  'bytes held',
  'cgroup',
  'limited by',
  'limit bytes',
  'asked by',
  'largest',
  'bytes of the largest',
];

async function logged(target: string, ctx: DiagnosisContext, at: number): Promise<Evidence> {
  const piece = {
    id: `${target}.memory-kills`,
    target,
    title: 'Kills for want of memory in the kernel log, last hour',
    at,
    how: "dmesg -T | grep -i -e 'oom-kill' -e 'killed process'",
  };
  try {
    const log = await readKernelLog(ctx.signal);
    if (log.kind === 'unreadable') return { ...piece, unseen: log.why };
    const kills = killsIn(log.lines).filter((kill) => at - kill.at <= lookBackMs);
    const onset = Math.min(...ctx.alerts.map(({ since }) => since));
    const facts = { troubleAt: Number.isFinite(onset) ? onset : null, isAlerted: isAlerted(target, ctx) };
    return { ...piece, facts, table: { columns, rows: kills.slice(-rowsShown).map(rowOf) } };
  } catch (error) {
    return { ...piece, unseen: error instanceof Error ? error.message : String(error) };
  }
}

function isAlerted(target: string, { alerts }: DiagnosisContext): boolean {
  return alerts.some((alert) => alert.target === target && alert.rule === 'host.oom-kill');
}

async function counted(
  { kills }: HostConnection,
  target: string,
  ctx: DiagnosisContext,
  at: number,
): Promise<Evidence> {
  const piece = {
    id: `${target}.memory-kill-counters`,
    target,
    title: 'Counters of kills by cgroup that rose in the last hour',
    at,
    how: 'grep oom_kill /proc/vmstat; grep -r "oom_kill [1-9]" /sys/fs/cgroup --include=memory.events.local',
  };
  const recent = kills.rises.filter((rise) => at - rise.at <= lookBackMs);
  const total = await readPaging().then(
    ({ oomKills }) => oomKills ?? null,
    () => null,
  );
  return {
    ...piece,
    facts: { sinceBoot: total, isAlerted: isAlerted(target, ctx) },
    table: {
      columns: ['at', 'cgroup', 'kills'],
      rows: recent.map((rise) => [rise.at, rise.cgroup, rise.kills]),
    },
  };
}

function rowOf(kill: MemoryKill): Scalar[] {
  return [
    kill.at,
    kill.name,
    kill.pid,
    kill.uid ?? null,
    kill.resident ?? null,
    kill.cgroup ?? null,
    kill.limitedBy ?? null,
    kill.limit ?? null,
    kill.askedBy ?? null,
    kill.largest === undefined ? null : `${kill.largest.name} (pid ${kill.largest.pid})`,
    kill.largest?.resident ?? null,
  ];
}

type Row = readonly Scalar[];

function killOf([at, name, pid, user, resident, cgroup, limitedBy, limit, askedBy, largest, most]: Row) {
  return { at, name, pid, user, resident, cgroup, limitedBy, limit, askedBy, largest, most };
}

function killed(
  group: readonly ReturnType<typeof killOf>[],
  log: Evidence,
  counters: Evidence | undefined,
  target: string,
): Finding {
  const last = group.at(-1) ?? killOf([]);
  const { name, pid, user, resident, cgroup, limitedBy, limit, largest, most } = last;
  const isOfMachine = limitedBy === null;
  const victim = `${name} (pid ${pid})`;
  const other =
    isOfMachine && largest !== null && largest !== victim
      ? ` The most was held by ${largest}: ${megabytes(most)}; the one that is killed need not be the cause.`
      : '';
  const places = new Set(group.map((each) => each.cgroup)).size;
  const again =
    group.length > 1
      ? ` It was killed ${group.length} times within the hour${places > 1 ? `, in ${places} ${cgroupInWords(cgroup).startsWith('container') ? 'containers' : 'cgroups'} one after the other or beside each other` : ''}.`
      : '';
  const since = log.facts?.troubleAt;
  const isOld = typeof since === 'number' && Number(last.at) < since - slackMs;
  const isElsewhere = !isOfMachine && log.facts?.isAlerted === false;
  const old = isOld ? ' That was well before this trouble began, so something else may be behind it.' : '';
  return {
    id,
    target,
    summary: `the kernel killed ${name} (pid ${pid}, user ${user ?? 'unknown'}), which held ${megabytes(resident)}: ${
      isOfMachine
        ? 'the machine had no memory left'
        : `the limit of ${cgroupInWords(limitedBy)} (${megabytes(limit)}) was used up`
    }`,
    explanation: `${
      isOfMachine
        ? `${victim} ran in ${cgroupInWords(cgroup)}. Nothing could be reclaimed any more, and the kernel chose it.`
        : `The machine itself had memory; ${cgroupInWords(limitedBy)} may use ${megabytes(limit)} and wanted more. Either the limit is too low for its work, or it leaks.`
    }${other}${again} Whoever started it sees exit 137 (SIGKILL).${old}`,
    confidence: isElsewhere ? confidenceOfOther : isOld ? confidenceOfOld : 0.95,
    ...(typeof last.at === 'number' ? { onset: Number(group[0]?.at) } : {}),
    evidence: [log.id, ...(counters?.table?.rows.length ? [counters.id] : [])],
    unseen: ['how its memory grew before: its own curve, or that of its container'],
    recommendations: [],
  };
}

/** The counters say that somebody was killed; who, only the log would. */
function onlyCounted(log: Evidence, counters: Evidence, target: string): Finding[] {
  const rows = counters.table?.rows ?? [];
  if (rows.length === 0) return [];
  const kills = rows.reduce((sum, [, , more]) => sum + Number(more), 0);
  const where = [...new Set(rows.map(([, cgroup]) => cgroupInWords(cgroup)))].join(', ');
  return [
    {
      id,
      target,
      summary: `the kernel killed ${count(kills, 'process', 'processes')} for want of memory in ${where}`,
      explanation:
        'The counters of these cgroups rose within the hour. A counter names no process: only the kernel log does.',
      confidence: counters.facts?.isAlerted === false ? confidenceOfOther : 0.7,
      evidence: [counters.id],
      unseen: [log.unseen ?? 'which process: the kernel log of the last hour says nothing of it'],
      decides: ["dmesg -T | grep -i 'killed process', as root"],
      recommendations: [],
    },
  ];
}

/** A container that is started anew has another id and is the same trouble. */
function withoutIds(cgroup: Scalar | undefined): string {
  return String(cgroup).replace(/[0-9a-f]{12,}/g, '…');
}

function cgroupInWords(path: Scalar | undefined): string {
  const text = String(path ?? '/');
  const container = /(?:libpod|docker|crio|cri-containerd)[-/:]([0-9a-f]{12})[0-9a-f]{52}/.exec(text)?.[1];
  if (container !== undefined) return `container ${container}`;
  const unit = /([^/]+\.(?:service|scope))(?:\/|$)/.exec(text)?.[1];
  if (unit !== undefined) return `unit ${unit}`;
  return text === '/' ? 'no cgroup of its own' : `cgroup ${text}`;
}

function megabytes(bytes: Scalar | undefined): string {
  if (typeof bytes !== 'number') return 'an unknown amount';
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
