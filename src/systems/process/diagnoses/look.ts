/** Evidence of one process, and how the conclusions read it. */
import { resolve } from 'node:path';
import type { Evidence, Scalar } from '../../../core/evidence.ts';
import { isContinuation, levelOf } from '../../../core/log/line.ts';
import type { DiagnosisContext } from '../../../core/system.ts';
import { readKernelLog } from '../../../machine/kernel-log.ts';
import { processListeningOn } from '../../../machine/listeners.ts';
import { killsIn } from '../../../machine/memory-kills.ts';
import { describeCommand } from '../../../machine/processes.ts';
import { lastLines, mostLines } from '../../../machine/unreachable/last-lines.ts';
import { type LastSeen, lastPorts, type ProcessConnection } from '../connection.ts';
import { locate } from '../locate.ts';

type Facts = Readonly<Record<string, Scalar>>;

export const topics = [
  'process-state',
  'process-history',
  'process-ports',
  'kernel-kills',
  'process-log',
] as const;
export type Topic = (typeof topics)[number];

export async function look(
  conn: ProcessConnection,
  target: string,
  ctx: DiagnosisContext,
): Promise<Evidence[]> {
  const base = (topic: Topic, title: string, how: string) => ({
    id: `${target}.${topic}`,
    target,
    title,
    how,
    at: ctx.clock.now(),
  });
  const state = base('process-state', 'The process now', howFound(conn));
  const history = base('process-history', 'What was seen of it before', 'the last checks of process.state');
  const now = await stateEvidence(conn, state);
  return [
    now,
    {
      ...history,
      facts: {
        canBeStarted: conn.config.start !== undefined,
        lastPid: conn.lastSeen?.pid ?? null,
        lastSeenAt: conn.lastSeen?.at ?? null,
        ports: lastPorts(conn).join(', '),
        replacements: conn.replacements,
        startedByUpkeepAt: conn.lastStart?.at ?? null,
        endOfLastStart: conn.lastStart?.ended ?? null,
        since: ctx.alerts.find((alert) => alert.target === target)?.since ?? null,
      },
    },
    await portsEvidence(conn, base('process-ports', 'Who holds its ports now', 'ss -ltnp')),
    await killsEvidence(
      conn.lastSeen,
      base(
        'kernel-kills',
        'Whether the kernel killed it for want of memory',
        "dmesg -T | grep -i 'killed process'",
      ),
      ctx.signal,
    ),
    ...(now.facts?.found === 'gone' ? await logEvidence(conn, base) : []),
  ];
}

/** What it wrote before it ended; nothing where no file of it is known. */
async function logEvidence(
  { config, folder, lastSeen }: ProcessConnection,
  base: (topic: Topic, title: string, how: string) => Evidence,
): Promise<Evidence[]> {
  const path = config.log === undefined ? lastSeen?.log : resolve(folder, config.log);
  if (path === undefined) return [];
  const about = base('process-log', `The last lines of ${path}`, `tail -n ${mostLines} ${path}`);
  try {
    const text = await lastLines(path);
    if (text === '') return [];
    const isError = (line: string) => levelOf(line) === 'error' && !isContinuation(line);
    return [{ ...about, text, facts: { errorLine: text.split('\n').findLast(isError) ?? null } }];
  } catch (error) {
    return [{ ...about, unseen: error instanceof Error ? error.message : String(error) }];
  }
}

function howFound({ config }: ProcessConnection): string {
  if (config.pidFile !== undefined) return `ps -fp $(cat ${config.pidFile})`;
  return `pgrep -af '${config.match ?? describeCommand(config.start ?? [])}'`;
}

async function stateEvidence(conn: ProcessConnection, base: Evidence): Promise<Evidence> {
  const located = await locate(conn.config, conn.folder);
  if (located.kind === 'unseen') return { ...base, unseen: located.detail };
  if (located.kind !== 'found') return { ...base, facts: { found: located.kind, detail: located.detail } };
  const { facts } = located;
  return {
    ...base,
    facts: {
      found: 'found',
      pid: facts.pid,
      name: facts.name,
      state: facts.state,
      letter: facts.letter,
      startedAt: facts.startedAt,
      cpuSeconds: facts.cpuSeconds,
      residentBytes: facts.resident,
      command: describeCommand(facts.command),
    },
  };
}

async function portsEvidence(conn: ProcessConnection, base: Evidence): Promise<Evidence> {
  const ports = lastPorts(conn);
  if (ports.length === 0) return { ...base, unseen: 'no port of it is known: it was not seen listening' };
  const rows = await Promise.all(
    ports.map(async (port): Promise<Scalar[]> => {
      const holder = await processListeningOn('localhost', port);
      return [port, holder?.pid ?? null, holder?.name ?? null, holder?.acceptQueue ?? null];
    }),
  );
  return { ...base, table: { columns: ['port', 'pid', 'process', 'waiting connections'], rows } };
}

/** A number is given out anew; the log's clock loses the time that the machine slept. */
const clockSlackMs = 60_000;

/** The kernel counts the kills of the whole machine: only its log tells which were this process. */
async function killsEvidence(
  seen: LastSeen | undefined,
  base: Evidence,
  signal: AbortSignal,
): Promise<Evidence> {
  if (seen === undefined) return { ...base, unseen: 'its pid is not known: it was not seen running' };
  try {
    const log = await readKernelLog(signal);
    if (log.kind === 'unreadable') return { ...base, unseen: log.why };
    const { pid, at } = seen;
    const last = killsIn(log.lines).findLast((kill) => kill.pid === pid && kill.at >= at - clockSlackMs);
    return {
      ...base,
      facts: {
        pid,
        killedAt: last?.at ?? null,
        cgroup: last?.cgroup ?? null,
        bytesHeld: last?.resident ?? null,
        limitBytes: last?.limit ?? null,
      },
    };
  } catch (error) {
    return { ...base, unseen: String(error) };
  }
}

export function factsOf(evidence: readonly Evidence[], target: string, topic: Topic): Facts {
  return evidence.find((each) => each.id === `${target}.${topic}`)?.facts ?? {};
}

/** Ports of it that another process holds now. */
export function takenPorts(evidence: readonly Evidence[], target: string, ownPid: Scalar): string[] {
  const rows = evidence.find((each) => each.id === `${target}.process-ports`)?.table?.rows ?? [];
  return rows.flatMap(([port, pid, name]) =>
    pid === null || pid === undefined || pid === ownPid ? [] : `port ${port} by pid ${pid} (${name})`,
  );
}

export function seenIds(evidence: readonly Evidence[], target: string): string[] {
  const own = topics.map((topic) => `${target}.${topic}`);
  return evidence.filter((each) => own.includes(each.id) && each.unseen === undefined).map((each) => each.id);
}

export function unseenIn(evidence: readonly Evidence[]): string[] {
  return evidence.flatMap((each) => (each.unseen === undefined ? [] : `${each.title}: ${each.unseen}`));
}

export function onsetOf(history: Facts): { onset?: number } {
  return typeof history.since === 'number' ? { onset: history.since } : {};
}
