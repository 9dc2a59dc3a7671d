/** What the diagnosis of an address looks at: one connect, who listens there now, who did before. */

import type { Evidence, Scalar } from '../../core/evidence.ts';
import type { DiagnosisContext } from '../../core/system.ts';
import { lastListener, stillRuns } from '../last-listener.ts';
import { portsOf } from '../listeners.ts';
import { isLocalAddress, localListeners } from '../local-listeners.ts';
import { withDeadline } from '../network/deadline.ts';
import { type Destination, dial, hostAndPort, Interrupted } from '../network/dial.ts';
import { networkFailure } from '../network/failure.ts';
import { lookupName } from '../network/lookup.ts';
import { remedyHere } from '../privilege.ts';
import { programName } from '../processes.ts';
import { lastLines, mostLines } from './last-lines.ts';

const connectWithinMs = 2_000;
/** Of the files that Upkeep follows: older lines tell of another life of the server. */
const followedMs = 600_000;

export type Result =
  | 'connected'
  | 'refused'
  | 'unrouted'
  | 'unresolved'
  | 'timeout'
  | 'reset'
  | 'own-trouble';
export type Topic = 'reach-check' | 'reach' | 'reach-listener' | 'reach-last' | 'reach-log' | 'reach-process';

export async function look(target: string, to: Destination, ctx: DiagnosisContext): Promise<Evidence[]> {
  const base = (topic: Topic, title: string, how: string) => ({
    id: `${target}.${topic}`,
    target,
    title,
    how,
    at: ctx.clock.now(),
  });
  const connected = await connect(to, ctx);
  const found = await lookupName(to.host).catch(() => []);
  const isHere = found.some((entry) => isLocalAddress(entry.address));
  return [
    ...checkEvidence(target, ctx, base),
    {
      ...base('reach', `TCP connect to ${hostAndPort(to.host, to.port)}`, `nc -vz ${to.host} ${to.port}`),
      facts: { ...connected, host: to.host, port: to.port, isThisMachine: isHere },
    },
    ...(isHere ? [await listenerEvidence(to.port, base)] : []),
    ...(await lastEvidence(target, to, ctx, base)),
    ...processEvidence(ctx, base),
  ];
}

type Base = (topic: Topic, title: string, how: string) => Omit<Evidence, 'facts'>;

function checkEvidence(target: string, ctx: DiagnosisContext, base: Base): Evidence[] {
  const own = ctx.alerts.filter((alert) => alert.target === target && alert.state !== 'resolved');
  const first = own.toSorted((a, b) => a.since - b.since)[0];
  const detail = ctx.detail(target) ?? first?.detail;
  if (detail === undefined) return [];
  return [
    {
      ...base('reach-check', 'What the check says', `the last check of ${target}`),
      facts: { detail, since: first?.since ?? null },
    },
  ];
}

async function connect(to: Destination, ctx: DiagnosisContext): Promise<{ result: Result; detail: string }> {
  const began = ctx.clock.monotonic();
  return withDeadline(ctx, connectWithinMs, async (dialContext) => {
    try {
      const { socket } = await dial(to, dialContext);
      const detail = `connected to ${socket.remoteAddress ?? to.host}`;
      socket.destroy();
      return { result: 'connected', detail };
    } catch (error) {
      const { why, detail } = networkFailure(error, to, ctx.clock.monotonic() - began);
      if (error instanceof Interrupted && error.phase === 'name lookup')
        return { result: 'unresolved', detail };
      if (/\((ENOTFOUND|ENODATA|EAI_\w+)\)/.test(detail)) return { result: 'unresolved', detail };
      if (why === 'refused' || why === 'timeout') return { result: why, detail };
      if (/\(ECONNRESET\)/.test(detail)) return { result: 'reset', detail };
      return { result: why === 'broken-probe' ? 'own-trouble' : 'unrouted', detail };
    }
  });
}

async function listenerEvidence(port: number, base: Base): Promise<Evidence> {
  const about = base(
    'reach-listener',
    `Who listens on port ${port} of this machine`,
    `ss -ltnp 'sport = :${port}'`,
  );
  const listeners = await localListeners(port);
  if (listeners === undefined) return { ...about, unseen: 'this system does not tell who listens' };
  if (listeners.length === 0) return { ...about, facts: { listening: false } };
  const processes = listeners.flatMap(({ process }) => process ?? []);
  return {
    ...about,
    facts: {
      listening: true,
      addresses: [...new Set(listeners.map(({ address }) => address))].join(', '),
      process: [...new Set(processes.map(programName))].join(', '),
      pids: [...new Set(processes.map(({ pid }) => pid))].join(', '),
      states: processes.map(({ letter }) => letter).join(''),
      waitingConnections: listeners.reduce((sum, { acceptQueue }) => sum + acceptQueue, 0),
    },
    ...(processes.length === 0
      ? {
          unseen: `which process listens: it belongs to another user; ${remedyHere('CAP_SYS_PTRACE', 'run Upkeep as that user or as root')}`,
        }
      : {}),
  };
}

async function lastEvidence(
  target: string,
  to: Destination,
  ctx: DiagnosisContext,
  base: Base,
): Promise<Evidence[]> {
  const last = await lastListener(to);
  if (last === undefined) return [];
  const isRunning = await stillRuns(last);
  const facts: Record<string, Scalar> = {
    pid: last.pid,
    process: last.name,
    command: last.command,
    keeper: last.keeper ?? null,
    log: last.log ?? null,
    seenAt: last.seenAt,
    isRunning,
    listensOn: isRunning ? (await portsOf(last.pid)).join(', ') : '',
  };
  return [
    { ...base('reach-last', 'Who listened there while it was well', `ps -fp ${last.pid}`), facts },
    ...(isRunning ? [] : await logEvidence(target, last.log, ctx, base)),
  ];
}

/** What it wrote before it ended: in the file of its output, else in the files that Upkeep follows. */
async function logEvidence(
  target: string,
  path: string | undefined,
  ctx: DiagnosisContext,
  base: Base,
): Promise<Evidence[]> {
  if (path === undefined) return followedEvidence(target, ctx, base);
  const about = base('reach-log', `The last lines of ${path}`, `tail -n ${mostLines} ${path}`);
  try {
    const text = await lastLines(path);
    return text === '' ? [] : [{ ...about, text }];
  } catch (error) {
    return [{ ...about, unseen: error instanceof Error ? error.message : String(error) }];
  }
}

function followedEvidence(target: string, ctx: DiagnosisContext, base: Base): Evidence[] {
  const now = ctx.clock.now();
  const followed = ctx.logs(target, { from: now - followedMs, to: now })?.lines ?? [];
  const newest = followed.slice(-mostLines);
  const file = newest.at(-1)?.file;
  if (file === undefined) return [];
  const text = newest.map((line) => line.text).join('\n');
  return [{ ...base('reach-log', `The last lines of ${file}`, `tail -n ${mostLines} ${file}`), text }];
}

function processEvidence(ctx: DiagnosisContext, base: Base): Evidence[] {
  const rows = ctx.dependencies.flatMap((name): Scalar[][] => {
    const up = ctx.latest(name, 'process.up')[0]?.value;
    if (up === undefined) return [];
    return [[name, up, ctx.latest(name, 'process.frozen')[0]?.value === 1, ctx.detail(name) ?? '']];
  });
  if (rows.length === 0) return [];
  const about = base(
    'reach-process',
    'Processes it depends on',
    'the last checks of the targets in dependsOn',
  );
  return [{ ...about, table: { columns: ['target', 'up', 'stopped', 'detail'], rows } }];
}
