import type { Outcome, Reading } from '../../../core/sample.ts';
import type { Probe, ProbeContext } from '../../../core/system.ts';
import { formatDuration } from '../../../core/time.ts';
import { listeningOf } from '../../../machine/listeners.ts';
import { logFilesOf } from '../../../machine/logs/places.ts';
import { remedyHere } from '../../../machine/privilege.ts';
import { descriptors, type ProcessFacts } from '../../../machine/processes.ts';
import type { ProcessConnection } from '../connection.ts';
import { locate } from '../locate.ts';

export const state: Probe<ProcessConnection> = {
  id: 'process.state',
  summary: 'Whether it runs, what it uses, how often it was replaced',
  liveness: true,
  metrics: {
    'process.frozen': { summary: 'Stopped by a signal (1) or not (0)', unit: 'state', kind: 'gauge' },
    'process.cpu': { summary: 'CPU used, as a share of one core', unit: 'ratio', kind: 'gauge' },
    'process.memory': { summary: 'Resident memory', unit: 'bytes', kind: 'gauge' },
    'process.files.open': { summary: 'Open descriptors', unit: 'count', kind: 'gauge' },
    'process.files.used': {
      summary: 'Open descriptors as a share of its limit',
      unit: 'ratio',
      atMost: 1,
      kind: 'gauge',
    },
    'process.threads': { summary: 'Threads', unit: 'count', kind: 'gauge' },
    'process.uptime': { summary: 'Time since its start', unit: 'seconds', kind: 'gauge' },
    'process.restarts': {
      summary: 'Times that another process took its place',
      unit: 'count',
      kind: 'counter',
    },
  },
  run: (conn, ctx) => Promise.race([lookAlone(conn, ctx), tooSlow(ctx.signal)]),
};

/** One look at a time: on a machine too busy to end one in time, more would only keep it busier. */
function lookAlone(conn: ProcessConnection, ctx: ProbeContext): Promise<Outcome> {
  conn.looking ??= look(conn, ctx).finally(() => {
    conn.looking = undefined;
  });
  return conn.looking;
}

/** A machine too busy to read its /proc in time says nothing of the process. */
function tooSlow(signal: AbortSignal): Promise<Outcome> {
  const outcome: Outcome = {
    ok: false,
    why: 'broken-probe',
    detail: 'the processes could not be read in time; this machine is too busy',
  };
  return new Promise((resolve) => {
    if (signal.aborted) resolve(outcome);
    else signal.addEventListener('abort', () => resolve(outcome), { once: true });
  });
}

async function look(conn: ProcessConnection, ctx: ProbeContext): Promise<Outcome> {
  if (process.platform !== 'linux') {
    const detail = `processes are read from /proc, which ${process.platform} does not have`;
    return { ok: false, why: 'broken-probe', detail };
  }
  const located = await locate(conn.config, conn.folder);
  if (located.kind === 'unseen') return { ok: false, why: 'broken-probe', detail: located.detail };
  if (located.kind === 'gone') {
    const readings = [{ metric: 'process.up', value: 0 }, restarts(conn)];
    return { ok: true, readings, detail: located.detail };
  }
  if (located.kind === 'several') {
    const readings = [{ metric: 'process.up', value: 1 }];
    const metrics = Object.keys(state.metrics);
    const remedy = 'narrow `match` until it names one process, or declare pidFile';
    return {
      ok: true,
      readings,
      detail: located.detail,
      missing: [{ metrics, reason: located.detail, remedy }],
    };
  }
  await remember(conn, located.facts, ctx);
  return seen(conn, located.facts, ctx);
}

async function seen(conn: ProcessConnection, facts: ProcessFacts, ctx: ProbeContext) {
  const files = await descriptors(facts.pid);
  const uptime = Math.max(0, ctx.clock.now() - facts.startedAt) / 1_000;
  const isFrozen = facts.state === 'stopped';
  const readings: Reading[] = [
    { metric: 'process.up', value: 1 },
    { metric: 'process.frozen', value: isFrozen ? 1 : 0 },
    { metric: 'process.memory', value: facts.resident },
    { metric: 'process.threads', value: facts.threads },
    { metric: 'process.uptime', value: uptime },
    restarts(conn),
    ...cpu(facts, ctx),
    ...(files ? [{ metric: 'process.files.open', value: files.open }] : []),
    ...(files && Number.isFinite(files.limit)
      ? [{ metric: 'process.files.used', value: files.open / files.limit }]
      : []),
  ];
  const who = `pid ${facts.pid} (${facts.name})`;
  const detail = isFrozen
    ? `${who} is stopped (state ${facts.letter})`
    : `${who}, up ${formatDuration(uptime * 1_000)}`;
  const missing = files
    ? []
    : [
        {
          metrics: ['process.files.open', 'process.files.used'],
          reason: `descriptors of ${who} belong to another user`,
          remedy: remedyHere(
            'CAP_SYS_PTRACE',
            'run Upkeep as the same user or as root, or give it CAP_SYS_PTRACE',
          ),
        },
      ];
  return { ok: true as const, readings, detail, missing };
}

function restarts(conn: ProcessConnection): Reading {
  return { metric: 'process.restarts', value: conn.replacements };
}

/** The increase is that of one process: a replacement starts a counter of its own. */
function cpu(facts: ProcessFacts, ctx: ProbeContext): Reading[] {
  const identity = `${facts.pid}:${facts.startTicks}`;
  const used = ctx.increase(`cpu ${identity}`, facts.cpuSeconds);
  const passed = ctx.increase(`clock ${identity}`, ctx.clock.monotonic() / 1_000);
  if (used === undefined || passed === undefined || passed <= 0) return [];
  return [{ metric: 'process.cpu', value: used / passed }];
}

/** Ports may be opened long after the start; looking costs a walk over its descriptors. */
const portsAgeMs = 30_000;

async function remember(conn: ProcessConnection, facts: ProcessFacts, ctx: ProbeContext): Promise<void> {
  const last = conn.lastSeen;
  const isSame = last?.pid === facts.pid && last.startTicks === facts.startTicks;
  if (last !== undefined && !isSame) conn.replacements++;
  const now = ctx.clock.now();
  const isFresh = isSame && last.listens.length > 0 && now - last.at < portsAgeMs;
  if (isFresh) return;
  const listens = await listeningOf(facts.pid);
  const { pid, startTicks, uid } = facts;
  const [log] = await logFilesOf(pid);
  conn.lastSeen = {
    ...{ pid, startTicks, uid, log, at: now },
    listens: listens.length > 0 || !isSame ? listens : last.listens,
  };
}
